import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./fixtures.js";

const kept = new Map();
globalThis.localStorage = { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value) };
const { DEFAULTS, prefer, preferences, sane, whenPreferred } = await load("preferences.js");
const { KEYS, actOf } = await load("shortcuts.js");

test("whatever was stored, there are preferences", () => {
  for (const stored of [null, 7, "x", [], { volume: "loud" }, { volume: NaN, muted: 1 }]) {
    assert.deepEqual(sane(stored), DEFAULTS);
  }
  assert.equal(sane({ volume: 9 }).volume, 1);
  assert.deepEqual(sane({ muted: true, left: true, else: 1 }), { ...DEFAULTS, muted: true, left: true });
});

test("a change is told and kept", () => {
  const told = [];
  const stop = whenPreferred((now) => told.push(now.muted));
  prefer({ muted: true });
  stop();
  prefer({ muted: false, volume: 0.25 });
  assert.deepEqual(told, [false, true]);
  assert.deepEqual(sane(JSON.parse(kept.get("inkling.preferences"))), preferences());
  assert.equal(preferences().volume, 0.25);
});

const press = (key, more = {}) =>
  actOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more }, true);

test("the usual keys undo and redo, with Ctrl and with ⌘", () => {
  for (const held of [{ ctrlKey: true }, { metaKey: true }]) {
    assert.equal(press("z", held), "undo");
    assert.equal(press("Z", { ...held, shiftKey: true }), "redo");
    assert.equal(press("y", held), "redo");
    assert.equal(press("e", held), null);
  }
  assert.equal(press("z", { ctrlKey: true, altKey: true }), null);
});

test("single keys work as listed, unless they are switched off", () => {
  assert.deepEqual([press("Delete"), press("e"), press("M"), press("?", { shiftKey: true }), press("q")], [
    "clear", "eraser", "mute", "help", null,
  ]);
  assert.equal(actOf({ key: "e", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false }, false), null);
  for (const [act, keys] of KEYS) {
    const key = keys.at(-1) === "Del" ? "Delete" : keys.at(-1);
    assert.equal(press(key, { ctrlKey: keys.includes("Ctrl"), shiftKey: keys.includes("Shift") }), act);
  }
});
