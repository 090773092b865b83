/** Draws a finished drawing again, stroke by stroke, at its own pace but never for long. */

import * as ink from "./ink.js";
import { Pen } from "./protocol.js";
import { isCalm } from "./motion.js";

const PAUSE_MS = 180; // between strokes
const LONGEST_DT_MS = 80; // nobody wants to watch somebody think
const LONGEST_MS = 4_500;

/**
 * @param {ink.Drawing} drawing
 * @param {import("./paint.js").Painter} painter
 * @param {number | null} accent
 * @returns {() => void} stops it
 */
export function replay(drawing, painter, accent) {
  if (isCalm()) {
    painter.show(drawing, accent);
    return () => {};
  }
  const steps = timeline(drawing);
  const length = steps.at(-1)?.at ?? 0;
  const pace = Math.max(1, length / LONGEST_MS);
  const copy = ink.blank();
  let next = 0;
  let started = 0;
  let frame = requestAnimationFrame(function draw(now) {
    started ||= now;
    for (; next < steps.length; next++) {
      const step = /** @type {Step} */ (steps[next]);
      if (step.at > (now - started) * pace) break;
      ink.apply(copy, step.pen, step.point);
    }
    painter.show(copy, accent);
    if (next < steps.length) frame = requestAnimationFrame(draw);
  });
  return () => cancelAnimationFrame(frame);
}

/** @typedef {{at: number, pen: number, point: number[]}} Step */

/**
 * Each point with the moment it appears.
 * @param {ink.Drawing} drawing
 * @returns {Step[]}
 */
export function timeline(drawing) {
  /** @type {Step[]} */
  const steps = [];
  let at = 0;
  for (const stroke of drawing.strokes) {
    at += PAUSE_MS;
    for (let i = 0; i < stroke.length; i += 3) {
      const point = stroke.slice(i, i + 3);
      at += i ? Math.min(LONGEST_DT_MS, point[2] ?? 0) : 0;
      const pen = (i ? 0 : Pen.STARTS) | (i + 3 >= stroke.length ? Pen.ENDS : 0);
      steps.push({ at, pen, point });
    }
  }
  return steps;
}
