import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { load, rootFolder } from "./fixtures.js";

const web = fileURLToPath(new URL("web/", rootFolder));
const page = readFileSync(join(web, "index.html"), "utf8");
const modules = readdirSync(join(web, "src"), { recursive: true })
  .map((name) => String(name).replaceAll("\\", "/"))
  .filter((name) => name.endsWith(".js"));
const read = (name) => readFileSync(join(web, "src", name), "utf8");
const importsOf = new Map(
  modules.map((name) => [
    name,
    [...read(name).matchAll(/^import .*?from "([^"]+)";|^} from "([^"]+)";/gm)].map(
      (m) => new URL(m[1] ?? m[2], `file:///${name}`).pathname.slice(1),
    ),
  ]),
);
/** What the first load is made of; a module that is only ever imported by `import()` is not. */
const atOnce = new Set(["main.js"]);
for (const name of atOnce) for (const next of importsOf.get(name) ?? []) atOnce.add(next);
const loaded = ["index.html", "style.css", "play.css", "favicon.svg", ...[...atOnce].map((name) => `src/${name}`)];

test("the first modules are asked for at once: the page preloads each of them and no other", () => {
  const preloaded = [...page.matchAll(/modulepreload" href="\/static\/src\/([^"]+)"/g)].map((m) => m[1]);
  assert.deepEqual([...preloaded, "main.js"].sort(), [...atOnce].sort());
});

test("the page keeps to its content security policy: no inline script, style or handler", () => {
  assert.doesNotMatch(page, /<script(?![^>]*\bsrc=)/);
  assert.doesNotMatch(page, /<style|\sstyle=|\son[a-z]+=/);
});

test("no file asks any other host for anything", () => {
  for (const name of [...loaded, ...modules.map((name) => `src/${name}`)]) {
    const addresses = readFileSync(join(web, name), "utf8").match(/(?:https?:)?\/\/[\w.-]+\.\w{2,}[^\s"']*/g) ?? [];
    const foreign = addresses.filter((address) => address !== "http://www.w3.org/2000/svg");
    assert.deepEqual(foreign, [], name);
  }
});

test("what the network says is never taken for markup", () => {
  for (const name of modules) {
    assert.doesNotMatch(read(name), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|srcdoc/, name);
  }
});

test("headless modules touch no page, so that they can be tested here", () => {
  for (const name of ["brush.js", "cues.js", "grammar.js", "grip.js", "ink.js", "moments.js", "pen.js", "protocol.js", "reactions.js", "revise.js", "shortcuts.js", "socket.js", "state.js", "strings.js", "svg.js", "thoughts.js", "timing.js", "wire.js"]) {
    assert.doesNotMatch(read(name), /\b(document|window|localStorage|navigator)\b/, name);
  }
});

test("imports form no cycle", () => {
  const visit = (name, path) => {
    assert.ok(!path.includes(name), `${[...path, name].join(" → ")}`);
    for (const next of importsOf.get(name) ?? []) visit(next, [...path, name]);
  };
  for (const name of modules) visit(name, []);
});

test("the first load stays below 150 KB, and below 60 KB compressed", () => {
  const bytes = loaded.map((name) => readFileSync(join(web, name)));
  const size = (all) => all.reduce((sum, data) => sum + data.length, 0);
  assert.ok(size(bytes.map((data) => gzipSync(data))) < 60_000);
  assert.ok(size(bytes) < 150 * 1024, `${size(bytes)}`);
});

test("no module has outgrown 260 lines, the dictionaries apart", () => {
  for (const name of modules.filter((name) => name !== "strings.js" && !name.startsWith("languages/"))) {
    const lines = read(name).split("\n").length;
    assert.ok(lines <= 260, `${name}: ${lines}`);
  }
});

test("every close code that ends a stay has a sentence of its own", async () => {
  const { Close, isFinal } = await load("protocol.js");
  const { text } = await load("strings.js");
  for (const [name, code] of Object.entries(Close)) {
    if (isFinal(code)) assert.ok(text.errors.closed[code], name);
  }
});

test("every asset the page names exists", () => {
  for (const [, path] of page.matchAll(/(?:href|src)="\/static\/([^"]+)"/g)) {
    assert.ok(statSync(join(web, path)).isFile(), path);
  }
});
