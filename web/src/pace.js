/**
 * How promptly the machine answers, and whether it keeps somebody waiting. Plain values; what the
 * server says of each guess is the time from the newest ink it saw to the guess.
 */

const KEPT = 50;
const LATE_MS = 2_000;

/**
 * @typedef {object} Pace
 * @property {readonly number[]} answers ms of the last ones, the newest last
 * @property {number | null} waitsSince when ink was drawn that nothing was said about yet
 */

/** @type {Pace} */
export const UNKNOWN = Object.freeze({ answers: [], waitsSince: null });

/** @param {Pace} pace @param {number} now @returns {Pace} */
export const asked = (pace, now) => (pace.waitsSince === null ? { ...pace, waitsSince: now } : pace);

/** @param {Pace} pace @param {number} ms @returns {Pace} */
export const answered = ({ answers }, ms) => ({ answers: [...answers, ms].slice(-KEPT), waitsSince: null });

/** Nothing is asked any more, or the sheet is blank. @param {Pace} pace @returns {Pace} */
export const settled = (pace) => (pace.waitsSince === null ? pace : { ...pace, waitsSince: null });

/**
 * Silence for long, or answers that come as late.
 * @param {Pace} pace
 * @param {number} now
 */
export const isBusy = ({ answers, waitsSince }, now) =>
  (waitsSince !== null && now - waitsSince > LATE_MS) || (answers.at(-1) ?? 0) > LATE_MS;

/**
 * The time within which that share of the last answers came.
 * @param {Pace} pace
 * @param {number} share 0..1
 */
export function within({ answers }, share) {
  const sorted = [...answers].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
