/** A small bar chart. What it shows is said in words, too: the chart has a label, each bar a title. */

import { s } from "../dom.js";

const WIDTH = 320;
const HEIGHT = 96;
const FOOT = 16;
const GAP = 4;
const LEAST = 2;

/**
 * @param {string} label of the whole
 * @param {{value: number, title: string, foot?: string}[]} bars
 */
export function createBars(label, bars) {
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  const step = WIDTH / Math.max(bars.length, 1);
  const room = HEIGHT - FOOT;
  return s(
    "svg",
    { class: "bars", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
    s("title", {}, label),
    s("line", { class: "floor", x1: 0, x2: WIDTH, y1: room, y2: room }),
    ...bars.flatMap((bar, n) => {
      const tall = bar.value ? Math.max(LEAST, (bar.value / most) * (room - GAP)) : 0;
      const x = n * step + GAP / 2;
      return [
        s("rect", { x, y: room - tall, width: Math.max(1, step - GAP), height: tall, rx: 3 }, s("title", {}, bar.title)),
        ...(bar.foot ? [s("text", { x: x + (step - GAP) / 2, y: HEIGHT - 3 }, bar.foot)] : []),
      ];
    }),
  );
}
