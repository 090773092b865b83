import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./fixtures.js";

const { FIRST_DELAY_MS, LAST_DELAY_MS, backOff, connect } = await load("socket.js");

/** A line with everything around it pretended: sockets, time and chance. */
function pretend() {
  const world = { sockets: [], statuses: [], heard: [], inks: [], timers: new Map(), now: 0, ids: 0 };
  world.wait = (ms) => {
    const end = world.now + ms;
    for (;;) {
      const due = [...world.timers].filter(([, t]) => t.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      world.timers.delete(due[0]);
      world.now = due[1].at;
      due[1].run();
    }
    world.now = end;
  };
  world.line = connect({
    url: "ws://test",
    hello: () => ({ type: "hello", token: "t", name: null }),
    onMessage: (message) => world.heard.push(message.type),
    onBinary: (data) => world.inks.push(data),
    onStatus: (status) => world.statuses.push(status.state),
    open() {
      const socket = { sent: [], closed: null };
      socket.send = (data) => socket.sent.push(data);
      socket.close = (code) => (socket.closed = code ?? 1000);
      world.sockets.push(socket);
      return socket;
    },
    setTimer(run, ms) {
      world.timers.set(++world.ids, { run, at: world.now + ms });
      return world.ids;
    },
    clearTimer: (id) => world.timers.delete(id),
    random: () => 1,
  });
  world.last = () => world.sockets.at(-1);
  world.say = (message) => world.last().onmessage({ data: JSON.stringify(message) });
  world.enter = () => {
    world.last().onopen();
    world.say({ type: "welcome" });
  };
  return world;
}

test("back-off doubles from 0.3 s to 5 s and stays within these bounds for any chance", () => {
  for (let attempt = 0; attempt < 2000; attempt++) {
    for (const random of [0, 0.5, 0.999]) {
      const delay = backOff(attempt, random);
      assert.ok(delay >= FIRST_DELAY_MS && delay <= LAST_DELAY_MS, `${attempt} ${delay}`);
    }
  }
  assert.ok(backOff(3, 0.5) > backOff(1, 0.5));
  assert.equal(backOff(50, 1), LAST_DELAY_MS);
});

test("back-off is jittered, so that a restarted server is not met by everybody at once", () => {
  assert.notEqual(backOff(4, 0.1), backOff(4, 0.9));
});

test("hello is the first word of every socket, and nothing is sent before the welcome", () => {
  const world = pretend();
  world.last().onopen();
  assert.deepEqual(JSON.parse(world.last().sent[0]).type, "hello");
  assert.equal(world.line.send({ type: "start" }), false);
  world.say({ type: "welcome" });
  assert.equal(world.line.send({ type: "start" }), true);
  assert.equal(world.last().sent.length, 2);
});

for (const code of [1006, 1001, 4000, 4001, 4008, 4029]) {
  test(`close code ${code} means come back`, () => {
    const world = pretend();
    world.enter();
    world.last().onclose({ code });
    assert.equal(world.statuses.at(-1), "waiting");
    world.wait(LAST_DELAY_MS);
    assert.equal(world.sockets.length, 2);
  });
}

for (const code of [4501, 4504, 4506, 4507, 4999]) {
  test(`close code ${code} means stay away`, () => {
    const world = pretend();
    world.enter();
    world.last().onclose({ code });
    assert.equal(world.statuses.at(-1), "stopped");
    world.wait(600_000);
    world.line.retry();
    assert.equal(world.sockets.length, 1);
  });
}

test("it never gives up while the page is open", () => {
  const world = pretend();
  for (let i = 0; i < 50; i++) {
    world.last().onclose({ code: 1006 });
    world.wait(LAST_DELAY_MS);
  }
  assert.equal(world.sockets.length, 51);
});

test("a welcome resets the back-off, an open socket alone does not", () => {
  const world = pretend();
  for (let i = 0; i < 8; i++) {
    world.last().onopen();
    world.last().onclose({ code: 1006 });
    world.wait(LAST_DELAY_MS);
  }
  world.last().onclose({ code: 1006 });
  world.wait(LAST_DELAY_MS - 1);
  assert.equal(world.sockets.length, 9);
  world.wait(1);
  world.enter();
  world.last().onclose({ code: 1006 });
  world.wait(FIRST_DELAY_MS);
  assert.equal(world.sockets.length, 11);
});

test("a quiet line is pinged after 10 s and given up at 15 s", () => {
  const world = pretend();
  world.enter();
  world.wait(10_000);
  assert.equal(JSON.parse(world.last().sent.at(-1)).type, "ping");
  world.wait(5_000);
  assert.equal(world.statuses.at(-1), "waiting");
  assert.notEqual(world.sockets[0].closed, null);
});

test("an answered ping keeps the line", () => {
  const world = pretend();
  world.enter();
  for (let i = 0; i < 10; i++) {
    world.wait(10_000);
    world.say({ type: "pong", id: i });
  }
  assert.equal(world.sockets.length, 1);
});

test("a socket that never opens is given up too", () => {
  const world = pretend();
  world.wait(15_000 + LAST_DELAY_MS);
  assert.equal(world.sockets.length, 2);
});

test("what a given-up socket still says is not heard", () => {
  const world = pretend();
  world.enter();
  world.wait(15_000);
  world.sockets[0].onmessage({ data: JSON.stringify({ type: "chat" }) });
  world.sockets[0].onclose({ code: 4506 });
  assert.deepEqual(world.heard, ["welcome"]);
  assert.equal(world.statuses.at(-1), "waiting");
});

test("retry cuts the wait short", () => {
  const world = pretend();
  world.last().onclose({ code: 1006 });
  world.line.retry();
  assert.equal(world.sockets.length, 2);
  world.wait(LAST_DELAY_MS);
  assert.equal(world.sockets.length, 2);
});

test("a line that is doubted is kept if it answers, and given up in 3 s if it does not", () => {
  const world = pretend();
  world.enter();
  world.line.retry();
  assert.equal(JSON.parse(world.last().sent.at(-1)).type, "ping");
  world.say({ type: "pong", id: 1 });
  world.wait(9_999);
  assert.equal(world.sockets.length, 1);
  world.line.retry();
  world.line.retry();
  world.wait(3_000);
  assert.equal(world.statuses.at(-1), "waiting");
  world.wait(LAST_DELAY_MS);
  assert.equal(world.sockets.length, 2);
});

test("a line that is being opened is not doubted", () => {
  const world = pretend();
  world.line.retry();
  world.wait(14_999);
  assert.equal(world.sockets.length, 1);
});

test("hanging up is final", () => {
  const world = pretend();
  world.enter();
  world.line.close();
  world.last().onclose({ code: 1000 });
  world.wait(600_000);
  world.line.retry();
  assert.equal(world.sockets.length, 1);
});
