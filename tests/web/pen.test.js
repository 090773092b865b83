import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./fixtures.js";

const pens = await load("pen.js");
const { undo, wipe } = await load("revise.js");
const { MAX_BATCH_POINTS, MAX_POINTS, MAX_STROKES, Pen } = await load("protocol.js");

/** What would go over the wire, readable. */
const sent = (pen) =>
  pens.outgoing(pen).map((message) => {
    if (!(message instanceof ArrayBuffer)) return [message.type, message.batch];
    const view = new DataView(message);
    return ["ink", view.getUint32(1, true), view.getUint8(5), (message.byteLength - 6) / 6];
  });

function stroke(pen, from = 0, points = 3) {
  pens.begin(pen, from, 0, 0);
  for (let i = 1; i < points; i++) pens.extend(pen, from + i, 0, i * 10);
  pens.lift(pen);
}

test("a stroke sent in pieces starts once, ends once and is numbered upwards from 1", () => {
  const pen = pens.newPen();
  pens.begin(pen, 0, 0, 100);
  pens.extend(pen, 5, 5, 116);
  assert.deepEqual(sent(pen), [["ink", 1, 1, 2]]);
  pens.extend(pen, 6, 6, 132);
  assert.deepEqual(sent(pen), [["ink", 2, 0, 1]]);
  pens.lift(pen);
  assert.deepEqual(sent(pen), [["ink", 3, 2, 0]]);
  assert.deepEqual(sent(pen), []);
});

test("dt counts from the point before in the same stroke and stays within u16", () => {
  const pen = pens.newPen();
  pens.begin(pen, 0, 0, 1000);
  pens.extend(pen, 1, 1, 1016.4);
  pens.extend(pen, 2, 2, 1_000_000);
  pens.extend(pen, 3, 3, 999_999);
  assert.deepEqual(pen.drawing.strokes[0], [0, 0, 0, 1, 1, 16, 2, 2, 65535, 3, 3, 0]);
});

test("a pen that rests adds no points", () => {
  const pen = pens.newPen();
  pens.begin(pen, 4, 4, 0);
  pens.extend(pen, 4, 4, 16);
  assert.equal(pen.drawing.points, 1);
});

test("ink not acknowledged is sent again after a reconnect, in order, and nothing else", () => {
  const pen = pens.newPen();
  pens.newRound(pen, 1);
  stroke(pen, 0);
  stroke(pen, 100);
  undo(pen);
  stroke(pen, 200);
  assert.equal(sent(pen).length, 4);
  pens.acknowledge(pen, 1);
  pens.resume(pen, 2, 1); // the acknowledgement of 2 got lost on the way
  assert.deepEqual(sent(pen), [
    ["undo", 3],
    ["ink", 4, 3, 3],
  ]);
});

test("after a reconnect the sheet is the server's ink and then what it had not got yet", () => {
  const pen = pens.newPen();
  pens.newRound(pen, 1);
  stroke(pen, 0);
  sent(pen);
  pens.begin(pen, 500, 0, 0); // still drawing while the line is down
  pens.extend(pen, 501, 0, 9);
  pens.resume(pen, 1, 1);
  pens.restore(pen, 3, [0, 0, 0, 1, 0, 10, 2, 0, 10]);
  pens.extend(pen, 502, 0, 18);
  assert.deepEqual(pen.drawing.strokes, [
    [0, 0, 0, 1, 0, 10, 2, 0, 10],
    [500, 0, 0, 501, 0, 9, 502, 0, 9],
  ]);
});

test("after a reload the drawing comes back and numbers go on from the welcome", () => {
  const pen = pens.newPen();
  pens.resume(pen, 41, 3);
  pens.restore(pen, 3, [7, 7, 0]);
  stroke(pen);
  assert.deepEqual(sent(pen), [["ink", 42, 3, 3]]);
  assert.equal(pen.drawing.strokes.length, 2);
});

test("stale ink of a former round is dropped, and a clear goes out in its place", () => {
  const pen = pens.newPen();
  pens.newRound(pen, 1);
  stroke(pen);
  pens.newRound(pen, 2);
  assert.deepEqual(sent(pen), [["clear", 2]]);
  assert.equal(pen.drawing.strokes.length, 0);
});

