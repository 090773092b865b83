/**
 * When each stroke was drawn, in milliseconds into the round. Points tell how long a stroke took,
 * not how long the hand rested between two; the rests share what is left of the time between the
 * first and the last that the machine saw.
 */

/**
 * @typedef {{start: number, end: number}} Span
 *
 * @param {import("./ink.js").Stroke[]} strokes
 * @param {Pick<import("./messages.js").DrawingView, "curve" | "matched_ms">} drawing
 * @param {number} total length of the round
 * @returns {Span[]} one for each stroke
 */
export function spansOf(strokes, drawing, total) {
  const last = Math.min(total, drawing.matched_ms ?? drawing.curve.at(-1)?.[0] ?? total);
  const first = Math.min(last, drawing.curve[0]?.[0] ?? 0);
  const took = strokes.map(duration);
  const drawn = took.reduce((sum, each) => sum + each, 0);
  const pace = drawn > last - first && drawn ? (last - first) / drawn : 1;
  const rest = strokes.length > 1 ? (last - first - drawn * pace) / (strokes.length - 1) : 0;
  let at = strokes.length > 1 ? first : Math.max(first, last - drawn * pace);
  return took.map((each) => {
    const span = { start: at, end: at + each * pace };
    at = span.end + rest;
    return span;
  });
}

/** @param {import("./ink.js").Stroke} stroke */
export function duration(stroke) {
  let sum = 0;
  for (let i = 5; i < stroke.length; i += 3) sum += /** @type {number} */ (stroke[i]);
  return sum;
}

/**
 * How sure the machine was at some moment: what it thought of the newest ink it had seen by then.
 * @param {[number, number][]} curve
 * @param {number} ms
 */
export const surenessAt = (curve, ms) => curve.findLast(([at]) => at <= ms)?.[1] ?? 0;
