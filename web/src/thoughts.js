/**
 * What the machine has on its mind about one's own drawing. Guesses arrive many times a second; a
 * thought changes only when there is something new to say, so that it reads like speech.
 */

const SURE = 0.6;
const VAGUE = 0.1;
const NAMED = 2;

/**
 * @typedef {object} Thought
 * @property {"waiting" | "unsure" | "seeing" | "sure" | "almost" | "knows" | "missed"} kind
 * @property {string[]} named categories it has in mind, the newest last
 * @property {boolean} isWarm the prompt is among its guesses, though not the first
 */

/** @type {Thought} */
export const BLANK = Object.freeze({ kind: "waiting", named: [], isWarm: false });

/**
 * @param {Thought} before
 * @param {import("./messages.js").Guess} guess
 * @param {string | null} prompt
 * @returns {Thought} `before` itself when there is nothing new to say
 */
export function think(before, guess, prompt) {
  const top = guess.top[0];
  if (before.kind === "knows" || !top) return before;
  const isWarm =
    top.category !== prompt &&
    guess.prompt_p >= VAGUE &&
    guess.top.some((line) => line.category === prompt);
  const kind = kindOf(top, prompt);
  const named =
    kind === "unsure"
      ? []
      : [...before.named.filter((name) => name !== top.category), top.category].slice(-NAMED);
  const isSame =
    kind === before.kind && isWarm === before.isWarm && named.at(-1) === before.named.at(-1);
  return isSame ? before : { kind, named, isWarm };
}

/**
 * The drawing was recognised.
 * @param {string} category
 * @returns {Thought}
 */
export const recognise = (category) => ({ kind: "knows", named: [category], isWarm: false });

/**
 * Time is up; what it took the drawing for stays in mind.
 * @param {Thought} before
 * @returns {Thought}
 */
export const giveUp = (before) =>
  before.kind === "knows" ? before : { ...before, kind: "missed", isWarm: false };

/**
 * @param {import("./messages.js").GuessView} top
 * @param {string | null} prompt
 * @returns {Thought["kind"]}
 */
function kindOf(top, prompt) {
  if (top.category === prompt) return "almost";
  if (top.p < VAGUE) return "unsure";
  return top.p >= SURE ? "sure" : "seeing";
}
