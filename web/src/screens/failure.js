/** What went wrong, in a sentence; and the screen for what ended a stay in a room, with the way on. */

import { ApiError } from "../api.js";
import { h } from "../dom.js";
import { createMascot } from "../mascot.js";
import { Close } from "../protocol.js";
import { text } from "../strings.js";

/**
 * @param {string} sentence
 * @param {number} code the close code
 * @param {() => void} again
 * @param {() => void} home
 * @returns {import("./screen.js").Screen}
 */
export function createFailure(sentence, code, again, home) {
  const mascot = createMascot();
  mascot.feel("sad");
  const element = h(
    "section",
    { class: "failure sheet" },
    mascot.element,
    h("h1", {}, text.errors.title),
    h("p", {}, sentence),
    h(
      "p",
      { class: "row" },
      code === Close.REPLACED &&
        h("button", { class: "button", onclick: again }, text.errors.again),
      h("button", { class: "button primary", onclick: home }, text.errors.home),
    ),
  );
  return { element };
}

/** @param {unknown} error */
export function sentenceFor(error) {
  if (!(error instanceof ApiError)) throw error;
  const translated = text.errors.refused[error.code];
  if (translated || error.message) return translated ?? error.message;
  if (error.status === 404) return text.errors.noRoom;
  return error.status ? text.errors.unexpected : text.errors.offline;
}
