import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./fixtures.js";

const { distance, plain, vocabulary } = await load("vocabulary.js");

const WORDS = [
  ["cat", "Katze"],
  ["bat", "Fledermaus"],
  ["circle", "Kreis"],
  ["crab", "Krabbe"],
  ["door", "Tür"],
  ["teddy-bear", "Teddybär"],
  ["The Eiffel Tower", "Eiffelturm"],
  ["peas", "Erbsen"],
  ["bus", "Bus"],
].map(([name, shown]) => ({ name, shown, level: "easy" }));
const named = (name) => (name === "cat" ? "eine Katze" : (WORDS.find((word) => word.name === name)?.shown ?? name));
const known = vocabulary(WORDS, named);
const names = (words) => words.map((word) => word.name);

test("accents, capitals, hyphens and ß make no difference", () => {
  assert.equal(plain("  Teddy-Bär "), "teddy bar");
  assert.equal(plain("STRAßE"), plain("strasse"));
  assert.equal(plain("œuf"), "oeuf");
});

test("a list is read by lines, commas and semicolons, each thing once", () => {
  const { words, unknown } = known.read("Katze, tur;\n cat\n\nThe Eiffel tower\nTEDDYBÄR");
  assert.deepEqual(names(words), ["cat", "door", "The Eiffel Tower", "teddy-bear"]);
  assert.deepEqual(unknown, []);
});

test("articles and English plurals are forgiven, words that end in s are left alone", () => {
  assert.deepEqual(names(known.read("eine Katze\ndie Katze\na door\ncats\npeas\nbus\nbuses\ncircles").words), [
    "cat",
    "door",
    "peas",
    "bus",
    "circle",
  ]);
});

test("what is not known is told, with the nearest of what is", () => {
  const { words, unknown } = known.read("Kazte\nxylophone");
  assert.deepEqual(words, []);
  assert.deepEqual(unknown.map(({ written, meant }) => [written, names(meant)]), [
    ["Kazte", ["cat"]],
    ["xylophone", []],
  ]);
});

test("nothing pasted takes long: a line is compared by its first forty letters", () => {
  const started = performance.now();
  known.read(`${"x".repeat(100_000)}\n`.repeat(3));
  assert.ok(performance.now() - started < 2_000);
});

test("the search finds words that begin so before those that only contain it, in either language", () => {
  assert.deepEqual(names(known.search("kr")), ["circle", "crab"]);
  assert.deepEqual(names(known.search("at")), ["cat", "bat"]);
  assert.deepEqual(names(known.search("tür")), ["door", "The Eiffel Tower"]);
  assert.equal(known.search("").length, WORDS.length);
});

test("two letters swapped are one mistake", () => {
  assert.equal(distance("katze", "kazte"), 1);
  assert.equal(distance("", "cat"), 3);
  assert.equal(distance("house", "mouse"), 1);
  assert.equal(distance("same", "same"), 0);
});

test("a guess in the player's language is told in the server's words, or what it nearly is", () => {
  const words = [
    { name: "dog", level: "easy", shown: "Hund" },
    { name: "ice cream", level: "easy", shown: "Speiseeis" },
    { name: "hot dog", level: "easy", shown: "Hot Dog" },
  ];
  const known = vocabulary(words, (name) => `ein ${words.find((word) => word.name === name).shown}`);
  assert.deepEqual(known.means(" HUND! "), { category: "dog", nearly: null });
  assert.deepEqual(known.means("ein Hund"), { category: "dog", nearly: null });
  assert.deepEqual(known.means("ice-cream"), { category: "ice cream", nearly: null });
  assert.deepEqual(known.means("Hunt"), { category: null, nearly: "dog" });
  assert.deepEqual(known.means("ist es ein Hund"), { category: null, nearly: "dog" });
  assert.deepEqual(known.means("Speiseies"), { category: null, nearly: "ice cream" });
  assert.deepEqual(known.means("Baum"), { category: null, nearly: null });
});
