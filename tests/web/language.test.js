import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./fixtures.js";
import { ask } from "./python.js";

const { bestLanguage, LANGUAGES, over } = await load("language.js");
const { english } = await load("strings.js");
const { grammar } = await load("grammar.js");
const known = ask("import json; from game.categories import CATEGORIES; print(json.dumps(CATEGORIES))");
const codes = ask("import json; from game.protocol import Code; print(json.dumps(list(Code)))");

const others = new Map();
for (const tag of Object.keys(LANGUAGES).filter((tag) => tag !== "en")) {
  others.set(tag, (await load(`languages/${tag}.js`)).language);
}

/** Every word of a language with the path to it. */
function* leaves(words, path = []) {
  for (const [key, word] of Object.entries(words)) {
    if (typeof word === "object" && word !== null) yield* leaves(word, [...path, key]);
    else yield [[...path, key].join("."), word];
  }
}

/** What the functions may be given; each must say as much of it as English does. */
const NUMBERS = [0, 1, 2, 3, 5, 11, 20, 21, 101];
const NAME = "Zoë";
const THOUGHTS = ["waiting", "unsure", "seeing", "sure", "almost", "knows", "missed"].flatMap((kind) =>
  [[], ["eyeglasses"], ["sheep", "cake"]].map((named) => ({ kind, named, isWarm: kind !== "knows" })),
);
const SAMPLES = {
  "favours|timeLabel|muteLabel|handOverSure|draws|drawsNext|solvedBy|canvasOf|kickLabel|kickSure|recognised|winner|unknown": [[NAME]],
  times: [[1.5], [2]],
  "turn.was": known.map((name) => [name]),
  earned: NUMBERS.map((n) => [NAME, n, 345]),
  note: [[NAME, "…"]],
  about: [[NAME]],
  why: [[NAME, ["speed", "teleport", "metronome", "hurry"]], [NAME, ["hurry"]]],
  moment: ["fastest", "blunder", "narrowest", "nearly", "turn", "bravest"].flatMap((kind) =>
    [1, 0.5].map((value) => [kind, NAME, "cake", value, "sheep"]),
  ),
  headline: [[0, 3], [1, 1], [2, 2], [1, 3]],
  thought: THOUGHTS.map((thought) => [thought]),
  "category|named": known.map((name) => [name]),
  percent: [[0.42]],
  "summary.deck": [[["A", "B"], 230]],
};

const samplesFor = (path) => {
  for (const [names, samples] of Object.entries(SAMPLES)) {
    if (names.split("|").some((name) => path === name || path.endsWith(`.${name}`))) return samples;
  }
  return NUMBERS.map((n) => [n, 345]);
};

const flat = (said) => [said].flat(9).map((part) => part?.strong ?? part).join("");

test("a choice of earlier wins, then the browser's languages in their order, then English", () => {
  assert.equal(bestLanguage("fr", ["de-AT"]), "fr");
  assert.equal(bestLanguage(null, ["pt-BR", "de-AT", "es"]), "de");
  assert.equal(bestLanguage("xx", ["RO"]), "ro");
  assert.equal(bestLanguage(null, ["ja", "pt"]), "en");
  assert.equal(bestLanguage(null, []), "en");
});

test("what is not translated yet is said in English", () => {
  const words = { a: "A", b: { c: "C", d: ["D"], e: () => "E" } };
  const said = over(words, { b: { d: ["Δ"] } });
  assert.deepEqual([said.a, said.b.c, said.b.d, said.b.e()], ["A", "C", ["Δ"], "E"]);
});

test("plurals are those of the language: Romanian has three, French counts zero as one", () => {
  const lei = { one: "# leu", few: "# lei", other: "# de lei" };
  assert.deepEqual([1, 2, 19, 20, 101].map((n) => grammar("ro").count(n, lei)), [
    "1 leu",
    "2 lei",
    "19 lei",
    "20 de lei",
    "101 lei",
  ]);
  assert.equal(grammar("fr").count(0, { one: "# jeu", other: "# jeux" }), "0 jeu");
});

