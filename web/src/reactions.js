/** Feelings that travel as a line of talk: one sign each on the wire, a picture on the page. */

/** @typedef {"love" | "bravo" | "laugh" | "wow" | "hot" | "puzzled"} Reaction */

/** @type {Record<Reaction, string>} */
export const SIGNS = { love: "❤", bravo: "👏", laugh: "😂", wow: "😮", hot: "🔥", puzzled: "🤔" };

const KINDS = /** @type {[Reaction, string][]} */ (Object.entries(SIGNS));

/**
 * The reaction that a line of talk is, if it is one.
 * @param {string} said
 * @returns {Reaction | null}
 */
export const reactionIn = (said) => KINDS.find(([, sign]) => sign === said)?.[0] ?? null;
