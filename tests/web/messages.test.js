import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { rootFolder } from "./fixtures.js";

const types = readFileSync(new URL("web/src/messages.d.ts", rootFolder), "utf8");
const schema = JSON.parse(readFileSync(new URL("web/src/protocol.schema.json", rootFolder), "utf8"));

/** Every interface with its fields, comments left out. */
const interfaces = new Map(
  [...types.matchAll(/^export interface (\w+) \{\n(.*?)^\}/gms)].map(([, name, body]) => [
    name,
    Object.fromEntries([...body.matchAll(/^  (\w+\??): (.*);$/gm)].map(([, field, type]) => [field, type])),
  ]),
);

/** What the schema calls the same thing: by name, or for a message by its type. */
function definitionOf(name, fields) {
  const type = /^"(\w+)"$/.exec(fields["type"] ?? "")?.[1];
  const named = type ? schema.server.discriminator.mapping[type]?.split("/").at(-1) : name;
  return schema.$defs[named];
}

/** A page is not told which offset a message has, unless it asks. */
const fieldsOf = (definition) => Object.keys(definition.properties).filter((field) => field !== "offset");
const plain = (field) => field.replace("?", "");

for (const [name, fields] of interfaces) {
  test(`${name} has the fields that the server sends, and no other`, () => {
    const definition = definitionOf(name, fields);
    assert.ok(definition, `${name} is in the schema`);
    assert.deepEqual(Object.keys(fields).map(plain).filter((field) => field !== "offset").sort(), fieldsOf(definition).sort());
    for (const [field, type] of Object.entries(fields)) {
      const wanted = definition.properties[plain(field)];
      const mayBeNull = (wanted?.anyOf ?? []).some((each) => each.type === "null");
      assert.equal(/\bnull\b/.test(type), mayBeNull, `${name}.${field}: ${type}`);
      if (wanted?.enum) for (const value of wanted.enum) assert.ok(type.includes(JSON.stringify(value)), `${field}: ${value}`);
    }
  });
}

test("every message of the server has a type", () => {
  const known = [...interfaces.values()].map((fields) => /^"(\w+)"$/.exec(fields["type"] ?? "")?.[1]);
  assert.deepEqual(Object.keys(schema.server.discriminator.mapping).filter((type) => !known.includes(type)), []);
});