for (const [tag, words] of others) {
  test(`${tag} says everything that English says, and nothing else`, () => {
    const wanted = [...leaves({ ...english, errors: { ...english.errors, refused: {} } })].map(([path]) => path);
    const said = [...leaves({ ...words, errors: { ...words.errors, refused: {} } })].map(([path]) => path);
    assert.deepEqual(said.sort(), wanted.sort());
    assert.deepEqual(Object.keys(words.errors.refused).sort(), codes.sort());
  });

  test(`${tag} leaves nothing empty and names what English names`, () => {
    const mine = new Map(leaves(words));
    for (const [path, original] of leaves(english)) {
      const word = mine.get(path);
      if (typeof original !== "function") {
        assert.equal(typeof word, typeof original, path);
        assert.notEqual(word, "", path);
        continue;
      }
      assert.equal(typeof word, "function", path);
      for (const sample of samplesFor(path)) {
        const [there, here] = [flat(original(...sample)), flat(word(...sample))];
        assert.ok(here.trim(), `${path}: ${there}`);
        assert.doesNotMatch(here, /undefined|NaN|\[object|#/, path);
        assert.equal(here.includes(NAME), there.includes(NAME), `${path}: ${here}`);
        const digits = (said) => (said.match(/\d+/g) ?? []).length;
        const isCounted = /^(home\.waiting|.*\.place|ordinal|.*matched|seconds|number)$/.test(path);
        if (!isCounted) assert.equal(digits(here), digits(there), `${path}: ${here} / ${there}`);
      }
    }
  });

  test(`${tag} has a name of its own for each of the 345 categories`, () => {
    const shown = known.map(words.category);
    assert.equal(new Set(shown.map((name) => name.toLowerCase())).size, 345);
    known.forEach((name, index) => {
      assert.ok(shown[index].trim(), name);
      assert.ok(words.named(name).endsWith(shown[index]), name);
      assert.equal(shown[index], shown[index].normalize("NFC").trim(), name);
    });
    const same = known.filter((name) => words.named(name) === name);
    assert.deepEqual(same.filter((name) => name !== "yoga"), []);
  });
}

test("Romanian is written with commas below, never with cedillas", () => {
  for (const [, words] of others) {
    for (const [path, word] of leaves(words)) assert.doesNotMatch(String(word), /[şţŞŢ]/, path);
    for (const name of known) assert.doesNotMatch(words.named(name), /[şţŞŢ]/, name);
  }
});

test("an answer of many things has its verb in the plural", () => {
  const was = (tag, name) => others.get(tag).turn.was(name);
  assert.deepEqual([was("es", "eyeglasses"), was("es", "cake")], ["Eran unas gafas", "Era una tarta"]);
  assert.deepEqual([was("ro", "pants"), was("ro", "cake")], ["Erau niște pantaloni", "Era un tort"]);
});

test("articles go with what is drawn", () => {
  const de = others.get("de");
  assert.deepEqual([de.named("cake"), de.category("cake")], ["ein Kuchen", "Kuchen"]);
  const say = (tag, name) => flat(others.get(tag).thought({ kind: "knows", named: [name], isWarm: false }));
  assert.equal(say("de", "matches"), "Ach, ich weiß, das sind Streichhölzer!");
  assert.equal(say("es", "eyeglasses"), "¡Ah, ya lo sé, son unas gafas!");
  assert.equal(say("fr", "matches"), "Oh, je sais, ce sont des allumettes\u202f!");
  assert.equal(say("fr", "grass"), "Oh, je sais, c’est de l’herbe\u202f!");
  assert.equal(others.get("fr").category("grass"), "herbe");
  assert.equal(say("ro", "pants"), "Ah, știu, sunt niște pantaloni!");
});
