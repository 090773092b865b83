/** What a guess means in the player's language: the server knows English names only. */

import { categories } from "./api.js";
import { text } from "./strings.js";
import { vocabulary } from "./vocabulary.js";

/** What the server knows, asked for once; again only after that failed. @type {ReturnType<typeof categories> | null} */
let asked = null;

function fetched() {
  asked ??= categories().catch((error) => {
    asked = null;
    throw error;
  });
  return asked;
}

/**
 * @typedef {{category: string | null, nearly: string | null}} Meaning
 *
 * @returns {(written: string) => Promise<Meaning>} English needs no dictionary; while there is none,
 *   each guess asks for it, and is sent as it was typed when that fails
 */
export function language() {
  /** @type {ReturnType<typeof vocabulary> | null} */
  let known = null;
  const needsOne = text.tag !== "en";
  if (needsOne) learn();

  async function learn() {
    try {
      const all = await fetched();
      known = vocabulary(all.map(({ name, level }) => ({ name, level, shown: text.category(name) })), text.named);
    } catch {
      // The next guess asks again.
    }
  }

  return async (written) => {
    if (needsOne && !known) await learn();
    return known?.means(written) ?? { category: null, nearly: null };
  };
}
