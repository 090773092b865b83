/**
 * Questions about a drawing that grows: as often as in play, always about the newest ink, and never
 * one before the last is answered. What goes wrong is tried again, later and later.
 */

const GAP_MS = 200;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;

/**
 * @typedef {object} Clock
 * @property {() => number} now
 * @property {(run: () => void, ms: number) => number} later
 * @property {(timer: number) => void} cancel
 */

/**
 * @template Answer
 * @typedef {object} Listener
 * @property {(answer: Answer, ms: number) => void} heard an answer about this sheet, and how long it took
 * @property {(error: unknown) => void} failed
 */

/** @type {Clock} */
const REAL = {
  now: () => performance.now(),
  later: (run, ms) => Number(setTimeout(run, ms)),
  cancel: (timer) => clearTimeout(timer),
};

/**
 * @template Answer
 * @param {() => Promise<Answer>} ask about the ink there is now
 * @param {Listener<Answer>} listener
 * @param {Clock} [clock]
 */
export function createAsker(ask, { heard, failed }, clock = REAL) {
  let wants = false; // there is ink that was not asked about
  let isAsking = false;
  let timer = 0;
  let askedAt = -Infinity;
  let failedAt = -Infinity;
  let pause = 0; // after a failure
  let sheet = 0; // answers about an earlier one are not heard

  function plan() {
    if (!wants || isAsking || timer) return;
    const due = Math.max(askedAt + GAP_MS, failedAt + pause);
    timer = clock.later(run, Math.max(0, due - clock.now()));
  }

  async function run() {
    timer = 0;
    wants = false;
    isAsking = true;
    askedAt = clock.now();
    const about = sheet;
    try {
      const answer = await ask();
      pause = 0;
      if (about === sheet) heard(answer, clock.now() - askedAt);
    } catch (error) {
      wants ||= about === sheet;
      failedAt = clock.now();
      pause = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, 2 * pause));
      if (about === sheet) failed(error);
    }
    isAsking = false;
    plan();
  }

  return {
    /** There is new ink. */
    changed() {
      wants = true;
      plan();
    },
    /** The sheet is blank, or put away. */
    forget() {
      sheet++;
      wants = false;
      clock.cancel(timer);
      timer = 0;
    },
  };
}
