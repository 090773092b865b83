/**
 * Protocol `inkling.v1` as the page sees it: the limits it keeps and the close codes it explains.
 * `game/protocol.py` is the original, a test compares the two; `messages.d.ts` has the messages.
 */

export const MAX_SEATS = 16;
export const NAME_CHARS = 24;
export const CHAT_CHARS = 200;
export const GUESS_CHARS = 60;
export const TURNS_EACH = 6;
export const TIME_FACTORS = Object.freeze([1, 1.5, 2]);
export const CODE_CHARS = 5;
export const CODE_ALPHABET = "23456789BCDFGHJKLMNPQRSTVWXZ";
export const MAX_BATCH_POINTS = 512;
export const MAX_STROKES = 256;
export const MAX_POINTS = 8192;
export const MIN_DECK = 8;
export const TOP_GUESSES = 5;
/** The canvas is the square 0..CANVAS in both directions, whatever the screen. */
export const CANVAS = 65535;

/** What a run of points does to the pen. */
export const Pen = Object.freeze({ STARTS: 1, ENDS: 2, UNDO: 4, CLEAR: 8 });

export const Close = Object.freeze({
  RESTARTING: 4000,
  ROOM_MOVED: 4001,
  SILENT: 4002,
  SLOW: 4008,
  FLOODING: 4029,
  BAD_TOKEN: 4501,
  OFFENCES: 4502,
  TOO_LARGE: 4503,
  NO_ROOM: 4504,
  ROOM_FULL: 4505,
  KICKED: 4506,
  REPLACED: 4507,
  LOCKED: 4508,
  LEFT: 4509,
  BANNED: 4510,
});

/**
 * 4500-4999: coming back would end the same way.
 * @param {number} code
 */
export const isFinal = (code) => code >= 4500 && code <= 4999;

/** What a setting may be, both ends included. */
export const BOUNDS = Object.freeze({
  rounds: Object.freeze({ low: 1, high: 20 }),
  seconds: Object.freeze({ low: 10, high: 120 }),
  players: Object.freeze({ low: 1, high: MAX_SEATS }),
  confidence: Object.freeze({ low: 0, high: 0.95 }),
});
