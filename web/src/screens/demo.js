/** The game in one glance: a cake draws itself while the machine guesses. */

import { CAKE } from "../art.js";
import { h, replace, s } from "../dom.js";
import { createMascot, moodOf } from "../mascot.js";
import { isCalm } from "../motion.js";
import { text } from "../strings.js";
import { spoken } from "./spoken.js";

const STROKE_MS = 1_100;
const ADMIRED_MS = 4_200;
const GREETED_MS = 1_800;

/** After so many strokes it thinks this. @type {Record<number, import("../thoughts.js").Thought>} */
const THOUGHTS = {
  1: { kind: "seeing", named: ["bowtie"], isWarm: false },
  2: { kind: "seeing", named: ["bowtie", "bucket"], isWarm: false },
  3: { kind: "seeing", named: ["bucket", "drums"], isWarm: false },
  4: { kind: "sure", named: ["drums", "hamburger"], isWarm: false },
  5: { kind: "almost", named: ["birthday cake"], isWarm: false },
  6: { kind: "knows", named: ["birthday cake"], isWarm: false },
};

/** @returns {{element: HTMLElement, destroy: () => void}} */
export function createDemo() {
  const strokes = CAKE.map((d) => s("path", { d, pathLength: 1 }));
  const bubble = h("p", { class: "bubble" });
  const mascot = createMascot();
  const element = h(
    "div",
    { class: "demo", "aria-hidden": "true" },
    h("div", { class: "sketch" }, s("svg", { viewBox: "20 0 162 144" }, ...strokes)),
    h("div", { class: "speaker" }, bubble, mascot.element),
  );
  let drawn = isCalm() ? CAKE.length : 0;
  let timer = 0;

  function step() {
    strokes.forEach((stroke, index) => stroke.classList.toggle("drawn", index < drawn));
    const thought = THOUGHTS[drawn];
    replace(bubble, ...(thought ? spoken(text.thought(thought)) : [text.home.greeting]));
    mascot.feel(thought ? moodOf(thought) : "happy");
    mascot.look(-0.8, 0.2);
    if (isCalm()) return;
    const isLast = drawn === CAKE.length;
    timer = setTimeout(step, drawn === 0 ? GREETED_MS : isLast ? ADMIRED_MS : STROKE_MS);
    drawn = isLast ? 0 : drawn + 1;
  }
  step();
  return { element, destroy: () => clearTimeout(timer) };
}