test("a round that starts with everything acknowledged needs no clear", () => {
  const pen = pens.newPen();
  pens.newRound(pen, 1);
  stroke(pen);
  sent(pen);
  pens.acknowledge(pen, 1);
  pens.newRound(pen, 2);
  assert.deepEqual(sent(pen), []);
});

test("ink of a round that ended while the line was down is never sent into the next", () => {
  const pen = pens.newPen();
  pens.newRound(pen, 1);
  stroke(pen);
  pens.resume(pen, 0, 2);
  assert.deepEqual(sent(pen), []);
  assert.equal(pen.drawing.strokes.length, 0);
  stroke(pen);
  assert.deepEqual(sent(pen), [["ink", 2, 3, 3]]);
});

test("numbers are never reused, whatever is dropped", () => {
  const pen = pens.newPen();
  stroke(pen);
  pens.newRound(pen, 2);
  pens.resume(pen, 0, null);
  stroke(pen);
  assert.deepEqual(sent(pen), [["ink", 3, 3, 3]]);
});

test("no message holds more points than the server takes", () => {
  const pen = pens.newPen();
  stroke(pen, 0, MAX_BATCH_POINTS * 2 + 5);
  assert.deepEqual(sent(pen), [
    ["ink", 1, 1, MAX_BATCH_POINTS],
    ["ink", 2, 0, MAX_BATCH_POINTS],
    ["ink", 3, 2, 5],
  ]);
});

test("a full sheet takes no more points or strokes, and says so", () => {
  const pen = pens.newPen();
  pens.begin(pen, 0, 0, 0);
  for (let i = 1; i < MAX_POINTS; i++) assert.ok(pens.extend(pen, i % 2, 0, i));
  assert.equal(pens.extend(pen, 9, 9, 0), false);
  assert.equal(pen.drawing.points, MAX_POINTS);
  const other = pens.newPen();
  for (let i = 0; i < MAX_STROKES; i++) stroke(other, i, 1);
  assert.equal(pens.begin(other, 0, 0, 0), false);
  undo(other);
  assert.equal(pens.begin(other, 0, 0, 0), true);
});

test("ink that another device left no room for is cut off as the server does it", () => {
  const pen = pens.newPen();
  pens.newRound(pen, 1);
  stroke(pen, 0, 5);
  stroke(pen, 100, 3);
  pens.resume(pen, 0, 1);
  pens.restore(pen, Pen.STARTS | Pen.ENDS, new Array((MAX_POINTS - 4) * 3).fill(7));
  assert.equal(pen.drawing.points, MAX_POINTS);
  assert.deepEqual(pen.drawing.strokes[1], [0, 0, 0, 1, 0, 10, 2, 0, 10, 3, 0, 10]);
  assert.equal(pen.drawing.strokes.length, 2);
  assert.equal(pens.begin(pen, 0, 0, 0), false);
});

test("a stroke too many after a reconnect does not go on either", () => {
  const pen = pens.newPen();
  pens.newRound(pen, 1);
  pens.begin(pen, 500, 0, 0);
  pens.extend(pen, 501, 0, 9);
  pens.resume(pen, 0, 1);
  for (let i = 0; i < MAX_STROKES; i++) pens.restore(pen, Pen.STARTS | Pen.ENDS, [i, 0, 0]);
  assert.equal(pens.extend(pen, 502, 0, 18), false);
  assert.equal(pen.drawing.strokes.length, MAX_STROKES);
});

test("undo and clear of a blank sheet send nothing", () => {
  const pen = pens.newPen();
  undo(pen);
  wipe(pen);
  assert.deepEqual(sent(pen), []);
});

test("undo in mid-stroke lifts the pen first and takes that stroke back", () => {
  const pen = pens.newPen();
  pens.begin(pen, 1, 1, 0);
  undo(pen);
  assert.deepEqual(sent(pen), [
    ["ink", 1, 3, 1],
    ["undo", 2],
  ]);
  assert.equal(pen.drawing.strokes.length, 0);
});
