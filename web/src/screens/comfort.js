/** How the page suits its owner: sounds, a voice, the hand, and which keys do what. */

import { knownPlayer } from "../api.js";
import { icon } from "../art.js";
import { h } from "../dom.js";
import { prefer, preferences, whenPreferred } from "../preferences.js";
import { KEYS } from "../shortcuts.js";
import { play } from "../sounds.js";
import { text } from "../strings.js";
import { learningSwitch } from "./learning-switch.js";
import { createFarewell } from "./farewell.js";

const STEPS = 10;

/** @type {HTMLDialogElement | null} */
let open = null;

export function showComfort() {
  if (open) return;
  const words = text.comfort;
  const volume = h("input", {
    type: "range",
    id: "volume",
    testid: "volume",
    min: 0,
    max: STEPS,
    oninput: () => prefer({ volume: volume.valueAsNumber / STEPS, muted: false }),
    onchange: () => play("match"),
  });
  const voice = "speechSynthesis" in globalThis;
  const dialog = h(
    "dialog",
    {
      class: "comfort",
      testid: "comfort-panel",
      "aria-labelledby": "comfort-title",
      onclick: (/** @type {MouseEvent} */ event) => event.target === dialog && dialog.close(),
      onclose: close,
    },
    h(
      "header",
      { class: "top" },
      h("h2", { id: "comfort-title" }, words.title),
      h("button", { class: "icon-button", "aria-label": text.round.close, onclick: () => dialog.close() }, icon("close")),
    ),
    toggle("muted", words.sounds, "", true),
    h("label", { class: "volume", for: "volume" }, words.volume, volume),
    voice && toggle("voice", words.voice, words.voiceHelp),
    toggle("left", words.left, words.leftHelp),
    toggle("keys", words.keys, words.keysHelp),
    learningSwitch(),
    h(
      "dl",
      { class: "keys" },
      ...KEYS.flatMap(([act, keys]) => [
        h("dt", {}, words.acts[act]),
        h("dd", {}, ...keys.map((key) => h("kbd", {}, key))),
      ]),
    ),
    knownPlayer() && createFarewell(),
  );
  const stop = whenPreferred((now) => {
    volume.value = String(Math.round(now.volume * STEPS));
    volume.disabled = now.muted;
  });
  function close() {
    stop();
    dialog.remove();
    open = null;
  }
  open = dialog;
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * @param {"muted" | "voice" | "left" | "keys"} name
 * @param {string} label
 * @param {string} help
 * @param {boolean} [isInverse] the switch is on when the preference is off
 */
function toggle(name, label, help, isInverse = false) {
  const box = h("input", {
    type: "checkbox",
    role: "switch",
    testid: `prefer-${name}`,
    onchange: () => prefer({ [name]: box.checked !== isInverse }),
  });
  box.checked = preferences()[name] !== isInverse;
  return h("label", { class: "switch" }, box, h("span", {}, label, help && h("small", {}, help)));
}
