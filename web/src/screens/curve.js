/** How sure the machine was of the prompt, over the time of the round; a playhead goes along. */

import { h, s, say } from "../dom.js";
import { text } from "../strings.js";
import { surenessAt } from "../timing.js";

const WIDTH = 240;
const HEIGHT = 72;
const EDGE = 5;
const LEAST_BAND = 3;

/**
 * @param {import("../messages.js").DrawingView} drawing
 * @param {number} total length of the time shown, in ms
 * @param {import("../timing.js").Span | undefined} giveaway when the stroke that flipped it was drawn
 * @param {number} needed how sure it had to be
 * @returns {{element: HTMLElement, at: (ms: number) => void, msAt: (clientX: number) => number}}
 */
export function createCurve(drawing, total, giveaway, needed) {
  const x = (/** @type {number} */ ms) => EDGE + (Math.max(0, Math.min(ms, total)) / total) * (WIDTH - 2 * EDGE);
  const y = (/** @type {number} */ p) => HEIGHT - EDGE - p * (HEIGHT - 2 * EDGE);
  const points = drawing.curve.map(([ms, p]) => `${x(ms).toFixed(1)},${y(p).toFixed(1)}`);
  const [first, last] = [drawing.curve[0], drawing.curve.at(-1)];
  const floor = y(0);
  const area = first && last ? `${x(first[0])},${floor} ${points.join(" ")} ${x(last[0])},${floor}` : "";
  const head = s("line", { class: "head", y1: EDGE, y2: floor });
  const dot = s("circle", { class: "head", r: 4.5 });
  const share = h("output", { class: "share" });
  const plot = s(
    "svg",
    { class: "curve", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": text.reveal.curve },
    s("title", {}, text.reveal.curve),
    giveaway !== undefined &&
      s("rect", {
        class: "giveaway",
        x: x(giveaway.start),
        y: EDGE,
        width: Math.max(LEAST_BAND, x(giveaway.end) - x(giveaway.start)),
        height: floor - EDGE,
        rx: 2,
      }),
    needed > 0 && s("line", { class: "needed", x1: EDGE, x2: WIDTH - EDGE, y1: y(needed), y2: y(needed) }),
    s("line", { class: "floor", x1: EDGE, x2: WIDTH - EDGE, y1: floor, y2: floor }),
    s("polygon", { points: area }),
    s("polyline", { points: points.join(" ") }),
    head,
    dot,
  );
  const isEmpty = !drawing.curve.length; // nothing to be sure of
  for (const each of [head, dot]) each.classList.toggle("nowhere", isEmpty);
  return {
    element: h("div", { class: "graph" }, plot, !isEmpty && share),
    at(ms) {
      const p = surenessAt(drawing.curve, ms);
      for (const name of ["x1", "x2"]) head.setAttribute(name, String(x(ms)));
      dot.setAttribute("cx", String(x(ms)));
      dot.setAttribute("cy", String(y(p)));
      share.style.insetInlineStart = `${(x(ms) / WIDTH) * 100}%`;
      share.style.top = `${(y(p) / HEIGHT) * 100}%`;
      say(share, text.percent(p));
    },
    msAt(clientX) {
      const { left, width } = plot.getBoundingClientRect();
      const across = ((clientX - left) / width) * WIDTH;
      return Math.max(0, Math.min(total, ((across - EDGE) / (WIDTH - 2 * EDGE)) * total));
    },
  };
}
