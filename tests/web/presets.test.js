import assert from "node:assert/strict";
import { test } from "node:test";

import { load, settings } from "./fixtures.js";

const { PRESETS, presetOf, withPreset } = await load("presets.js");
const { BOUNDS } = await load("protocol.js");

test("the defaults are a party", () => {
  assert.equal(presetOf(settings), "party");
});

for (const name of Object.keys(PRESETS)) {
  test(`${name} is recognised once chosen and leaves the rest to the host`, () => {
    const chosen = withPreset({ ...settings, players: 3, public: true, custom: ["cat"] }, name);
    assert.equal(presetOf(chosen), name);
    assert.deepEqual([chosen.players, chosen.public, chosen.custom], [3, true, []]);
    for (const [key, { low, high }] of Object.entries(BOUNDS)) {
      assert.ok(chosen[key] >= low && chosen[key] <= high, key);
    }
  });
}

test("levels count as a set, and one's own list is no preset", () => {
  assert.equal(presetOf({ ...settings, deck: ["medium", "easy"] }), "party");
  assert.equal(presetOf({ ...settings, deck: ["medium"] }), null);
  assert.equal(presetOf({ ...settings, custom: ["cat"] }), null);
});
