/** Which language the page speaks: the one that was chosen, else the browser's, else English. */

import { english, speak, text } from "./strings.js";

const KEPT_AS = "inkling.language";

/** Each by its own name, for whoever looks for it in a page they cannot read. */
export const LANGUAGES = Object.freeze({
  en: "English",
  de: "Deutsch",
  es: "Español",
  fr: "Français",
  ro: "Română",
});

/**
 * English is part of the page; of the others only the one that is spoken is ever fetched.
 * @type {Record<string, () => Promise<{language: import("./translation.js").Translation}>>}
 */
const FILES = {
  de: () => import("./languages/de.js"),
  es: () => import("./languages/es.js"),
  fr: () => import("./languages/fr.js"),
  ro: () => import("./languages/ro.js"),
};

let asked = 0;

/**
 * @param {string | null} kept the choice of an earlier visit
 * @param {readonly string[]} wanted what the browser asks for, the best first
 */
export function bestLanguage(kept, wanted) {
  const known = Object.keys(LANGUAGES);
  const tags = [kept ?? "", ...wanted].map((tag) => tag.toLowerCase().split("-")[0] ?? "");
  return tags.find((tag) => known.includes(tag)) ?? "en";
}

/** Speak as this visitor should be spoken to. */
export function startLanguage() {
  let kept = null;
  try {
    kept = localStorage.getItem(KEPT_AS);
  } catch {
    // Without storage a choice lasts as long as the page.
  }
  return use(bestLanguage(kept, navigator.languages));
}

/**
 * The player has chosen.
 * @param {string} tag
 */
export async function chooseLanguage(tag) {
  try {
    localStorage.setItem(KEPT_AS, tag);
  } catch {
    // It is spoken all the same.
  }
  await use(tag);
}

/** @param {string} tag */
async function use(tag) {
  const request = ++asked;
  const file = FILES[tag];
  let language = english;
  try {
    if (file) language = over(english, (await file()).language);
  } catch {
    // The file cannot be had just now: English is better than nothing.
  }
  if (request !== asked) return; // another was chosen meanwhile
  speak(language);
  document.documentElement.lang = text.tag;
  document.documentElement.dir = text.direction;
}

/**
 * What a language has, and English for what has not been translated yet.
 * @template {object} T
 * @param {T} words
 * @param {object} translated
 * @returns {T}
 */
export function over(words, translated) {
  const said = { ...words, ...translated };
  for (const [key, word] of Object.entries(words)) {
    const other = /** @type {Record<string, any>} */ (translated)[key];
    const isGroup = typeof word === "object" && !Array.isArray(word) && other;
    if (isGroup) Object.assign(said, { [key]: over(word, other) });
  }
  return said;
}
