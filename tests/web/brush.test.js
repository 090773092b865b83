import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./fixtures.js";

const { paintAll, press, wanted } = await load("brush.js");
const { apply, blank } = await load("ink.js");
const { CANVAS, Pen } = await load("protocol.js");

/** What is drawn, as paths with the width they were drawn in. */
function paper() {
  const paths = [];
  let path = [];
  return {
    paths,
    beginPath: () => (path = []),
    moveTo: (...to) => path.push(to),
    lineTo: (...to) => path.push(to),
    quadraticCurveTo: (_x, _y, ...to) => path.push(to),
    stroke() {
      paths.push({ from: path[0], to: path.at(-1), width: this.lineWidth });
    },
  };
}
const drawing = (points) => {
  const drawn = blank();
  apply(drawn, Pen.STARTS | Pen.ENDS, points.flat());
  return drawn;
};
const SIZE = 400;
const at = (part) => Math.round(part * CANVAS);

test("a line is one line: each piece begins where the last ended, and it ends under the pen", () => {
  const context = paper();
  const points = [[0.1, 0.1], [0.3, 0.2], [0.4, 0.5], [0.7, 0.6], [0.9, 0.9]].map(([x, y]) => [at(x), at(y), 16]);
  paintAll(context, drawing(points), SIZE, () => "black");
  context.paths.slice(1).forEach((piece, i) => assert.deepEqual(piece.from, context.paths[i].to));
  const [x, y] = context.paths.at(-1).to;
  assert.ok(Math.hypot(x - 0.9 * SIZE, y - 0.9 * SIZE) < 0.1);
});

test("a tap is a dot", () => {
  const context = paper();
  paintAll(context, drawing([[at(0.5), at(0.5), 0]]), SIZE, () => "black");
  assert.equal(context.paths.length, 1);
  const [{ from, to, width }] = context.paths;
  assert.notDeepEqual(from, to, "canvases leave out lines of no length");
  assert.ok(Math.hypot(to[0] - from[0], to[1] - from[1]) < 0.1);
  assert.ok(width > 2);
});

test("it thins with speed, within bounds", () => {
  const widths = [1, 40, 400, 4000, 40_000].map((step) => wanted([0, 0, 0, step, 0, 16], 1));
  assert.deepEqual(widths, widths.toSorted((a, b) => b - a));
  assert.ok(widths[0] < 1.25 && widths.at(-1) > 0.6);
});

test("a stylus that presses draws a thicker line, and the same points", () => {
  const light = [at(0.1), at(0.1), 0, at(0.2), at(0.1), 16];
  const heavy = [...light];
  for (const [stroke, pressure] of [[light, 0.1], [heavy, 1]]) press(stroke, pressure);
  assert.ok(wanted(heavy, 1) > 2 * wanted(light, 1));
  assert.deepEqual(heavy, light);
});

test("widths change little by little, whatever the hand does", () => {
  const context = paper();
  const points = Array.from({ length: 20 }, (_, i) => [at(0.1 + 0.04 * i), at(0.5), i % 2 ? 1 : 100]);
  paintAll(context, drawing(points), SIZE, () => "black");
  const widths = context.paths.map(({ width }) => width);
  widths.slice(1).forEach((width, i) => assert.ok(Math.abs(width - widths[i]) < 0.15 * SIZE * 0.011));
});
