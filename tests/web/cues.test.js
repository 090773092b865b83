import assert from "node:assert/strict";
import { test } from "node:test";

import { guess, load, phase, seat, welcome } from "./fixtures.js";

const { cueOfClock, cuesOf } = await load("cues.js");
const { reduce, unknownRoom } = await load("state.js");
const { SCORE } = await load("sounds.js");

const room = reduce(unknownRoom(), welcome(), 0);
const heard = (view, ...messages) => {
  const cues = [];
  for (const message of messages) {
    const next = reduce(view, message, 0);
    cues.push(...cuesOf(view, next));
    view = next;
  }
  return cues;
};
const match = (of) => ({ type: "match", seat: of, category: null, ms: 900, place: 1, points: 500, score: 500 });

test("coming into a room makes no noise", () => {
  assert.deepEqual(cuesOf(unknownRoom(), room), []);
});

test("one’s own match and a rival’s sound differently, each once", () => {
  assert.deepEqual(heard(room, match(1), match(0)), ["rival", "match"]);
  assert.deepEqual(heard(room, match(1), match(1)), ["rival"]);
});

test("a round is counted in, begins, ends and is revealed", () => {
  const course = ["countdown", "drawing", "judging", "reveal", "game_over"].map((name) => phase(name));
  const lobby = reduce(room, phase("lobby"), 0);
  assert.deepEqual(heard(lobby, ...course), ["go", "time", "reveal", "podium"]);
});

test("whoever was recognised does not hear that time is up", () => {
  assert.deepEqual(heard(room, match(0), phase("judging")), ["match"]);
});

test("it hums at a new idea, and once when it gets warm", () => {
  const cues = heard(room, guess([["cloud", 0.3]]), guess([["cloud", 0.4]]), guess([["sheep", 0.4]]),
    guess([["sheep", 0.4], ["cake", 0.2]], 0.2), guess([["cake", 0.15]], 0.15));
  assert.deepEqual(cues, ["idea", "idea", "warm"]);
});

test("somebody comes in, somebody else says something; one’s own words make no sound", () => {
  const said = (by) => ({ type: "chat", seat: by, name: "x", text: "hi" });
  assert.deepEqual(heard(room, { type: "seat", seat: seat(2) }, said(1), said(0)), ["join", "chat"]);
});

test("each second of the countdown counts, and the last five of a round tick", () => {
  const counting = { ...room, phase: "countdown" };
  assert.equal(cueOfClock(counting, 2_990, 3_010), "count");
  assert.equal(cueOfClock(counting, 2_900, 2_990), null);
  assert.equal(cueOfClock(room, 10_900, 11_050), null);
  assert.equal(cueOfClock(room, 4_950, 5_020), "tick");
  assert.equal(cueOfClock(room, -50, 40), null);
  assert.equal(cueOfClock(reduce(room, match(0), 0), 4_950, 5_020), null);
});

test("every cue has notes of its own, short and of a pitch that can be heard", () => {
  const all = Object.values(SCORE);
  assert.equal(new Set(all.map((notes) => JSON.stringify(notes))).size, all.length);
  for (const { hz, at, lasts } of all.flat()) {
    assert.ok(hz > 100 && hz < 3000 && at + lasts <= 2);
  }
});
