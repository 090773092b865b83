import assert from "node:assert/strict";
import { test } from "node:test";

let isCalm = false;
globalThis.matchMedia = () => ({
  get matches() {
    return isCalm;
  },
});

import { load } from "./fixtures.js";

const { finished, replay, timeline } = await load("replay.js");
const ink = await load("ink.js");

test("a replay draws the same strokes, in order and without a step back in time", () => {
  const drawing = ink.blank();
  ink.apply(drawing, 3, [1, 1, 0, 2, 2, 16, 3, 3, 9000]);
  ink.apply(drawing, 3, [4, 4, 0]);
  const again = ink.blank();
  let before = 0;
  for (const { at, pen, point } of timeline(drawing)) {
    assert.ok(at >= before);
    before = at;
    ink.apply(again, pen, point);
  }
  assert.deepEqual(again.strokes, drawing.strokes);
  assert.ok(before < 1000, "a long pause is cut short");
});

test("a drawing whose match came before the pen was lifted is whole, with and without motion", () => {
  const drawing = ink.blank();
  ink.apply(drawing, 3, [1, 1, 0, 2, 2, 16]);
  ink.apply(drawing, 1, [4, 4, 0]); // a dot, and the pen still down
  const whole = finished(drawing);
  assert.deepEqual(whole.strokes, drawing.strokes);
  assert.equal(whole.penDown, false);
  assert.equal(drawing.penDown, true, "that of the round is left as it is");
  isCalm = true;
  const shown = [];
  replay(drawing, (drawn) => shown.push([drawn.strokes, drawn.penDown]));
  assert.deepEqual(shown, [[drawing.strokes, false]]);
  assert.deepEqual(finished(ink.blank()).strokes, []);
});
