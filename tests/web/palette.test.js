import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { rootFolder } from "./fixtures.js";

const sheet = readFileSync(new URL("web/style.css", rootFolder), "utf8");
const declared = (css) => Object.fromEntries([...css.matchAll(/--(\w+(?:-\w+)?): (#[0-9a-f]{6});/g)].map((m) => [m[1], m[2]]));
const [, light, dark] = sheet.split(":root {").map((part) => declared(part.split("}")[0]));
const schemes = { light, dark: { ...light, ...dark } };

/** How colours look to eyes without one kind of cone: Machado, Oliveira, Fernandes 2009, severity 1. */
const EYES = {
  ordinary: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

/** Pairs that mean something different where they stand side by side. */
const PAIRS = [
  ["accent", "leaf", "asked for, and recognised"],
  ["give", "pen", "the stroke that gave it away, and the others"],
  ["inkling", "give", "the curve, and the giveaway's band"],
  ["inkling", "accent", "time left, and hurry"],
  ["ink", "accent", "words, and the word to draw"],
];

const linear = (channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4);

/** CIE L*a*b* of a colour as those eyes see it. */
function lab(hex, eyes) {
  const [r, g, b] = [1, 3, 5].map((at) => linear(parseInt(hex.slice(at, at + 2), 16) / 255));
  const rows = [0, 3, 6].map((row) => eyes[row] * r + eyes[row + 1] * g + eyes[row + 2] * b);
  const [R, G, B] = rows.map((value) => Math.min(1, Math.max(0, value)));
  const f = (t) => (t > (6 / 29) ** 3 ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29);
  const x = f((0.4124 * R + 0.3576 * G + 0.1805 * B) / 0.9505);
  const y = f(0.2126 * R + 0.7152 * G + 0.0722 * B);
  const z = f((0.0193 * R + 0.1192 * G + 0.9505 * B) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

for (const [scheme, colours] of Object.entries(schemes)) {
  for (const [kind, eyes] of Object.entries(EYES)) {
    test(`colours that mean something differ for every eye: ${scheme}, ${kind}`, () => {
      for (const [one, other, what] of PAIRS) {
        const [a, b] = [lab(colours[one], eyes), lab(colours[other], eyes)];
        const distance = Math.hypot(...a.map((value, at) => value - b[at]));
        // 2.3 can just be told apart in a laboratory; ten times as much is plain at a glance.
        assert.ok(distance > 23, `${what}: --${one} and --${other} are ${distance.toFixed(1)} apart`);
      }
    });
  }
}
