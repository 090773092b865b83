/**
 * How promptly the machine answers, and whether it keeps somebody waiting. Plain values; what the
 * server says of each guess is the time from the newest ink it saw to the guess.
 */

const KEPT = 50;
const LATE_MS = 2_000;
const TOLD_MS = 5_000; // how long one late answer is talked about

/**
 * @typedef {object} Pace
 * @property {readonly number[]} answers ms of the last ones, the newest last
 * @property {number} answeredAt when the last one came
 * @property {number | null} waitsSince when ink was drawn that nothing was said about yet
 */

/** @type {Pace} */
export const UNKNOWN = Object.freeze({ answers: [], answeredAt: -Infinity, waitsSince: null });

/** @param {Pace} pace @param {number} now @returns {Pace} */
export const asked = (pace, now) => (pace.waitsSince === null ? { ...pace, waitsSince: now } : pace);

/** @param {Pace} pace @param {number} ms @param {number} now @returns {Pace} */
export const answered = ({ answers }, ms, now) => ({
  answers: [...answers, ms].slice(-KEPT),
  answeredAt: now,
  waitsSince: null,
});

/** Nothing is asked any more, or the sheet is blank. @param {Pace} pace @returns {Pace} */
export const settled = (pace) => (pace.waitsSince === null ? pace : { ...pace, waitsSince: null });

/**
 * Silence for long; or the last answer came as late, and one waits again or did a moment ago.
 * @param {Pace} pace
 * @param {number} now
 */
export function isBusy({ answers, answeredAt, waitsSince }, now) {
  const isWaiting = waitsSince !== null;
  if (isWaiting && now - waitsSince > LATE_MS) return true;
  return (answers.at(-1) ?? 0) > LATE_MS && (isWaiting || now - answeredAt < TOLD_MS);
}

/**
 * The time within which that share of the last answers came.
 * @param {Pace} pace
 * @param {number} share 0..1
 */
export function within({ answers }, share) {
  const sorted = [...answers].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
