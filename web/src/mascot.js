/** Inkling: a drop of ink with eyes. Its mood is an attribute; the style sheet does the rest. */

import { s } from "./dom.js";
import { isCalm } from "./motion.js";

const TALKS_MS = 900;
const BLINKS_MS = { least: 2_500, more: 4_000, lasts: 200 };
const GAZE = 5; // how far the pupils wander, in units of the picture

/**
 * @typedef {"calm" | "curious" | "puzzled" | "eager" | "happy" | "sad"} Mood
 *
 * @typedef {object} Mascot
 * @property {SVGSVGElement} element
 * @property {(mood: Mood) => void} feel
 * @property {() => void} talk moves its mouth for a moment
 * @property {(x: number, y: number) => void} look -1..1 from left to right and top to bottom
 */

/** @returns {Mascot} */
export function createMascot() {
  const pupils = s(
    "g",
    { class: "pupils" },
    s("circle", { cx: 45, cy: 70, r: 6.5 }),
    s("circle", { cx: 77, cy: 70, r: 6.5 }),
    s("circle", { class: "glint", cx: 47.5, cy: 67, r: 2.2 }),
    s("circle", { class: "glint", cx: 79.5, cy: 67, r: 2.2 }),
  );
  const eyes = s(
    "g",
    { class: "eyes" },
    s("ellipse", { class: "white", cx: 45, cy: 69, rx: 12.5, ry: 14.5 }),
    s("ellipse", { class: "white", cx: 77, cy: 69, rx: 12.5, ry: 14.5 }),
    pupils,
  );
  const element = s(
    "svg",
    { class: "mascot", viewBox: "0 0 120 124", "aria-hidden": "true", "data-mood": "calm" },
    s("ellipse", { class: "shadow", cx: 61, cy: 117, rx: 34, ry: 5 }),
    s(
      "g",
      { class: "figure" },
      s("path", { class: "arm left", d: "M23 84 C12 84 8 76 9 68" }),
      s("path", { class: "arm right", d: "M99 84 C109 82 113 75 112 67" }),
      s("path", {
        class: "body",
        d: "M66 5 C62 22 101 42 103 77 C104 102 84 115 61 115 C37 115 18 101 19 77 C20 48 52 36 66 5 Z",
      }),
      s("path", { class: "shine", d: "M31 76 C32 63 40 53 50 45" }),
      eyes,
      s(
        "g",
        { class: "joy" },
        s("path", { d: "M34 72 Q45 56 56 72" }),
        s("path", { d: "M66 72 Q77 56 88 72" }),
      ),
      s("g", { class: "brows" }, s("path", { d: "M32 50 Q44 41 54 48" }), s("path", { d: "M68 48 Q78 41 90 50" })),
      s("circle", { class: "cheek", cx: 31, cy: 89, r: 5.5 }),
      s("circle", { class: "cheek", cx: 91, cy: 89, r: 5.5 }),
      s("path", { class: "mouth smile", d: "M50 92 Q61 102 72 92" }),
      s("path", { class: "mouth flat", d: "M52 96 Q58 92 63 96 T73 95" }),
      s("ellipse", { class: "mouth wonder", cx: 61, cy: 96, rx: 5, ry: 6 }),
      s("path", { class: "mouth laugh", d: "M46 89 Q61 93 76 89 Q74 107 61 107 Q48 107 46 89 Z" }),
      s("path", { class: "mouth sorry", d: "M51 99 Q61 90 71 99" }),
    ),
  );
  blinkSoon();

  /** Until it is taken off the page. An animation that never ends would be painted all the time. */
  function blinkSoon() {
    setTimeout(() => {
      if (!element.isConnected) return;
      if (!isCalm()) eyes.animate({ transform: ["none", "scaleY(0.1)", "none"] }, BLINKS_MS.lasts);
      blinkSoon();
    }, BLINKS_MS.least + Math.random() * BLINKS_MS.more);
  }

  let silence = 0; // the timer that ends its talking
  let gaze = "";
  return {
    element,
    talk() {
      clearTimeout(silence);
      element.classList.add("talking");
      silence = setTimeout(() => element.classList.remove("talking"), TALKS_MS);
    },
    feel: (mood) => element.setAttribute("data-mood", mood),
    look(x, y) {
      // In whole units: a pen moves far more often, and each move lays the picture out again.
      const next = `translate(${Math.round(x * GAZE)} ${Math.round(y * GAZE)})`;
      if (next !== gaze) pupils.setAttribute("transform", next);
      gaze = next;
    },
  };
}

/**
 * @param {import("./thoughts.js").Thought} thought
 * @returns {Mood}
 */
export function moodOf(thought) {
  if (thought.isWarm) return "eager";
  switch (thought.kind) {
    case "waiting":
      return "calm";
    case "almost":
      return "eager";
    case "unsure":
      return "puzzled";
    case "knows":
      return "happy";
    case "missed":
      return "sad";
    default:
      return "curious";
  }
}
