/** The machine beside the canvas: its face, what it says and what it sees. */

import { h, replace, say } from "../dom.js";
import { createMascot, moodOf } from "../mascot.js";
import { bump } from "../motion.js";
import * as paces from "../pace.js";
import { TOP_GUESSES } from "../protocol.js";
import { text } from "../strings.js";
import { spoken } from "./spoken.js";

const MOSTLY = 0.95;

/**
 * @typedef {Pick<import("../room-view.js").RoomView, "thought" | "guess" | "prompt">} Seen
 *
 * @typedef {object} Machine
 * @property {HTMLElement} element
 * @property {(seen: Seen) => void} update
 * @property {(x: number, y: number) => void} look
 * @property {(now: number) => void} asked there is ink that it has not said anything about
 * @property {() => void} rest nobody waits for it any more
 * @property {(now: number) => void} tick
 */

/** @returns {Machine} */
export function createMachine() {
  const mascot = createMascot();
  const words = h("span");
  const thought = h("p", { class: "bubble", testid: "thought", role: "status" }, words);
  const latency = h("small", { class: "latency", testid: "latency" });
  const busy = h("p", { class: "busy", role: "status", testid: "busy" });
  const rows = Array.from({ length: TOP_GUESSES }, createRow);
  /** @type {import("../thoughts.js").Thought | null} */
  let said = null;
  /** @type {import("../messages.js").Guess | null | undefined} */
  let shown;
  let pace = paces.UNKNOWN;
  return {
    element: h(
      "section",
      { class: "machine", "aria-label": text.round.guesses },
      h("div", { class: "speaker" }, mascot.element, thought),
      h("ol", { class: "guesses", testid: "guesses" }, ...rows.map((row) => row.element)),
      busy,
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
      pace = shown ? paces.answered(pace, shown.ms, performance.now()) : paces.settled(pace);
      rows.forEach((row, index) => row.show(shown?.top[index], view.prompt?.category));
      say(latency, shown ? text.round.latency(paces.within(pace, 0.5), paces.within(pace, MOSTLY)) : "");
    },
    look: mascot.look,
    asked(now) {
      pace = paces.asked(pace, now);
    },
    rest() {
      pace = paces.settled(pace);
    },
    tick(now) {
      if (said?.kind === "knows" || said?.kind === "missed") pace = paces.settled(pace);
      say(busy, paces.isBusy(pace, now) ? text.round.busy : "");
    },
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
