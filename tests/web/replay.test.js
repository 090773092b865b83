import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.matchMedia ??= () => ({ matches: false });

import { load } from "./fixtures.js";

const { timeline } = await load("replay.js");
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
