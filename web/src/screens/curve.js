/** How sure the machine was of the prompt, over the time of the round. */

import { s } from "../dom.js";
import { text } from "../strings.js";

const WIDTH = 240;
const HEIGHT = 60;
const EDGE = 4;

/**
 * @param {import("../messages.js").DrawingView} drawing
 * @param {number} total length of the round in ms
 */
export function curve(drawing, total) {
  const x = (/** @type {number} */ ms) => EDGE + (Math.min(ms, total) / total) * (WIDTH - 2 * EDGE);
  const y = (/** @type {number} */ p) => HEIGHT - EDGE - p * (HEIGHT - 2 * EDGE);
  const points = drawing.curve.map(([ms, p]) => `${x(ms).toFixed(1)},${y(p).toFixed(1)}`);
  const last = drawing.curve.at(-1);
  const floor = HEIGHT - EDGE;
  const area = points.length
    ? `${x(drawing.curve[0]?.[0] ?? 0).toFixed(1)},${floor} ${points.join(" ")} ${x(last?.[0] ?? 0).toFixed(1)},${floor}`
    : "";
  return s(
    "svg",
    { class: "curve", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": text.reveal.curve },
    s("title", {}, text.reveal.curve),
    s("line", { class: "floor", x1: EDGE, x2: WIDTH - EDGE, y1: floor, y2: floor }),
    s("polygon", { points: area }),
    s("polyline", { points: points.join(" ") }),
    drawing.matched_ms !== null &&
      s("line", { class: "moment", x1: x(drawing.matched_ms), x2: x(drawing.matched_ms), y1: EDGE, y2: floor }),
    drawing.matched_ms !== null &&
      last !== undefined &&
      s("circle", { class: "moment", cx: x(drawing.matched_ms), cy: y(last[1]), r: 4 }),
  );
}
