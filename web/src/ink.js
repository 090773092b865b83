/**
 * A drawing: strokes of points, as in `game/ink.py`. Drawings are changed in place, because ink
 * arrives twenty times a second and canvases paint only what was added; `epoch` tells them when
 * something was taken away and all must be painted again.
 */

import { MAX_POINTS, MAX_STROKES, Pen } from "./protocol.js";

/**
 * @typedef {number[]} Stroke x, y, dt of each point in turn
 * @typedef {{strokes: Stroke[], points: number, penDown: boolean, epoch: number}} Drawing
 */

/** @returns {Drawing} */
export const blank = () => ({ strokes: [], points: 0, penDown: false, epoch: 0 });

/**
 * @param {Drawing} drawing
 * @param {number} pen flags of `Pen`
 * @param {ArrayLike<number>} points
 */
export function apply(drawing, pen, points) {
  if (pen & Pen.CLEAR) clear(drawing);
  if (pen & Pen.UNDO) undo(drawing);
  if (pen & Pen.STARTS) drawing.penDown = false;
  if (points.length) {
    if (!drawing.penDown) drawing.strokes.push([]);
    const stroke = /** @type {Stroke} */ (drawing.strokes.at(-1));
    for (let i = 0; i < points.length; i++) stroke.push(/** @type {number} */ (points[i]));
    drawing.points += points.length / 3;
    drawing.penDown = true;
  }
  if (pen & Pen.ENDS) drawing.penDown = false;
}

/**
 * As `apply`, but what a drawing cannot hold is cut off and the stroke ends there; the server does
 * the same.
 * @param {Drawing} drawing
 * @param {number} pen flags of `Pen`
 * @param {number[]} points
 */
export function applyFitting(drawing, pen, points) {
  const starts = !drawing.penDown || (pen & Pen.STARTS) > 0;
  const room = starts && drawing.strokes.length >= MAX_STROKES ? 0 : MAX_POINTS - drawing.points;
  const fits = points.slice(0, room * 3);
  apply(drawing, fits.length < points.length ? pen | Pen.ENDS : pen, fits);
}

/** @param {Drawing} drawing */
export function undo(drawing) {
  const stroke = drawing.strokes.pop();
  drawing.points -= (stroke?.length ?? 0) / 3;
  drawing.penDown = false;
  drawing.epoch++;
}

/** @param {Drawing} drawing */
export function clear(drawing) {
  drawing.strokes.length = 0;
  drawing.points = 0;
  drawing.penDown = false;
  drawing.epoch++;
}

/**
 * Makes `drawing` hold just these finished strokes.
 * @param {Drawing} drawing
 * @param {Stroke[]} strokes
 */
export function keep(drawing, strokes) {
  drawing.strokes = strokes.slice();
  drawing.points = strokes.reduce((sum, stroke) => sum + stroke.length / 3, 0);
  drawing.penDown = false;
  drawing.epoch++;
}

/**
 * @param {Stroke} stroke
 * @param {Stroke | undefined} other
 */
export const isSame = (stroke, other) =>
  stroke === other ||
  (stroke.length === other?.length && stroke.every((value, index) => value === other[index]));

/**
 * The stroke that passes within `reach` of a point, the newest of them; -1 if none does.
 * @param {Drawing} drawing
 * @param {number} x
 * @param {number} y
 * @param {number} reach
 */
export const strokeAt = (drawing, x, y, reach) =>
  drawing.strokes.findLastIndex((stroke) => distance(stroke, x, y) <= reach);

/**
 * @param {Stroke} stroke
 * @param {number} x
 * @param {number} y
 */
function distance(stroke, x, y) {
  let nearest = Infinity;
  for (let i = 0; i < stroke.length; i += 3) {
    const [x0 = 0, y0 = 0] = stroke.slice(Math.max(0, i - 3), i + 2);
    const dx = (stroke[i] ?? 0) - x0;
    const dy = (stroke[i + 1] ?? 0) - y0;
    const along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1);
    const part = Math.max(0, Math.min(1, along));
    nearest = Math.min(nearest, Math.hypot(x - x0 - part * dx, y - y0 - part * dy));
  }
  return nearest;
}

/**
 * Makes `to` show what `from` shows.
 * @param {Drawing} from
 * @param {Drawing} to
 */
export function copyInto(from, to) {
  to.strokes = from.strokes.map((stroke) => stroke.slice());
  to.points = from.points;
  to.penDown = from.penDown;
  to.epoch++;
}
