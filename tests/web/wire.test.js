import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./fixtures.js";
import { ask, bytes, hex } from "./python.js";

const wire = await load("wire.js");
const protocol = await load("protocol.js");

test("ink is encoded to the very bytes game.protocol writes", () => {
  const points = [0, 65535, 0, 1, 258, 16, 40000, 3, 65535];
  const expected = ask(`
import json
from game import ink, protocol as p
points = ink.stroke_of([(0, 65535, 0), (1, 258, 16), (40000, 3, 65535)])
print(json.dumps(p.write_ink(p.InkBatch(4_000_000_000, ink.Pen.STARTS | ink.Pen.ENDS, points)).hex()))`);
  assert.equal(hex(wire.encodeInk(4_000_000_000, 3, points)), expected);
});

test("a batch of no points, which only lifts the pen, is encoded as game.protocol does", () => {
  const expected = ask(`
import json
from game import ink, protocol as p
print(json.dumps(p.write_ink(p.InkBatch(7, ink.Pen.ENDS, b"")).hex()))`);
  assert.equal(hex(wire.encodeInk(7, 2, [])), expected);
});

test("relayed ink of several seats is read back as game.protocol wrote it", () => {
  const relay = ask(`
import json
from game import ink, protocol as p
entries = [(3, ink.Pen.STARTS, ink.stroke_of([(1, 2, 0), (65535, 4, 9)])), (15, ink.Pen.UNDO, b"")]
print(json.dumps(p.write_relay(entries)[0].hex()))`);
  assert.deepEqual(wire.decode(bytes(relay)), {
    kind: "relay",
    entries: [
      { seat: 3, pen: 1, points: [1, 2, 0, 65535, 4, 9] },
      { seat: 15, pen: 4, points: [] },
    ],
  });
});

test("an acknowledgement is read back as game.protocol wrote it", () => {
  const ack = ask(`
import json
from game import protocol as p
print(json.dumps(p.write_ack(70000).hex()))`);
  assert.deepEqual(wire.decode(bytes(ack)), { kind: "ack", batch: 70000 });
});

test("unknown and truncated messages are ignored instead of thrown at", () => {
  for (const message of ["", "09", "0201", "020103010500ffff", "0301"]) {
    assert.equal(wire.decode(bytes(message)), null, message);
  }
});

test("limits, close codes and bounds are those of game.protocol", () => {
  const theirs = ask(`
import json
from game import ink, protocol as p
from typing import get_type_hints
hints = get_type_hints(p.Settings, include_extras=True)
bounds = {name: {"low": b.low, "high": b.high} for name in ("rounds", "seconds", "players", "confidence")
          for b in hints[name].__metadata__}
print(json.dumps({
    "limits": [p.MAX_SEATS, p.NAME_CHARS, p.CHAT_CHARS, p.CODE_CHARS, p.CODE_ALPHABET, p.MAX_BATCH_POINTS,
               p.MAX_STROKES, p.MAX_POINTS, p.MIN_DECK, p.TOP_GUESSES, ink.CANVAS,
               p.GUESS_CHARS, p.TURNS_EACH, *p.TIME_FACTORS],
    "close": {c.name: c.value for c in p.Close},
    "pen": {c.name: c.value for c in ink.Pen},
    "bounds": bounds,
}))`);
  const p = protocol;
  const limits = [p.MAX_SEATS, p.NAME_CHARS, p.CHAT_CHARS, p.CODE_CHARS, p.CODE_ALPHABET];
  limits.push(p.MAX_BATCH_POINTS, p.MAX_STROKES, p.MAX_POINTS, p.MIN_DECK, p.TOP_GUESSES, p.CANVAS);
  limits.push(p.GUESS_CHARS, p.TURNS_EACH, ...p.TIME_FACTORS);
  assert.deepEqual(limits, theirs.limits);
  assert.deepEqual({ ...p.Close }, theirs.close);
  assert.deepEqual({ ...p.Pen }, theirs.pen);
  assert.deepEqual(JSON.parse(JSON.stringify(p.BOUNDS)), theirs.bounds);
});
