/** The host's settings, in plain words. Every change is sent at once; the server's word counts. */

import { h, say } from "../dom.js";
import { BOUNDS, MAX_SEATS, TURNS_EACH } from "../protocol.js";
import { text } from "../strings.js";
import { createDeckList } from "./deck-list.js";
import { createMode } from "./mode.js";
import { createPresets } from "./preset-buttons.js";

const TYPED_MS = 250; // wait until somebody has finished typing a number

/**
 * @typedef {import("../messages.js").Settings} Settings
 * @typedef {{element: HTMLElement, show: (settings: Settings) => void}} Control
 * @typedef {{element: HTMLElement, update: (settings: Settings, deckSize: number) => void}} Rules
 */

/**
 * @param {(settings: Settings) => void} send
 * @returns {Rules}
 */
export function createRules(send) {
  /** @type {Settings | null} */
  let current = null;
  /** @param {Partial<Settings>} change */
  const change = (change) => {
    if (!current) return;
    current = { ...current, ...change };
    send(current);
  };
  const deckSize = h("small");
  const list = createDeckList((custom) => change({ custom }));
  const prompt = choice("prompt", text.settings.prompt, change, [
    ["own", text.settings.promptOwn, text.settings.promptOwnHelp],
    ["same", text.settings.promptSame, text.settings.promptSameHelp],
  ]);
  const controls = [
    createPresets(change),
    h("h3", {}, text.settings.details),
    createMode(change),
    stepper("rounds", text.settings.rounds, text.settings.roundsHelp, BOUNDS.rounds, 1, change),
    stepper("seconds", text.settings.seconds, text.settings.secondsHelp, BOUNDS.seconds, 5, change),
    stepper("players", text.settings.players, text.settings.playersHelp, { low: 2, high: MAX_SEATS }, 1, change),
    levels(change, deckSize),
    list,
    prompt,
    strictness(change),
    choice("guess_among", text.settings.among, change, [
      ["all", text.settings.amongAll, text.settings.amongAllHelp],
      ["deck", text.settings.amongDeck, text.settings.amongDeckHelp],
    ]),
    openness(change),
  ];
  return {
    element: h(
      "div",
      { class: "controls", testid: "rules" },
      ...controls.map((control) => (control instanceof Element ? control : control.element)),
    ),
    update(settings, size) {
      current = settings;
      say(deckSize, text.settings.deckSize(size));
      prompt.element.hidden = settings.mode === "pictionary"; // one draws
      for (const control of controls) if ("show" in control) control.show(settings);
    },
  };
}

/**
 * @param {"rounds" | "seconds" | "players"} key
 * @param {string} label
 * @param {string} help
 * @param {{low: number, high: number}} bounds
 * @param {number} step
 * @param {(change: Partial<Settings>) => void} change
 * @returns {Control}
 */
function stepper(key, label, help, { low, high }, step, change) {
  const id = `setting-${key}`;
  let value = low;
  let most = high;
  let timer = 0;
  const about = h("small", { id: `${id}-help` }, help);
  /** @param {number} wanted */
  function set(wanted) {
    clearTimeout(timer);
    const next = Math.max(low, Math.min(most, Math.round(wanted) || low));
    input.value = String(next);
    if (next === value) return;
    value = next;
    change({ [key]: next });
  }
  const input = h("input", {
    id,
    testid: id,
    "aria-describedby": `${id}-help`,
    type: "number",
    inputmode: "numeric",
    min: low,
    max: high,
    oninput: () => {
      clearTimeout(timer);
      timer = setTimeout(() => input.value && set(input.valueAsNumber), TYPED_MS);
    },
    onchange: () => set(input.valueAsNumber),
  });
  const less = () => set(value - step);
  const more = () => set(value + step);
  return {
    element: h(
      "div",
      { class: "stepper" },
      h("div", {}, h("label", { for: id }, label), about),
      h(
        "div",
        { class: "number" },
        h("button", { class: "button", "aria-label": `${label}: ${text.settings.less}`, onclick: less }, "−"),
        input,
        h("button", { class: "button", "aria-label": `${label}: ${text.settings.more}`, onclick: more }, "+"),
      ),
    ),
    show(settings) {
      value = settings[key];
      if (key === "rounds") {
        const isRace = settings.mode === "race";
        say(about, isRace ? help : text.settings.turnsHelp);
        most = isRace ? high : TURNS_EACH;
        input.max = String(most);
      }
      if (document.activeElement !== input) input.value = String(value);
    },
  };
}

