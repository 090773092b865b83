/** Games to choose with one tap. */

import { h } from "../dom.js";
import { PRESETS, presetOf, withPreset } from "../presets.js";
import { text } from "../strings.js";

/** @typedef {import("../messages.js").Settings} Settings */

/**
 * @param {(change: Partial<Settings>) => void} change
 * @returns {import("./rules.js").Control}
 */
export function createPresets(change) {
  const names = /** @type {import("../presets.js").Preset[]} */ (Object.keys(PRESETS));
  /** @type {Settings | null} */
  let current = null;
  const buttons = names.map((name) => {
    const [title, about] = text.settings.preset[name];
    const pick = () => current && change(withPreset(current, name));
    return h(
      "button",
      { class: "button door preset", testid: `preset-${name}`, onclick: pick },
      h("b", {}, title ?? ""),
      h("small", {}, about ?? ""),
    );
  });
  return {
    element: h(
      "div",
      { class: "presets", role: "group", "aria-label": text.settings.presets },
      h("h3", {}, text.settings.presets),
      ...buttons,
    ),
    show(settings) {
      current = settings;
      const played = presetOf(settings);
      names.forEach((name, index) => buttons[index]?.setAttribute("aria-pressed", String(name === played)));
    },
  };
}
