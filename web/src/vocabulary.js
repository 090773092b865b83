/**
 * What the machine knows, as people write it: in their language or in English, with or without
 * accents, an article or a plural, and now and then with a typing mistake.
 */

const SUGGESTED = 3;
const GUESSED = 60; // letters of a guess
const SHORT = 3;
const LONG = 7;

/**
 * @typedef {object} Word
 * @property {string} name the category, as the server calls it
 * @property {string} shown the same, as this player reads it
 * @property {import("./messages.js").Level} level
 *
 * @typedef {object} List
 * @property {Word[]} words what is known of it, each once
 * @property {{written: string, meant: Word[]}[]} unknown the rest, with what may have been meant
 */

/**
 * Accents, capitals, hyphens and apostrophes make no difference.
 * @param {string} written
 */
export const plain = (written) =>
  written
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/ß/g, "ss")
    .replace(/œ/g, "oe")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/**
 * @param {Word[]} words
 * @param {(name: string) => string} named a category with its article, in the player's language
 */
export function vocabulary(words, named) {
  /** @type {Map<string, Word>} */
  const known = new Map();
  const spellings = words.map((word) => ({ word, plain: [...new Set([plain(word.shown), plain(word.name)])] }));
  for (const word of words) known.set(plain(word.name), word);
  for (const word of words) known.set(plain(named(word.name)), word);
  for (const word of words) known.set(plain(word.shown), word); // what is read wins over English

  /** What looks like an article, or the ending of a plural, is forgiven. @param {string} written @returns {Word | undefined} */
  const find = (written) => {
    const asked = plain(written);
    const forms = [asked, asked.replace(/^\p{L}{1,3} /u, ""), asked.replace(/es$/, ""), asked.replace(/s$/, "")];
    return forms.map((form) => known.get(form)).find(Boolean);
  };

  /** Part of a name, or a slip of the keys; short names leave nothing to get wrong. @param {string} written */
  function almost(written) {
    const asked = plain(written).slice(0, GUESSED);
    const said = ` ${asked} `;
    const held = spellings.find(({ plain: forms }) => forms.some((form) => said.includes(` ${form} `)));
    const part = spellings.find(({ plain: forms }) => asked.length > SHORT && forms.some((form) => ` ${form} `.includes(said)));
    const slip = spellings.find(({ plain: forms }) =>
      forms.some((form) => form.length > SHORT && distance(asked, form) <= (form.length > LONG ? 2 : 1)),
    );
    return (held ?? part ?? slip)?.word;
  }

  return {
    words,

    /**
     * What somebody guesses, as the server calls it; otherwise what they nearly guess.
     * @param {string} written
     * @returns {{category: string | null, nearly: string | null}}
     */
    means(written) {
      const word = find(written);
      return { category: word?.name ?? null, nearly: word ? null : (almost(written)?.name ?? null) };
    },

    /**
     * Those with the letters of `typed` in them, the ones that begin with it first.
     * @param {string} typed
     */
    search(typed) {
      const asked = plain(typed);
      const rank = (/** @type {string[]} */ forms) =>
        forms.some((form) => form.startsWith(asked)) ? 0 : forms.some((form) => form.includes(asked)) ? 1 : 2;
      return spellings
        .map(({ word, plain: forms }) => ({ word, rank: rank(forms) }))
        .filter(({ rank }) => rank < 2)
        .sort((a, b) => a.rank - b.rank)
        .map(({ word }) => word);
    },

    /**
     * @param {string} written lines, or items between commas or semicolons
     * @returns {List}
     */
    read(written) {
      const items = written.split(/[\n,;]+/).map((item) => item.trim()).filter((item) => plain(item));
      const found = new Set();
      /** @type {List["unknown"]} */
      const unknown = [];
      for (const item of items) {
        const word = find(item);
        if (word) found.add(word);
        else if (unknown.every(({ written }) => written !== item)) unknown.push({ written: item, meant: nearest(item) });
      }
      return { words: [...found], unknown };
    },
  };

  /** @param {string} written */
  function nearest(written) {
    const asked = plain(written).slice(0, 40);
    const allowed = Math.max(1, Math.floor(asked.length / 3));
    return spellings
      .map(({ word, plain: forms }) => ({ word, far: Math.min(...forms.map((form) => distance(asked, form))) }))
      .filter(({ far }) => far <= allowed)
      .sort((a, b) => a.far - b.far)
      .slice(0, SUGGESTED)
      .map(({ word }) => word);
  }
}

/**
 * Letters to change, add, drop or swap with a neighbour to make `b` of `a`.
 * @param {string} a
 * @param {string} b
 */
export function distance(a, b) {
  /** @type {number[][]} */
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const above = /** @type {number[]} */ (rows[i - 1]);
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const differs = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(at(above, j) + 1, at(row, j - 1) + 1, at(above, j - 1) + differs);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, at(/** @type {number[]} */ (rows[i - 2]), j - 2) + 1);
      }
      row.push(best);
    }
    rows.push(row);
  }
  return at(/** @type {number[]} */ (rows[a.length]), b.length);
}

/** @param {number[]} row @param {number} column */
const at = (row, column) => /** @type {number} */ (row[column]);
