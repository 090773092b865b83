/** Short notices over the page. */

import { h } from "./dom.js";

const SHOWN_MS = 4_500;
const AT_ONCE = 3;

const shelf = h("div", { class: "toasts", role: "status", testid: "toast" });

/** @param {HTMLElement} page */
export const mountToasts = (page) => page.append(shelf);

/** @param {string} sentence */
export function toast(sentence) {
  if (!sentence) return;
  for (const old of shelf.children) if (old.textContent === sentence) old.remove();
  const note = h("p", { class: "toast" }, sentence);
  shelf.append(note);
  while (shelf.children.length > AT_ONCE) shelf.firstElementChild?.remove();
  setTimeout(() => note.remove(), SHOWN_MS);
}
