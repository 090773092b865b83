import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./fixtures.js";

const { createMuting } = await load("muting.js");

/** A tab's storage. */
const tab = () => {
  const kept = new Map();
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, value),
    removeItem: (name) => kept.delete(name),
    size: () => kept.size,
  };
};
const sits = (seat, name, state = "here") => ({ seat, name, state });
const MALLORY = sits(2, "Mallory");

test("who is muted stays so over a reload, in this room and no other", () => {
  const store = tab();
  createMuting("K7PXM", () => store).set(MALLORY, true);
  const again = createMuting("K7PXM", () => store);
  again.meet([sits(0, "Ida"), sits(1, "Lise"), MALLORY], 0);
  assert.deepEqual([again.has(1), again.has(2)], [false, true]);
  assert.equal(createMuting("ZZZZZ", () => store).has(2), false);
  again.set(MALLORY, false);
  assert.equal(store.size(), 0, "nothing is left behind");
});

test("somebody else in the seat is heard, and a nuisance who moved is not", () => {
  const store = tab();
  createMuting("K7PXM", () => store).set(MALLORY, true);
  const again = createMuting("K7PXM", () => store);
  again.meet([sits(0, "Ida"), sits(1, "Mallory"), sits(2, "Lise")], 0);
  assert.deepEqual([again.has(1), again.has(2)], [true, false]);
});

test("leaving and coming in again helps nobody, nor does another name", () => {
  const muting = createMuting("K7PXM", tab);
  muting.set(MALLORY, true);
  muting.notice({ ...MALLORY, state: "gone" }, false);
  assert.equal(muting.has(2), false);
  muting.notice(sits(1, "Mallory"), false); // has sat there all the time
  assert.equal(muting.has(1), false);
  muting.notice(sits(2, "Lise"), true);
  assert.equal(muting.has(2), false);
  muting.notice(sits(3, "Mallory"), true);
  assert.equal(muting.has(3), true);
  muting.notice(sits(3, "Eve"), false);
  muting.notice(sits(3, "Eve", "gone"), false);
  muting.notice(sits(3, "Eve"), true);
  assert.equal(muting.has(3), true);
});

test("one's own name in another seat mutes nobody's own seat", () => {
  const store = tab();
  createMuting("K7PXM", () => store).set(sits(1, "Ida"), true);
  const again = createMuting("K7PXM", () => store);
  again.meet([sits(0, "Ida")], 0);
  assert.equal(again.has(0), false);
});

test("a browser that keeps nothing mutes as long as the page lasts", () => {
  const refused = () => {
    throw new Error("SecurityError");
  };
  const muting = createMuting("K7PXM", refused);
  muting.set(MALLORY, true);
  assert.equal(muting.has(2), true);
  for (const kept of ["7", "{", '{"code": "K7PXM"}']) {
    assert.equal(createMuting("K7PXM", () => ({ ...tab(), getItem: () => kept })).has(2), false);
  }
});
