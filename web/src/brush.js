/**
 * What a stroke looks like. The line follows midpoints (each point bends it, none breaks it); it
 * thickens under a stylus that presses and thins with speed under anything else. That is for the
 * eye only: what is judged are the points.
 */

import { CANVAS } from "./protocol.js";

export const LINE = 0.011; // of the canvas
const SLOW = 1.2;
const FAST = 0.62;
const SPEED_WEIGHT = 120; // canvas widths per millisecond to line widths
const LIGHT = 0.4;
const PRESSED = 1.35; // more at full pressure
const INERTIA = 0.2; // how quickly the line takes on a new width
const FIRST = 0.9;
const DOT = 0.01; // pixels: a line of no length is not painted at all, round ends or not

/** @type {WeakMap<import("./ink.js").Stroke, number[]>} how hard a stylus pressed at each point */
const pressures = new WeakMap();

/**
 * The newest point of `stroke` was drawn with this pressure.
 * @param {import("./ink.js").Stroke} stroke
 * @param {number} pressure 0..1
 */
export function press(stroke, pressure) {
  const known = pressures.get(stroke) ?? [];
  known[stroke.length / 3 - 1] = pressure;
  pressures.set(stroke, known);
}

/**
 * How thick the line wants to be at point `i`, as a multiple of its usual width.
 * @param {import("./ink.js").Stroke} stroke
 * @param {number} i
 */
export function wanted(stroke, i) {
  const pressure = pressures.get(stroke)?.[i];
  if (pressure !== undefined) return LIGHT + PRESSED * pressure;
  if (i === 0) return FIRST;
  const dx = (stroke[i * 3] ?? 0) - (stroke[i * 3 - 3] ?? 0);
  const dy = (stroke[i * 3 + 1] ?? 0) - (stroke[i * 3 - 2] ?? 0);
  const speed = Math.hypot(dx, dy) / CANVAS / Math.max(1, stroke[i * 3 + 2] ?? 1);
  return Math.max(FAST, Math.min(SLOW, SLOW - speed * SPEED_WEIGHT));
}

/**
 * @typedef {object} Brush
 * @property {(stroke: import("./ink.js").Stroke, i: number) => void} segment the curve that becomes
 *   certain with point `i`: from one midpoint to the next
 * @property {(stroke: import("./ink.js").Stroke) => void} tail the straight end under the pen; of a
 *   single point it makes a dot
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} size of the canvas in pixels
 * @param {number} line the usual width in pixels
 * @returns {Brush}
 */
export function createBrush(context, size, line) {
  let width = FIRST;
  const scale = size / CANVAS;
  context.lineCap = "round";
  context.lineJoin = "round";
  return {
    segment(stroke, i) {
      if (i === 0) {
        width = wanted(stroke, 0);
        return;
      }
      width += (wanted(stroke, i) - width) * INERTIA;
      const [x0, y0, x1, y1] = [x(stroke, i - 2), y(stroke, i - 2), x(stroke, i - 1), y(stroke, i - 1)];
      context.lineWidth = line * width;
      context.beginPath();
      if (i === 1) context.moveTo(x1, y1);
      else context.moveTo((x0 + x1) / 2, (y0 + y1) / 2);
      context.quadraticCurveTo(x1, y1, (x1 + x(stroke, i)) / 2, (y1 + y(stroke, i)) / 2);
      context.stroke();
    },
    tail(stroke) {
      const last = stroke.length / 3 - 1;
      if (last < 0) return;
      context.lineWidth = line * width;
      context.beginPath();
      context.moveTo((x(stroke, last - 1) + x(stroke, last)) / 2, (y(stroke, last - 1) + y(stroke, last)) / 2);
      context.lineTo(x(stroke, last) + (last ? 0 : DOT), y(stroke, last));
      context.stroke();
    },
  };

  /** @param {number[]} stroke @param {number} i */
  function x(stroke, i) {
    return /** @type {number} */ (stroke[Math.max(0, i) * 3]) * scale;
  }
  /** @param {number[]} stroke @param {number} i */
  function y(stroke, i) {
    return /** @type {number} */ (stroke[Math.max(0, i) * 3 + 1]) * scale;
  }
}

/**
 * A whole drawing at once.
 * @param {CanvasRenderingContext2D} context
 * @param {import("./ink.js").Drawing} drawing
 * @param {number} size
 * @param {(stroke: number) => string} colourOf
 */
export function paintAll(context, drawing, size, colourOf) {
  const brush = createBrush(context, size, size * LINE);
  drawing.strokes.forEach((stroke, index) => {
    context.strokeStyle = colourOf(index);
    for (let i = 0; i < stroke.length / 3; i++) brush.segment(stroke, i);
    brush.tail(stroke);
  });
}
