/** What a guess means in the player's language: the server knows English names only. */

import { categories } from "./api.js";
import { text } from "./strings.js";
import { vocabulary } from "./vocabulary.js";

/**
 * @typedef {{category: string | null, nearly: string | null}} Meaning
 *
 * @returns {(written: string) => Meaning} English needs no dictionary, and until there is one a
 *   guess is sent as it was typed
 */
export function language() {
  /** @type {ReturnType<typeof vocabulary> | null} */
  let known = null;
  if (text.tag !== "en") learn();

  async function learn() {
    const all = await categories().catch(() => []);
    if (!all.length) return;
    known = vocabulary(all.map(({ name, level }) => ({ name, level, shown: text.category(name) })), text.named);
  }

  return (written) => known?.means(written) ?? { category: null, nearly: null };
}
