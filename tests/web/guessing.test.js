import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./fixtures.js";

globalThis.localStorage ??= { getItem: () => null, setItem() {}, removeItem() {} };

const { over } = await load("language.js");
const { english, speak } = await load("strings.js");
const { language: german } = await load("languages/de.js");
const { language } = await load("guessing.js");

test("a dictionary that could not be fetched is asked for again with the next guess, and then kept", async () => {
  let asked = 0;
  const answers = [() => Promise.reject(new TypeError("offline"))];
  globalThis.fetch = () => {
    const known = { categories: [{ name: "cake", level: "easy" }] };
    return (answers[asked++] ?? (async () => new Response(JSON.stringify(known), { headers: { "content-type": "application/json" } })))();
  };
  speak(over(english, german));
  const means = language();
  assert.equal((await means("Kuchen")).category, null, "sent as it was typed");
  assert.equal((await means("Kuchen")).category, "cake");
  const before = asked;
  assert.equal((await language()("kuchen")).category, "cake", "the next turn");
  assert.equal(asked, before);
});
