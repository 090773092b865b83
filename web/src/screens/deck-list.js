/** The host's own list of things to draw, with a search over what the machine knows. */

import * as api from "../api.js";
import { h, replace, say } from "../dom.js";
import { MIN_DECK } from "../protocol.js";
import { text } from "../strings.js";

/**
 * @param {(custom: string[]) => void} use
 * @returns {import("./rules.js").Control}
 */
export function createDeckList(use) {
  const words = h("textarea", { id: "custom", rows: 6, spellcheck: "false" });
  const known = h("datalist", { id: "known" });
  const search = h("input", {
    list: "known",
    placeholder: text.settings.search,
    "aria-label": text.settings.search,
    onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && add(),
  });
  const state = h("small", { role: "status" });
  const element = h(
    "details",
    { class: "deck", ontoggle: () => learn() },
    h("summary", {}, text.settings.custom, " ", state),
    h("label", { class: "help", for: "custom" }, text.settings.customHelp),
    words,
    h(
      "div",
      { class: "row" },
      search,
      known,
      h("button", { class: "button", onclick: add }, text.settings.add),
      h("button", { class: "button", onclick: () => use(listed()) }, text.settings.save),
    ),
  );
  const listed = () => [...new Set(words.value.split("\n").map((line) => line.trim()).filter(Boolean))];

  function add() {
    const word = search.value.trim();
    if (word) words.value = [...listed(), word].join("\n");
    search.value = "";
  }

  async function learn() {
    if (!element.open || known.childElementCount) return;
    const all = await api.categories().catch(() => []);
    replace(known, ...all.map(({ name }) => h("option", { value: name })));
  }

  return {
    element,
    show(settings) {
      const isUsed = settings.custom.length >= MIN_DECK;
      say(state, isUsed ? text.settings.saved : "");
      if (isUsed && document.activeElement !== words) words.value = settings.custom.join("\n");
    },
  };
}