/**
 * @param {(change: Partial<Settings>) => void} change
 * @param {HTMLElement} size
 * @returns {Control}
 */
function levels(change, size) {
  const names = /** @type {import("../messages.js").Level[]} */ (Object.keys(text.settings.levels));
  const boxes = names.map((level) => h("input", { type: "checkbox", value: level, onchange: pick }));
  /** @param {{target: HTMLInputElement}} event */
  function pick({ target }) {
    const deck = names.filter((_, index) => boxes[index]?.checked);
    if (deck.length) change({ deck, custom: [] });
    else target.checked = true; // there must be something to draw
  }
  const chips = names.map((level, index) =>
    h("label", { class: "chip" }, /** @type {Node} */ (boxes[index]), h("span", {}, text.settings.levels[level])),
  );
  return {
    element: h(
      "fieldset",
      {},
      h("legend", {}, text.settings.deck, " ", size),
      h("small", { class: "help" }, text.settings.deckHelp),
      h("div", { class: "chips" }, ...chips),
    ),
    show(settings) {
      names.forEach((level, index) => {
        const box = /** @type {HTMLInputElement} */ (boxes[index]);
        box.checked = !settings.custom.length && settings.deck.includes(level);
      });
    },
  };
}

/**
 * @param {"prompt" | "guess_among"} key
 * @param {string} label
 * @param {(change: Partial<Settings>) => void} change
 * @param {[string, string, string][]} options value, name and help
 * @returns {Control}
 */
function choice(key, label, change, options) {
  const radios = options.map(([value]) =>
    h("input", {
      type: "radio",
      name: key,
      value,
      onchange: () => change(/** @type {Partial<Settings>} */ ({ [key]: value })),
    }),
  );
  const help = h("small", { class: "help" });
  return {
    element: h(
      "fieldset",
      {},
      h("legend", {}, label),
      h(
        "div",
        { class: "chips" },
        ...options.map(([, name], index) =>
          h("label", { class: "chip" }, /** @type {Node} */ (radios[index]), h("span", {}, name)),
        ),
      ),
      help,
    ),
    show(settings) {
      options.forEach(([value, , about], index) => {
        const radio = /** @type {HTMLInputElement} */ (radios[index]);
        radio.checked = settings[key] === value;
        if (radio.checked) say(help, about);
      });
    },
  };
}

/**
 * @param {(change: Partial<Settings>) => void} change
 * @returns {Control}
 */
function strictness(change) {
  const known = /** @type {[number, string][]} */ (text.settings.strictness);
  const select = h(
    "select",
    { id: "strict", "aria-describedby": "strict-help", onchange: () => change({ confidence: Number(select.value) }) },
    ...known.map(([value, name]) => h("option", { value }, name)),
  );
  return {
    element: h(
      "div",
      { class: "field inline" },
      h("label", { for: "strict" }, text.settings.strict),
      select,
      h("small", { id: "strict-help" }, text.settings.strictHelp),
    ),
    show(settings) {
      const [nearest] = known.toSorted(
        ([a], [b]) => Math.abs(a - settings.confidence) - Math.abs(b - settings.confidence),
      );
      select.value = String(nearest?.[0]);
    },
  };
}

/**
 * @param {(change: Partial<Settings>) => void} change
 * @returns {Control}
 */
function openness(change) {
  const box = h("input", { type: "checkbox", onchange: () => change({ public: box.checked }) });
  return {
    element: h(
      "label",
      { class: "switch" },
      box,
      h("span", {}, text.settings.public, h("small", {}, text.settings.publicHelp)),
    ),
    show(settings) {
      box.checked = settings.public;
    },
  };
}
