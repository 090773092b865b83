import assert from "node:assert/strict";
import { test } from "node:test";

import { guess, load } from "./fixtures.js";
import { ask } from "./python.js";

const { BLANK, giveUp, recognise, think } = await load("thoughts.js");
const { text } = await load("strings.js");

const spoken = (thought) =>
  text
    .thought(thought)
    .map((part) => (typeof part === "string" ? part : `*${part.strong}*`))
    .join("");

test("it thinks aloud: I see a cloud… or a sheep… oh, I know, it’s a cake!", () => {
  let thought = think(BLANK, guess([["cloud", 0.3]]), "cake");
  assert.equal(spoken(thought), "I see a *cloud*…");
  thought = think(thought, guess([["sheep", 0.3]]), "cake");
  assert.equal(spoken(thought), "I see a cloud… or a *sheep*…");
  assert.equal(spoken(recognise("cake")), "Oh, I know, it’s a *cake*!");
});

test("it does not repeat itself while it sees the same", () => {
  const thought = think(BLANK, guess([["cloud", 0.3]]), "cake");
  assert.equal(think(thought, guess([["cloud", 0.35]]), "cake"), thought);
});

test("it admits that it cannot make it out", () => {
  const thought = think(BLANK, guess([["cloud", 0.04]]), "cake");
  assert.equal(spoken(thought), "Hmm… I can’t quite make it out.");
});

test("it gets excited when the prompt is among its guesses, without naming it", () => {
  const thought = think(BLANK, guess([["cloud", 0.4], ["cake", 0.2]], 0.2), "cake");
  assert.equal(spoken(thought), "I see a *cloud*… Wait, don’t tell me!");
});

test("a first guess that is right but not yet judged is only a question", () => {
  const thought = think(BLANK, guess([["cake", 0.15]], 0.15), "cake");
  assert.equal(spoken(thought), "Could it be… a *cake*?");
});

test("what it knows it does not doubt again", () => {
  const knows = recognise("cake");
  assert.equal(think(knows, guess([["hat", 0.9]]), "cake"), knows);
  assert.equal(giveUp(knows), knows);
});

test("when time is up it says what it took the drawing for", () => {
  const thought = giveUp(think(BLANK, guess([["owl", 0.7]]), "cake"));
  assert.equal(spoken(thought), "Time’s up! All I could see was an *owl*.");
});

test("articles are right for plurals, stuffs, vowels and things with their own", () => {
  const said = ["apple", "hourglass", "scissors", "The Eiffel Tower", "sun", "umbrella", "yoga", "t-shirt"];
  assert.deepEqual(said.map(text.named), [
    "an apple",
    "an hourglass",
    "scissors",
    "the Eiffel Tower",
    "the sun",
    "an umbrella",
    "yoga",
    "a t-shirt",
  ]);
});

test("no plural the network knows is given an article", () => {
  const known = ask("import json; from game.categories import CATEGORIES; print(json.dumps(CATEGORIES))");
  const singular = /(ss|us)$/; // grass apart, which is stuff
  const plurals = known.filter((name) => name.endsWith("s") && !singular.test(name));
  assert.ok(plurals.length > 15);
  for (const name of plurals) assert.equal(text.named(name), name === "rhinoceros" ? `a ${name}` : name);
});
