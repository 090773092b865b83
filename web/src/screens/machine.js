/** The machine beside the canvas: its face, what it says and what it sees. */

import { h, replace, say } from "../dom.js";
import { createMascot, moodOf } from "../mascot.js";
import { bump } from "../motion.js";
import { TOP_GUESSES } from "../protocol.js";
import { text } from "../strings.js";
import { spoken } from "./spoken.js";

/**
 * @returns {{element: HTMLElement, update: (view: import("../room-view.js").RoomView) => void,
 *   look: (x: number, y: number) => void}}
 */
export function createMachine() {
  const mascot = createMascot();
  const words = h("span");
  const thought = h("p", { class: "bubble", testid: "thought", role: "status" }, words);
  const latency = h("small", { class: "latency", testid: "latency" });
  const rows = Array.from({ length: TOP_GUESSES }, createRow);
  /** @type {import("../thoughts.js").Thought | null} */
  let said = null;
  /** @type {import("../messages.js").Guess | null | undefined} */
  let shown;
  return {
    element: h(
      "section",
      { class: "machine", "aria-label": text.round.guesses },
      h("div", { class: "speaker" }, mascot.element, thought),
      h("ol", { class: "guesses", testid: "guesses" }, ...rows.map((row) => row.element)),
      latency,
    ),
    update(view) {
      if (view.thought !== said) {
        said = view.thought;
        replace(words, ...spoken(text.thought(said)));
        mascot.feel(moodOf(said));
        thought.classList.toggle("loud", said.kind === "knows");
        if (said.kind !== "waiting") mascot.talk();
        if (said.kind === "knows" || said.kind === "almost") bump(thought, 1.06);
      }
      if (view.guess === shown) return;
      shown = view.guess;
      rows.forEach((row, index) => row.show(shown?.top[index], view.prompt?.category));
      say(latency, shown ? text.round.latency(shown.ms) : "");
    },
    look: mascot.look,
  };
}

/** One line of what it sees. */
function createRow() {
  const name = h("span", { class: "what" });
  const share = h("span", { class: "share" });
  const bar = h("i", { class: "fill" });
  const element = h("li", {}, bar, name, share);
  return {
    element,
    /**
     * @param {import("../messages.js").GuessView | undefined} guess
     * @param {string | undefined} prompt
     */
    show(guess, prompt) {
      say(name, guess ? text.category(guess.category) : "");
      say(share, guess ? text.percent(guess.p) : "");
      bar.style.transform = `scaleX(${guess?.p ?? 0})`;
      element.classList.toggle("wanted", guess !== undefined && guess.category === prompt);
    },
  };
}
