import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./fixtures.js";

const ink = await load("ink.js");
const pens = await load("pen.js");
const { canRedo, canUndo, erase, redo, revoke, undo, wipe } = await load("revise.js");
const { Pen } = await load("protocol.js");

const STROKES = 6;

function stroke(pen, x) {
  pens.begin(pen, x, 0, 0);
  pens.extend(pen, x, 100, 16);
  pens.lift(pen);
}

/** A pen that has drawn strokes at x = 1000, 2000, … and a server that has them all. */
function drawn(strokes = STROKES) {
  const pen = pens.newPen();
  for (let n = 1; n <= strokes; n++) stroke(pen, n * 1000);
  const server = ink.blank();
  tell(pen, server);
  return { pen, server };
}

/** Delivers the queue to the server, which knows ink, undo and clear; says how many messages. */
function tell(pen, server) {
  const messages = pens.outgoing(pen);
  for (const message of messages) {
    if (!(message instanceof ArrayBuffer)) {
      if (message.type === "undo") ink.undo(server);
      else ink.clear(server);
      continue;
    }
    const view = new DataView(message);
    const points = [];
    for (let at = 6; at < message.byteLength; at += 2) points.push(view.getUint16(at, true));
    ink.apply(server, view.getUint8(5), points);
  }
  return messages.length;
}

const xs = (drawing) => drawing.strokes.map((points) => points[0] / 1000);

test("redo brings back just what undo took, in order", () => {
  const { pen, server } = drawn(3);
  undo(pen);
  undo(pen);
  assert.deepEqual(xs(pen.drawing), [1]);
  redo(pen);
  redo(pen);
  redo(pen);
  assert.deepEqual(xs(pen.drawing), [1, 2, 3]);
  tell(pen, server);
  assert.deepEqual(server.strokes, pen.drawing.strokes);
});

test("a new stroke is the end of redo", () => {
  const { pen } = drawn(3);
  undo(pen);
  assert.ok(canRedo(pen));
  stroke(pen, 9000);
  assert.ok(!canRedo(pen));
  redo(pen);
  assert.deepEqual(xs(pen.drawing), [1, 2, 9]);
});

test("clear can be undone, and the server has all strokes again", () => {
  const { pen, server } = drawn();
  wipe(pen);
  assert.equal(tell(pen, server), 1);
  assert.equal(server.strokes.length, 0);
  undo(pen);
  tell(pen, server);
  assert.deepEqual(xs(server), [1, 2, 3, 4, 5, 6]);
});

test("the eraser takes any one stroke and leaves the others in their order, on both sides", () => {
  for (let index = 0; index < STROKES; index++) {
    const { pen, server } = drawn();
    erase(pen, index);
    const left = [1, 2, 3, 4, 5, 6].filter((n) => n !== index + 1);
    assert.deepEqual(xs(pen.drawing), left);
    assert.ok(tell(pen, server) <= STROKES, "as few messages as there can be");
    assert.deepEqual(server.strokes, pen.drawing.strokes);
    undo(pen);
    tell(pen, server);
    assert.deepEqual(xs(server), [1, 2, 3, 4, 5, 6]);
  }
});

test("after a reload, with nothing to go back to, undo takes stroke by stroke", () => {
  const pen = pens.newPen();
  pens.resume(pen, 7, 1);
  pens.restore(pen, 3, [1000, 0, 0]);
  pens.restore(pen, 3, [2000, 0, 0]);
  assert.ok(canUndo(pen));
  undo(pen);
  assert.deepEqual(xs(pen.drawing), [1]);
  redo(pen);
  assert.deepEqual(xs(pen.drawing), [1, 2]);
});

test("undo knows the way back across a reconnect", () => {
  const { pen, server } = drawn(3);
  pens.resume(pen, pen.batch, 0);
  for (const points of server.strokes) pens.restore(pen, Pen.STARTS | Pen.ENDS, points);
  undo(pen);
  assert.equal(tell(pen, server), 1);
  assert.deepEqual(xs(server), [1, 2]);
});

test("a palm’s stroke leaves nothing to undo or redo", () => {
  const { pen, server } = drawn(2);
  const before = pen.past.length;
  pens.begin(pen, 5000, 0, 0);
  pens.extend(pen, 5000, 50, 8);
  revoke(pen);
  assert.equal(pen.past.length, before);
  assert.ok(!canRedo(pen));
  tell(pen, server);
  assert.deepEqual(xs(server), [1, 2]);
});

test("a new round has no way back into the old one", () => {
  const { pen } = drawn(2);
  undo(pen);
  pens.newRound(pen, 2);
  assert.ok(!canUndo(pen) && !canRedo(pen));
});

test("what must wait for the server’s limit goes later, in order", () => {
  const { pen } = drawn();
  wipe(pen);
  undo(pen);
  assert.equal(pens.outgoing(pen, 4).length, 4);
  assert.equal(pens.outgoing(pen, 4).length, 3);
  assert.equal(pens.outgoing(pen, 4).length, 0);
});

test("any course of second thoughts ends with the same sheet on both sides", () => {
  let seed = 7;
  const dice = (sides) => (seed = (seed * 48271) % 2147483647) % sides;
  const { pen, server } = drawn();
  for (let n = 0; n < 400; n++) {
    const act = [() => stroke(pen, 1000 + n), () => undo(pen), () => redo(pen), () => wipe(pen)][dice(4)];
    if (dice(3) === 0 && pen.drawing.strokes.length) erase(pen, dice(pen.drawing.strokes.length));
    else act();
    tell(pen, server);
    assert.deepEqual(server.strokes, pen.drawing.strokes);
    assert.equal(pen.drawing.points, pen.drawing.strokes.flat().length / 3);
  }
});

test("the eraser finds the newest stroke within its reach, between points too", () => {
  const drawing = ink.blank();
  ink.apply(drawing, 3, [0, 0, 0, 10_000, 0, 16]);
  ink.apply(drawing, 3, [5000, -4000, 0, 5000, 4000, 16]);
  assert.equal(ink.strokeAt(drawing, 5100, 100, 400), 1);
  assert.equal(ink.strokeAt(drawing, 2000, 300, 400), 0);
  assert.equal(ink.strokeAt(drawing, 2000, 3000, 400), -1);
  ink.apply(drawing, 3, [60_000, 60_000, 0]);
  assert.equal(ink.strokeAt(drawing, 60_100, 60_000, 400), 2);
});
