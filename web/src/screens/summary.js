/** How a room plays, in a few lines for those who do not choose it. */

import { text } from "../strings.js";

/**
 * @param {import("../messages.js").Settings} settings
 * @param {number} size of the deck
 */
export function summary({ mode, rounds, seconds, prompt, custom, deck, guess_among }, size) {
  const words = text.summary;
  const race = [words.length(rounds, seconds), prompt === "own" ? words.own : words.same];
  return [
    ...(mode === "race" ? race : [words.pictionary, words.turns(rounds, seconds)]),
    custom.length ? words.custom(custom.length) : words.deck(deck.map((level) => text.settings.levels[level]), size),
    guess_among === "all" ? words.amongAll : words.amongDeck,
  ];
}
