import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./fixtures.js";
import { ask } from "./python.js";

const ink = await load("ink.js");

/** Runs of ink as a relay may bring them, undo in mid-stroke and clear included. */
const RUNS = [
  [1, [1, 1, 0, 2, 2, 16]],
  [0, [3, 3, 16]],
  [2, []],
  [3, [9, 9, 0]],
  [1, [5, 5, 0]],
  [4, []],
  [0, [6, 6, 5]],
  [2, [7, 7, 5]],
  [1, [8, 8, 0]],
  [1, [10, 10, 0]],
];

test("strokes build up exactly as game.ink builds them", () => {
  const theirs = ask(`
import json
from game import ink
runs = json.loads('${JSON.stringify(RUNS)}')
state = ink.BLANK
for pen, flat in runs:
    pen = ink.Pen(pen)
    if pen & ink.Pen.UNDO:
        state = ink.undo(state)
        continue
    state = ink.add(state, pen, ink.stroke_of(zip(*[iter(flat)] * 3)))
print(json.dumps({"strokes": [[v for point in ink.points_of(s) for v in point] for s in state.strokes],
                  "pen_down": state.pen_down, "points": state.points}))`);
  const drawing = ink.blank();
  for (const [pen, points] of RUNS) ink.apply(drawing, pen, points);
  assert.deepEqual(drawing.strokes, theirs.strokes);
  assert.equal(drawing.penDown, theirs.pen_down);
  assert.equal(drawing.points, theirs.points);
});

test("only taking ink away starts a new epoch, so that adding is painted without wiping", () => {
  const drawing = ink.blank();
  ink.apply(drawing, 3, [1, 1, 0]);
  assert.equal(drawing.epoch, 0);
  ink.undo(drawing);
  ink.apply(drawing, 8 | 1, [1, 1, 0]);
  assert.equal(drawing.epoch, 2);
  assert.equal(drawing.strokes.length, 1);
});

test("undo of a blank sheet leaves it blank", () => {
  const drawing = ink.blank();
  ink.undo(drawing);
  assert.deepEqual([drawing.strokes, drawing.points], [[], 0]);
});
