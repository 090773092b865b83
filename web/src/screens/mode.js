/** Which game is played, and what the rest of the settings then means. */

import { h, say } from "../dom.js";
import { TURNS_EACH } from "../protocol.js";
import { text } from "../strings.js";

/**
 * @param {(change: Partial<import("../messages.js").Settings>) => void} change
 * @returns {import("./rules.js").Control}
 */
export function createMode(change) {
  const help = h("small", { class: "help" });
  let rounds = 1;
  const modes = /** @type {const} */ (["race", "pictionary"]);
  const radios = modes.map((mode) =>
    h("input", {
      type: "radio",
      name: "mode",
      value: mode,
      testid: `mode-${mode}`,
      onchange: () => change(mode === "race" ? { mode } : { mode, rounds: Math.min(rounds, TURNS_EACH) }),
    }),
  );
  const chips = modes.map((mode, index) =>
    h("label", { class: "chip" }, /** @type {Node} */ (radios[index]), h("span", {}, text.settings.modes[mode])),
  );
  return {
    element: h("fieldset", {}, h("legend", {}, text.settings.mode), h("div", { class: "chips" }, ...chips), help),
    show(settings) {
      rounds = settings.rounds;
      radios.forEach((radio, index) => (radio.checked = modes[index] === settings.mode));
      say(help, text.settings.modesHelp[settings.mode]);
    },
  };
}
