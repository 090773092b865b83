/** Which key does what while drawing. */

/** @typedef {"undo" | "redo" | "clear" | "eraser" | "mute" | "help"} Act */

/** For the list that "?" shows. @type {[Act, string[]][]} */
export const KEYS = [
  ["undo", ["Ctrl", "Z"]],
  ["redo", ["Ctrl", "Shift", "Z"]],
  ["eraser", ["E"]],
  ["clear", ["Del"]],
  ["mute", ["M"]],
  ["help", ["?"]],
];

/** @type {Record<string, Act>} */
const PLAIN = { delete: "clear", e: "eraser", m: "mute", "?": "help" };

/**
 * @param {Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">} event
 * @param {boolean} hasKeys single keys are wanted; those with Ctrl always work
 * @returns {Act | null}
 */
export function actOf({ key, ctrlKey, metaKey, altKey, shiftKey }, hasKeys) {
  if (altKey) return null;
  const pressed = key.toLowerCase();
  if (!ctrlKey && !metaKey) return hasKeys ? (PLAIN[pressed] ?? null) : null;
  if (pressed === "z") return shiftKey ? "redo" : "undo";
  return pressed === "y" && !shiftKey ? "redo" : null;
}
