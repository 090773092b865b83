import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./fixtures.js";
import { ask } from "./python.js";

const { reactionIn, SIGNS } = await load("reactions.js");
const { english } = await load("strings.js");

test("a line that is a sign alone is a reaction, anything else is talk", () => {
  for (const [kind, sign] of Object.entries(SIGNS)) assert.equal(reactionIn(sign), kind);
  assert.equal(reactionIn(`${SIGNS.love} you all`), null);
  assert.equal(reactionIn(""), null);
});

test("the server leaves each sign as it is", () => {
  const signs = Object.values(SIGNS);
  const code = `import json; from game.names import tidy_chat; print(json.dumps([tidy_chat(s) for s in ${JSON.stringify(signs)}]))`;
  assert.deepEqual(ask(code), signs);
});

test("each reaction is called something for those who do not see it", () => {
  assert.deepEqual(Object.keys(english.chat.reactions), Object.keys(SIGNS));
});
