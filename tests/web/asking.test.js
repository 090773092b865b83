import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./fixtures.js";

const { createAsker } = await load("asking.js");

/** A network that answers when it is told to, and a clock that runs when it is told to. */
function setUp(refused = () => {}) {
  const timers = new Map();
  const made = { now: 0, asked: [], heard: [], failed: 0 };
  const clock = {
    now: () => made.now,
    later: (run, ms) => timers.set(timers.size + 1, { run, at: made.now + ms }).size,
    cancel: (timer) => timers.delete(timer),
  };
  const ask = () => new Promise((answer, fail) => made.asked.push({ at: made.now, answer, fail }));
  const asker = createAsker(ask, { heard: (answer, ms) => made.heard.push([answer, ms]), failed: () => (made.failed++, refused()) }, clock);
  const settle = () => new Promise((done) => setImmediate(done));
  async function pass(ms) {
    for (const end = made.now + ms; made.now < end; made.now++) {
      for (const [timer, { run, at }] of timers) if (at <= made.now) timers.delete(timer), run();
      await settle();
    }
  }
  return { asker, made, pass, settle };
}

test("at most five questions a second are asked, and never two at once", async () => {
  const { asker, made, pass } = setUp();
  for (let n = 0; n < 100; n++) {
    asker.changed();
    made.asked.at(-1)?.answer(n);
    await pass(10);
  }
  assert.equal(made.asked.length, 5);
  const slow = setUp();
  for (let n = 0; n < 100; n++) {
    slow.asker.changed();
    await slow.pass(10);
  }
  assert.equal(slow.made.asked.length, 1, "the first has not been answered");
});

test("ink drawn while a question is on its way is asked about as soon as it is answered", async () => {
  const { asker, made, pass } = setUp();
  asker.changed();
  await pass(50);
  asker.changed();
  await pass(400);
  assert.equal(made.asked.length, 1);
  made.asked[0].answer("cake");
  await pass(5);
  assert.equal(made.asked.length, 2);
  assert.deepEqual(made.heard, [["cake", 450]]);
});

test("ink that was refused is not asked about again until there is more", async () => {
  const { asker, made, pass } = setUp(() => asker.forget());
  asker.changed();
  await pass(5);
  made.asked[0].fail(new Error("too much"));
  await pass(3_000);
  assert.deepEqual([made.asked.length, made.failed], [1, 1]);
  asker.changed();
  await pass(5);
  assert.equal(made.asked.length, 2);
});

test("an answer about a sheet that was wiped is not heard, and nothing more is asked", async () => {
  const { asker, made, pass } = setUp();
  asker.changed();
  await pass(10);
  asker.changed();
  asker.forget();
  made.asked[0].answer("cake");
  await pass(1_000);
  assert.deepEqual(made.heard, []);
  assert.equal(made.asked.length, 1);
});

test("what goes wrong is tried again, later and later, and then as before", async () => {
  const { asker, made, pass } = setUp();
  asker.changed();
  await pass(1);
  const pauses = [];
  for (let n = 0; n < 7; n++) {
    const failed = made.now;
    made.asked.at(-1).fail(new Error("away"));
    await pass(9_000);
    pauses.push(made.asked.at(-1).at - failed);
  }
  assert.deepEqual(pauses, [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  assert.equal(made.failed, 7);
  made.asked.at(-1).answer("cake");
  await pass(1);
  asker.changed();
  await pass(5);
  assert.equal(made.heard.length, 1);
  assert.equal(made.asked.length, 9, "the last question is long ago");
});
