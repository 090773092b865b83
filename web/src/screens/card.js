/** One drawing of a finished round on a card: drawn again, with what the machine made of it. */

import { h } from "../dom.js";
import { text } from "../strings.js";
import { blot } from "./blot.js";
import { createKeep } from "./keep.js";
import { createStage } from "./stage.js";

const ALTERNATIVES = 3;
const LEAST = 0.005; // less reads as 0 %

/**
 * @typedef {import("../messages.js").DrawingView} DrawingView
 *
 * @param {DrawingView} drawing
 * @param {import("../ink.js").Drawing} ink
 * @param {number} total length of the round in ms
 * @param {number} needed how sure the machine had to be
 * @param {HTMLElement | null} [note] for whoever should know more
 * @returns {{element: HTMLLIElement, stage: import("./stage.js").Stage}}
 */
export function createCard(drawing, ink, total, needed, note = null) {
  const stage = createStage(drawing, ink, total, needed);
  const isMatched = drawing.matched_ms !== null;
  const verdict =
    drawing.matched_ms === null ? text.reveal.missed : text.reveal.matched(drawing.matched_ms);
  const keepsake = () => ({
    ink,
    giveaway: drawing.giveaway,
    title: text.category(drawing.category),
    note: text.reveal.note(drawing.name, verdict),
  });
  const element = h(
    "li",
    { class: `sheet ${isMatched ? "matched" : "missed"}` },
    stage.sheet,
    h(
      "div",
      { class: "about" },
      h("h2", {}, text.category(drawing.category)),
      h("p", { class: "by" }, blot(drawing), drawing.name),
      note,
      h("p", { class: "verdict" }, drawing.points > 0 && h("b", {}, text.round.won(drawing.points), " "), verdict),
      drawing.giveaway !== null && h("p", { class: "gave" }, text.reveal.giveaway),
    ),
    stage.graph,
    alternatives(drawing),
    createKeep(keepsake),
  );
  return { element, stage };
}

/**
 * What else, or what instead, it saw.
 * @param {DrawingView} drawing
 */
function alternatives({ top, category }) {
  if (!top.length) return h("p", { class: "soft" }, text.reveal.blank);
  const others = top.filter((guess) => guess.category !== category && guess.p >= LEAST).slice(0, ALTERNATIVES);
  if (!others.length) return null;
  return h(
    "div",
    { class: "instead" },
    h("h3", {}, top[0]?.category === category ? text.reveal.also : text.reveal.instead),
    h(
      "ol",
      {},
      ...others.map((guess) => {
        const bar = h("i", { class: "fill" });
        bar.style.transform = `scaleX(${guess.p})`;
        return h(
          "li",
          {},
          bar,
          h("span", { class: "what" }, text.category(guess.category)),
          h("span", { class: "share" }, text.percent(guess.p)),
        );
      }),
    ),
  );
}
