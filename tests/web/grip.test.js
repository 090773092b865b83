import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./fixtures.js";

const { ERASER, grab, looseGrip, notice, release } = await load("grip.js");

const press = (id, type, at = 0, button = 0) => ({ id, type, button, at });

test("one pointer draws at a time; a second finger waits", () => {
  const grip = looseGrip();
  assert.equal(grab(grip, press(1, "touch")), "draws");
  assert.equal(grab(grip, press(2, "touch")), "waits");
  assert.ok(!release(grip, 2));
  assert.ok(release(grip, 1));
  assert.equal(grab(grip, press(3, "touch")), "draws");
});

test("a stylus takes the pen from the palm that came down before it", () => {
  const grip = looseGrip();
  grab(grip, press(1, "touch"));
  assert.equal(grab(grip, press(2, "pen", 10)), "seizes");
  assert.ok(!release(grip, 1), "the palm that leaves lifts no pen");
  assert.ok(release(grip, 2));
});

test("a stylus does not take the pen from a mouse or another stylus", () => {
  const grip = looseGrip();
  grab(grip, press(1, "mouse"));
  assert.equal(grab(grip, press(2, "pen", 10)), "waits");
});

test("while a stylus is about, even hovering, touches are palms; later they are fingers again", () => {
  const grip = looseGrip();
  notice(grip, "pen", 1000);
  assert.equal(grab(grip, press(1, "touch", 2500)), "waits");
  assert.equal(grab(grip, press(1, "touch", 3500)), "draws");
});

test("only the first button draws, and the stylus’s other end", () => {
  assert.equal(grab(looseGrip(), press(1, "mouse", 0, 2)), "waits");
  assert.equal(grab(looseGrip(), press(1, "pen", 0, ERASER)), "draws");
});
