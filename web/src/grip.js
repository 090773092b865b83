/**
 * Who holds the pen: one pointer at a time. A stylus takes it from a touch, which was its palm, and
 * as long as a stylus is about, touches are palms.
 */

const PALM_MS = 2_000;

/**
 * @typedef {{id: number, type: string, button: number, at: number}} Press
 * @typedef {{holder: number | null, type: string, stylusAt: number}} Grip
 */

/** @returns {Grip} */
export const looseGrip = () => ({ holder: null, type: "", stylusAt: -Infinity });

/**
 * A pointer comes down.
 * @param {Grip} grip
 * @param {Press} press
 * @returns {"draws" | "seizes" | "waits"} seizes: what the other pointer drew was never meant
 */
export function grab(grip, { id, type, button, at }) {
  notice(grip, type, at);
  if (button !== 0 && button !== ERASER) return "waits";
  if (type === "touch" && at - grip.stylusAt < PALM_MS) return "waits";
  const isSeized = grip.holder !== null && grip.type === "touch" && type === "pen";
  if (grip.holder !== null && !isSeized) return "waits";
  grip.holder = id;
  grip.type = type;
  return isSeized ? "seizes" : "draws";
}

/** The button that the other end of a stylus presses. */
export const ERASER = 5;

/**
 * A stylus was seen, even if only hovering.
 * @param {Grip} grip
 * @param {string} type
 * @param {number} at
 */
export function notice(grip, type, at) {
  if (type === "pen") grip.stylusAt = at;
}

/**
 * @param {Grip} grip
 * @param {number} id
 * @returns {boolean} whether it was this pointer that held the pen
 */
export function release(grip, id) {
  if (grip.holder !== id) return false;
  grip.holder = null;
  return true;
}
