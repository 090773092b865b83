/** The machine beside the canvas: its face, what it says and what it sees. */

import { h, replace, say } from "../dom.js";
import { createMascot, moodOf } from "../mascot.js";
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
  const latency = h("small", { class: "latency" });
  const rows = Array.from({ length: TOP_GUESSES }, () => {
    const name = h("span", { class: "what" });
    const share = h("span", { class: "share" });
    const bar = h("i", { class: "fill" });
    return { name, share, bar, element: h("li", {}, bar, name, share) };
  });
  /** @type {import("../thoughts.js").Thought | null} */
  let said = null;
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
      }
      rows.forEach(({ name, share, bar, element }, index) => {
        const guess = view.guess?.top[index];
        say(name, guess ? text.category(guess.category) : "");
        say(share, guess ? text.percent(guess.p) : "");
        bar.style.transform = `scaleX(${guess?.p ?? 0})`;
        element.classList.toggle("wanted", guess?.category === view.prompt?.category && !!guess);
      });
      say(latency, view.guess ? text.round.latency(view.guess.ms) : "");
    },
    look: mascot.look,
  };
}
