/** What this browser's owner likes: loudness, a voice, a hand. Kept between visits. */

const KEPT_AS = "inkling.preferences";

/**
 * @typedef {object} Preferences
 * @property {number} volume 0..1
 * @property {boolean} muted
 * @property {boolean} voice the machine speaks
 * @property {boolean} left tools at the left hand's side
 * @property {boolean} keys single keys do something
 */

/** @type {Readonly<Preferences>} */
export const DEFAULTS = Object.freeze({ volume: 0.6, muted: false, voice: false, left: false, keys: true });

/**
 * What is usable of something that was stored once, by whatever version of the page.
 * @param {unknown} stored
 * @returns {Preferences}
 */
export function sane(stored) {
  const found = /** @type {Record<string, unknown>} */ (stored && typeof stored === "object" ? stored : {});
  const flag = (/** @type {"muted" | "voice" | "left" | "keys"} */ name) =>
    typeof found[name] === "boolean" ? found[name] : DEFAULTS[name];
  const volume = Number(found["volume"] ?? DEFAULTS.volume);
  return {
    volume: Number.isFinite(volume) ? Math.max(0, Math.min(1, volume)) : DEFAULTS.volume,
    muted: flag("muted"),
    voice: flag("voice"),
    left: flag("left"),
    keys: flag("keys"),
  };
}

/** @type {Preferences} */
let current = load();
/** @type {Set<(now: Preferences) => void>} */
const listeners = new Set();

export const preferences = () => current;

/** @param {Partial<Preferences>} change */
export function prefer(change) {
  current = sane({ ...current, ...change });
  try {
    localStorage.setItem(KEPT_AS, JSON.stringify(current));
  } catch {
    // Without storage they last as long as the page.
  }
  for (const listener of listeners) listener(current);
}

/**
 * Calls `listener` now and at each change.
 * @param {(now: Preferences) => void} listener
 * @returns {() => void} stops it
 */
export function whenPreferred(listener) {
  listeners.add(listener);
  listener(current);
  return () => listeners.delete(listener);
}

function load() {
  try {
    return sane(JSON.parse(localStorage.getItem(KEPT_AS) ?? "null"));
  } catch {
    return sane(null);
  }
}
