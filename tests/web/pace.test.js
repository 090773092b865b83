import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./fixtures.js";

const { answered, asked, isBusy, settled, UNKNOWN, within } = await load("pace.js");

test("two seconds of silence about ink are busy; an answer ends them", () => {
  const waiting = asked(UNKNOWN, 1_000);
  assert.equal(isBusy(waiting, 3_000), false);
  assert.equal(isBusy(waiting, 3_001), true);
  assert.equal(isBusy(asked(waiting, 2_900), 3_001), true, "more ink does not start the wait again");
  assert.equal(isBusy(answered(waiting, 40, 3_000), 60_000), false);
  assert.equal(isBusy(settled(waiting), 60_000), false, "a wiped sheet waits for nothing");
});

test("who does not draw waits for nothing", () => {
  assert.equal(isBusy(UNKNOWN, 1e9), false);
  assert.equal(isBusy(answered(UNKNOWN, 40, 0), 1e9), false);
});

test("an answer that took longer than two seconds is busy until a quicker one comes or nobody waits", () => {
  const late = answered(UNKNOWN, 2_500, 0);
  assert.equal(isBusy(late, 100), true);
  assert.equal(isBusy(answered(late, 300, 50), 100), false);
  assert.equal(isBusy(late, 5_000), false, "it was told long enough, and nobody draws");
  assert.equal(isBusy(asked(late, 9_000), 9_001), true, "more ink waits for a machine that was late");
});

test("half of the answers come within the median, 95 % within the 95th of a hundred", () => {
  let pace = UNKNOWN;
  assert.equal(within(pace, 0.5), 0);
  for (let ms = 1; ms <= 100; ms++) pace = answered(pace, 101 - ms, ms);
  assert.equal(pace.answers.length, 50, "only the last ones count");
  assert.equal(within(pace, 0.5), 25);
  assert.equal(within(pace, 0.95), 48);
  assert.equal(within(answered(UNKNOWN, 38, 0), 0.95), 38);
});
