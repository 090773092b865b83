/** Draws a finished drawing again, stroke by stroke, at its own pace but never for long. */

import * as ink from "./ink.js";
import { isCalm } from "./motion.js";
import { Pen } from "./protocol.js";

const PAUSE_MS = 180; // between strokes
const LONGEST_DT_MS = 80; // nobody wants to watch somebody think
const LONGEST_MS = 4_500;

/**
 * @typedef {{at: number, pen: number, point: number[], stroke: number, part: number}} Step one point
 *   with the moment it appears, the stroke it belongs to and how much of that is drawn with it (0..1)
 *
 * @param {ink.Drawing} drawing
 * @param {(drawn: ink.Drawing, newest: Step | null) => void} show
 * @returns {() => void} stops it
 */
export function replay(drawing, show) {
  const steps = timeline(drawing);
  const last = steps.at(-1) ?? null;
  if (isCalm() || !last) {
    show(finished(drawing), last);
    return () => {};
  }
  const film = createFilm(steps);
  let started = 0;
  let frame = requestAnimationFrame(function draw(now) {
    started ||= now;
    const newest = film.to(now - started);
    show(film.drawing, newest);
    if (newest !== last) frame = requestAnimationFrame(draw);
  });
  return () => cancelAnimationFrame(frame);
}

/**
 * A drawing that grows as far as it is told, in the time of the replay.
 * @param {Step[]} steps
 */
export function createFilm(steps) {
  const length = steps.at(-1)?.at ?? 0;
  const pace = Math.max(1, length / LONGEST_MS);
  const drawing = ink.blank();
  let next = 0;
  return {
    drawing,
    lasts: length / pace,
    /** @param {number} ms */
    to(ms) {
      for (; next < steps.length; next++) {
        const step = /** @type {Step} */ (steps[next]);
        if (step.at > ms * pace) break;
        ink.apply(drawing, step.pen, step.point);
      }
      return steps[next - 1] ?? null;
    },
  };
}

/**
 * The drawing as it was once `count` of its strokes had begun, the newest of them in part.
 * @param {ink.Drawing} drawing
 * @param {number} stroke
 * @param {number} part 0..1
 * @returns {ink.Drawing}
 */
export function upTo(drawing, stroke, part) {
  const partial = ink.blank();
  const newest = drawing.strokes[stroke];
  const points = newest ? Math.max(1, Math.ceil((newest.length / 3) * part)) : 0;
  const before = drawing.strokes.slice(0, Math.max(0, stroke));
  ink.keep(partial, newest ? [...before, newest.slice(0, points * 3)] : before);
  return partial;
}

/**
 * The drawing to the very end of its last stroke: a match may have come before the pen was lifted.
 * @param {ink.Drawing} drawing
 */
export const finished = (drawing) => upTo(drawing, drawing.strokes.length - 1, 1);

/**
 * @param {ink.Drawing} drawing
 * @returns {Step[]}
 */
export function timeline(drawing) {
  /** @type {Step[]} */
  const steps = [];
  let at = 0;
  drawing.strokes.forEach((stroke, index) => {
    at += PAUSE_MS;
    for (let i = 0; i < stroke.length; i += 3) {
      const point = stroke.slice(i, i + 3);
      at += i ? Math.min(LONGEST_DT_MS, point[2] ?? 0) : 0;
      const pen = (i ? 0 : Pen.STARTS) | (i + 3 >= stroke.length ? Pen.ENDS : 0);
      steps.push({ at, pen, point, stroke: index, part: (i + 3) / stroke.length });
    }
  });
  return steps;
}
