/** A link to send: with the device's own way of sharing, else on the clipboard. */

import { text } from "./strings.js";
import { toast } from "./toast.js";

export const canShare = () => typeof navigator.share === "function";

/**
 * @param {string} url
 * @param {string} said what goes with it
 */
export const share = (url, said) =>
  navigator.share({ title: text.name, text: said, url }).catch(() => {}); // closing the sheet is no error

/** @param {string} url */
export async function copy(url) {
  try {
    await navigator.clipboard.writeText(url);
    toast(text.lobby.copied);
  } catch {
    prompt(text.lobby.copy, url); // no clipboard without a secure page: let the person copy
  }
}
