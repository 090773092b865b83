/** What every language needs to make a sentence: its numbers, its plurals, and emphasis. */

/** @typedef {string | {strong: string}} Part a piece of a sentence, some of it said with emphasis */

/** @param {string} tag what the language is called: "en", "de" … */
export function grammar(tag) {
  const numbers = new Intl.NumberFormat(tag);
  const percents = new Intl.NumberFormat(tag, { style: "percent", maximumFractionDigits: 0 });
  const tenths = new Intl.NumberFormat(tag, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const rules = new Intl.PluralRules(tag);
  const lists = new Intl.ListFormat(tag);
  return {
    /** @param {number} n */
    number: (n) => numbers.format(n),
    /** @param {number} p 0..1 */
    percent: (p) => percents.format(p),
    /** @param {number} ms */
    seconds: (ms) => `${tenths.format(ms / 1000)}\u00a0s`,
    /** @param {string[]} items */
    list: (items) => lists.format(items),
    /**
     * The form that goes with the number, which takes the place of "#".
     * @param {number} n
     * @param {Partial<Record<Intl.LDMLPluralRule, string>> & {other: string}} forms
     */
    count: (n, forms) => (forms[rules.select(n)] ?? forms.other).replace("#", numbers.format(n)),
  };
}

/**
 * @param {string} before
 * @param {[string, string]} named an article with its space, and a name
 * @param {string} after
 * @returns {Part[]}
 */
export const stress = (before, [article, name], after) => [before + article, { strong: name }, after];

/**
 * For languages whose list of categories has each with its article: "ein Kuchen".
 * @param {Record<string, string>} names by the category's English name
 * @param {RegExp} articles what to leave out where the name stands alone
 */
export function naming(names, articles) {
  /** @param {string} category @returns {[string, string]} */
  const split = (category) => {
    const name = names[category] ?? category;
    const article = articles.exec(name)?.[0] ?? "";
    return [article, name.slice(article.length)];
  };
  return {
    /** @param {string} category */
    category: (category) => split(category)[1],
    /** @param {string} category */
    named: (category) => split(category).join(""),
    /** @param {string} before @param {string} category @param {string} after */
    stressed: (before, category, after) => stress(before, split(category), after),
  };
}
