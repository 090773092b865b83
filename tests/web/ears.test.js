import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { guess, load, phase, welcome } from "./fixtures.js";

globalThis.localStorage ??= { getItem: () => null, setItem() {}, removeItem() {} };
globalThis.document ??= { hidden: false };

/** A device that speaks, as slowly as the test wants it to. */
class Voice {
  said = [];
  spoken = null;
  get speaking() {
    return this.spoken !== null;
  }
  speak(words) {
    this.spoken = words;
    this.said.push(words.text);
  }
  cancel() {
    this.spoken = null;
  }
  finish() {
    const { onend } = this.spoken;
    this.spoken = null;
    onend();
  }
}
globalThis.SpeechSynthesisUtterance = class {
  constructor(text) {
    this.text = text;
  }
};

const { createEars, createPrivateEars } = await load("ears.js");
const { prefer } = await load("preferences.js");
const { reduce, unknownRoom } = await load("state.js");
const { BLANK, recognise } = await load("thoughts.js");
const { hush } = await load("voice.js");

const seeing = (...named) => ({ kind: "seeing", named, isWarm: false });

beforeEach(() => {
  prefer({ voice: true, muted: true });
  globalThis.speechSynthesis = new Voice();
});

test("it says what it thinks, the newest thought only, and interrupts itself when it knows", () => {
  const ears = createPrivateEars();
  ears.hear(seeing("cloud"));
  assert.equal(speechSynthesis.spoken.lang, "en");
  ears.hear(seeing("cloud", "sheep"));
  ears.hear(seeing("sheep", "tree"));
  assert.equal(speechSynthesis.said.length, 1, "one sentence at a time");
  speechSynthesis.finish();
  assert.deepEqual(speechSynthesis.said.length, 2);
  assert.match(speechSynthesis.said[1], /tree/);
  ears.hear(recognise("cake"));
  assert.match(speechSynthesis.said[2], /I know.*cake/);
  assert.match(speechSynthesis.spoken.text, /cake/);
});

test("a wiped sheet and a screen that was left are silence, what waited to be said included", () => {
  const ears = createPrivateEars();
  ears.hear(seeing("cloud"));
  const { onend } = speechSynthesis.spoken;
  ears.hear(seeing("cloud", "sheep"));
  ears.hear(BLANK);
  assert.equal(speechSynthesis.speaking, false);
  onend();
  assert.equal(speechSynthesis.said.length, 1);
  ears.hear(seeing("cloud"));
  ears.end();
  assert.equal(speechSynthesis.speaking, false);
});

test("nobody is spoken to who did not switch it on, or whose device cannot", () => {
  prefer({ voice: false });
  createPrivateEars().hear(seeing("cloud"));
  assert.deepEqual(speechSynthesis.said, []);
  prefer({ voice: true });
  delete globalThis.speechSynthesis;
  createPrivateEars().hear(seeing("cloud"));
  hush();
});

test("in a room it speaks while there is something to draw, and a new round begins in silence", () => {
  const ears = createEars();
  let view = unknownRoom();
  const told = (message) => ears.hear((view = reduce(view, message, 0)));
  told(welcome());
  told(guess([["sun", 0.5]]));
  assert.equal(speechSynthesis.said.length, 1);
  assert.match(speechSynthesis.said[0], /sun/);
  told(phase("countdown", { round: 2 }));
  assert.equal(speechSynthesis.speaking, false);
});
