/** Ready-made games: a few settings each; the others stay as the host has them. */

/**
 * @typedef {import("./messages.js").Settings} Settings
 * @typedef {keyof typeof PRESETS} Preset
 */

export const PRESETS = Object.freeze({
  /** @type {Partial<Settings>} */
  quick: { mode: "race", rounds: 3, seconds: 15, deck: ["easy"], confidence: 0.2, guess_among: "all" },
  /** @type {Partial<Settings>} */
  party: { mode: "race", rounds: 6, seconds: 20, deck: ["easy", "medium"], confidence: 0.2, guess_among: "all" },
  /** @type {Partial<Settings>} */
  marathon: { mode: "race", rounds: 15, seconds: 30, deck: ["easy", "medium", "hard"], confidence: 0.2, guess_among: "all" },
  /** @type {Partial<Settings>} */
  hard: { mode: "race", rounds: 6, seconds: 30, deck: ["medium", "hard"], confidence: 0.6, guess_among: "all" },
  /** @type {Partial<Settings>} */
  pictionary: { mode: "pictionary", rounds: 2, seconds: 60, deck: ["easy", "medium"], confidence: 0.2, guess_among: "all" },
});

/**
 * @param {Settings} settings
 * @param {Preset} preset
 * @returns {Settings}
 */
export const withPreset = (settings, preset) => ({ ...settings, custom: [], ...PRESETS[preset] });

/**
 * The preset that a room plays, if it plays one.
 * @param {Settings} settings
 * @returns {Preset | null}
 */
export function presetOf(settings) {
  const names = /** @type {Preset[]} */ (Object.keys(PRESETS));
  if (settings.custom.length) return null;
  return names.find((name) => Object.entries(PRESETS[name]).every(([key, value]) => same(settings, key, value))) ?? null;
}

/** @param {Settings} settings @param {string} key @param {unknown} value */
function same(settings, key, value) {
  const present = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (settings))[key];
  if (!Array.isArray(value)) return present === value;
  return Array.isArray(present) && present.length === value.length && value.every((one) => present.includes(one));
}
