/** The host's own list of things to draw: found and tapped, written, or pasted. */

import * as api from "../api.js";
import { h, keyed, replace, say } from "../dom.js";
import { MIN_DECK } from "../protocol.js";
import { text } from "../strings.js";
import { vocabulary } from "../vocabulary.js";

const SHOWN = 24;

/** @typedef {import("../vocabulary.js").Word} Word */

/**
 * @param {(custom: string[]) => void} use
 * @returns {import("./rules.js").Control}
 */
export function createDeckList(use) {
  /** @type {ReturnType<typeof vocabulary> | null} */
  let known = null;
  let used = ""; // the list the room plays, to show it once and again when it changes
  const search = h("input", {
    id: "find",
    type: "search",
    testid: "deck-search",
    autocomplete: "off",
    placeholder: text.deck.search,
    "aria-label": text.deck.search,
    "aria-describedby": "found",
    oninput: showFound,
  });
  const found = h("div", { class: "chips found" });
  const count = h("small", { id: "found", role: "status" });
  const words = h("textarea", { id: "custom", rows: 6, spellcheck: "false", autocomplete: "off", oninput: check });
  const size = h("small", { role: "status", testid: "deck-size" });
  const problems = h("ul", { class: "problems", testid: "deck-problems" });
  const state = h("small", { role: "status" });
  const stop = h("button", { class: "button", onclick: () => use([]) }, text.deck.stop);
  const save = h("button", { class: "button primary", testid: "deck-use", onclick: play }, text.deck.use);
  const element = h(
    "details",
    { class: "deck", testid: "deck", ontoggle: () => learn() },
    h("summary", {}, text.deck.title, " ", state),
    h(
      "div",
      {},
      h("p", { class: "help" }, text.deck.help),
      search,
      found,
      count,
      h("label", { for: "custom" }, text.deck.list),
      words,
      size,
      problems,
      h("div", { class: "row" }, save, stop, h("button", { class: "link", onclick: empty }, text.deck.empty)),
    ),
  );

  async function learn() {
    if (!element.open || known) return;
    const all = await api.categories().catch(() => []);
    if (!all.length) return;
    const spoken = all.map(({ name, level }) => ({ name, level, shown: text.category(name) }));
    spoken.sort((a, b) => a.shown.localeCompare(b.shown, text.tag));
    known = vocabulary(spoken, text.named);
    if (used && !words.value) words.value = used;
    words.value = words.value.split("\n").map(inOwnWords).join("\n");
    check();
    showFound();
  }

  /** @param {string} line a category as the server calls it, or what somebody wrote */
  const inOwnWords = (line) => known?.words.find(({ name }) => name === line)?.shown ?? line;

  const listed = () => known?.read(words.value) ?? { words: [], unknown: [] };

  function showFound() {
    if (!known) return;
    const all = known.search(search.value);
    const chosen = new Set(listed().words);
    keyed(found, all.slice(0, SHOWN), (word) => word.name, chip, (button, word) => {
      button.setAttribute("aria-pressed", String(chosen.has(word)));
    });
    say(count, all.length ? text.deck.found(all.length, Math.min(all.length, SHOWN)) : text.deck.nothing);
  }

  /** @param {Word} word */
  function chip(word) {
    const level = text.settings.levels[word.level];
    return h(
      "button",
      { class: `pick ${word.level}`, title: level, onclick: () => toggle(word) },
      word.shown,
      h("span", { class: "unseen" }, ` (${level})`),
    );
  }

  /** @param {Word} word */
  function toggle(word) {
    const { words: chosen, unknown } = listed();
    const next = chosen.includes(word) ? chosen.filter((other) => other !== word) : [...chosen, word];
    write([...next.map(({ shown }) => shown), ...unknown.map(({ written }) => written)]);
  }

  /** @param {string[]} lines */
  function write(lines) {
    words.value = lines.join("\n");
    check();
    showFound();
  }

  function empty() {
    write([]);
    words.focus();
  }

  /** Says how far the list has come, and what of it is not understood. */
  function check() {
    if (!known) return;
    const { words: chosen, unknown } = listed();
    say(size, text.deck.size(chosen.length, MIN_DECK));
    replace(problems, ...unknown.map((problem) => h("li", {}, ...repair(problem))));
    showFound();
  }

  /** @param {import("../vocabulary.js").List["unknown"][number]} problem */
  function repair({ written, meant }) {
    const put = (/** @type {string[]} */ instead) => {
      const { words: chosen, unknown } = listed();
      const rest = unknown.map((other) => other.written).filter((other) => other !== written);
      write([...chosen.map(({ shown }) => shown), ...instead, ...rest]);
      words.focus();
    };
    return [
      h("span", {}, text.deck.unknown(written)),
      ...(meant.length ? [" ", h("span", {}, text.deck.meant)] : []),
      ...meant.map(({ shown }) => h("button", { class: "pick", onclick: () => put([shown]) }, shown)),
      h(
        "button",
        { class: "link", onclick: () => put([]) },
        text.deck.drop,
        h("span", { class: "unseen" }, ` (${written})`),
      ),
    ];
  }

  function play() {
    const { words: chosen, unknown } = listed();
    // Before the categories have come, the server judges the lines as they are.
    const names = known ? chosen.map(({ name }) => name) : words.value.split("\n").filter(Boolean);
    if (unknown.length || names.length < MIN_DECK) {
      check();
      words.focus();
      return;
    }
    use(names);
  }

  return {
    element,
    show(settings) {
      const isUsed = settings.custom.length >= MIN_DECK;
      say(state, isUsed ? text.deck.inUse : "");
      stop.hidden = !isUsed;
      const next = settings.custom.join("\n");
      if (next === used) return;
      used = next;
      if (isUsed && document.activeElement !== words) write(settings.custom.map(inOwnWords));
    },
  };
}
