/** The way out for good: the server forgets who this is, and so does the browser. */

import { eraseMe } from "../api.js";
import { h, replace } from "../dom.js";
import { ROOT } from "../root.js";
import { text } from "../strings.js";
import { toast } from "../toast.js";
import { sentenceFor } from "./failure.js";

export function createFarewell() {
  const words = text.comfort.farewell;
  const button = h("button", { class: "button", testid: "erase-me", onclick: erase }, words.erase);
  const inside = h("div", {}, h("p", {}, words.help), button);
  const element = h("details", { class: "farewell", testid: "farewell" }, h("summary", {}, words.title), inside);

  async function erase() {
    if (!confirm(words.sure)) return;
    button.disabled = true;
    try {
      await eraseMe();
      const home = h("a", { class: "button", href: ROOT }, text.errors.home);
      replace(inside, h("p", { role: "status" }, words.done), home);
      home.focus();
    } catch (error) {
      button.disabled = false;
      toast(sentenceFor(error));
    }
  }
  return element;
}
