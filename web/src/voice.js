/** The machine's voice: speech synthesis, for those who switched it on. */

import { text } from "./strings.js";

const PACE = 1.15;
const PITCH = 1.35;

/** What is worth interrupting itself for. */
const URGENT = new Set(["knows", "missed"]);

/** A thought that came while it was speaking; only the newest is worth saying. @type {import("./thoughts.js").Thought | null} */
let next = null;

/** @param {import("./thoughts.js").Thought} thought */
export function speak(thought) {
  const synthesis = globalThis.speechSynthesis;
  if (!synthesis || thought.kind === "waiting") return;
  if (synthesis.speaking && !URGENT.has(thought.kind)) {
    next = thought;
    return;
  }
  synthesis.cancel();
  next = null;
  const words = new SpeechSynthesisUtterance(sentence(thought));
  words.lang = text.tag;
  words.rate = PACE;
  words.pitch = PITCH;
  words.onend = () => {
    if (next) speak(next);
  };
  synthesis.speak(words);
}

export function hush() {
  next = null;
  globalThis.speechSynthesis?.cancel();
}

/** @param {import("./thoughts.js").Thought} thought */
const sentence = (thought) =>
  text
    .thought(thought)
    .map((part) => (typeof part === "string" ? part : part.strong))
    .join("");
