/** What the other hand does: undo, redo, eraser, clear, and how the page suits its owner. */

import { icon } from "../art.js";
import { h } from "../dom.js";
import { prefer, preferences } from "../preferences.js";
import { actOf } from "../shortcuts.js";
import { text } from "../strings.js";
import { comfortButton, openComfort } from "./comfort-button.js";

/**
 * @typedef {"undo" | "redo" | "clear" | "eraser"} Tool
 * @typedef {object} Toolbox
 * @property {HTMLElement} element
 * @property {(can: Record<Tool, boolean>, erases: boolean) => void} update
 * @property {() => void} destroy
 */

/**
 * @param {(tool: Tool) => void} use
 * @returns {Toolbox}
 */
export function createTools(use) {
  const buttons = {
    undo: tool("undo", text.round.undo, text.round.undoHint),
    redo: tool("redo", text.round.redo, text.round.redoHint),
    eraser: tool("eraser", text.round.eraser, text.round.eraserHint),
    clear: tool("clear", text.round.clear, text.round.clearHint),
  };
  const comfort = comfortButton();
  const element = h(
    "div",
    { class: "tools", role: "toolbar", "aria-label": text.round.tools },
    ...Object.values(buttons),
    comfort.element,
  );

  /** @param {Tool} name @param {string} label @param {string} hint */
  function tool(name, label, hint) {
    return h(
      "button",
      { class: "button tool", testid: name, title: hint, "aria-label": label, onclick: () => use(name) },
      icon(name),
      h("span", { class: "label", "aria-hidden": "true" }, label),
    );
  }

  /** @param {KeyboardEvent} event */
  function shortcut(event) {
    const { target } = event;
    const isTyping = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
    const act = isTyping || document.querySelector("dialog[open]") ? null : actOf(event, preferences().keys);
    if (!act) return;
    event.preventDefault();
    if (act === "help") openComfort();
    else if (act === "mute") prefer({ muted: !preferences().muted });
    else buttons[act].click(); // not at all when it is disabled
  }
  addEventListener("keydown", shortcut);

  return {
    element,
    update(can, erases) {
      for (const name of /** @type {Tool[]} */ (Object.keys(buttons))) buttons[name].disabled = !can[name];
      buttons.eraser.setAttribute("aria-pressed", String(erases));
    },
    destroy() {
      removeEventListener("keydown", shortcut);
      comfort.destroy();
    },
  };
}
