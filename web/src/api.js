/** The REST calls, and who this player is. A forgotten token is replaced without a question. */

import { ROOT } from "./root.js";

const KEPT_AS = "inkling.player";
const UNKNOWN_TOKEN = 401;

/** @typedef {{player_id: string, token: string, name: string}} Player */

/** The server said no, in a sentence that can be shown. */
export class ApiError extends Error {
  /**
   * @param {number} status HTTP status; 0 when the server could not be reached
   * @param {string} message
   * @param {string} [code] what it is about, for programs
   */
  constructor(status, message, code = "") {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** @returns {Player | null} */
export function knownPlayer() {
  try {
    return JSON.parse(localStorage.getItem(KEPT_AS) ?? "null");
  } catch {
    return null; // storage is blocked or holds something else: start afresh
  }
}

/** @type {Player | null} */
let player = knownPlayer();

/** @param {Player | null} next */
function keep(next) {
  player = next;
  try {
    if (next) localStorage.setItem(KEPT_AS, JSON.stringify(next));
    else localStorage.removeItem(KEPT_AS);
  } catch {
    // Private windows may refuse storage; the player then lasts as long as the page.
  }
}

/**
 * The player behind this browser, made or renamed as needed.
 * @param {string} name empty: keep the present one, or let the server invent one
 * @returns {Promise<Player>}
 */
export async function ensurePlayer(name) {
  if (!player) {
    const made = await call("POST", "players", { name: name || null });
    keep(made);
    return made;
  }
  if (name && name !== player.name) {
    const renamed = await authorised("PATCH", "players/me", { name });
    keep({ .../** @type {Player} */ (player), name: renamed.name });
  }
  return /** @type {Player} */ (player);
}

/** The token turned out to be unknown: the same person gets a new one. */
export async function replacePlayer() {
  const name = player?.name ?? "";
  keep(null);
  return ensurePlayer(name);
}

/** Be forgotten: name, points and ranks on the server, and the player in this browser. */
export async function eraseMe() {
  try {
    if (player) await call("DELETE", "players/me", undefined, player.token);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== UNKNOWN_TOKEN) throw error; // forgotten already
  }
  keep(null);
}

/**
 * @param {Partial<import("./messages.js").Settings>} settings
 * @returns {Promise<string>} the room's code
 */
export const createRoom = async (settings) =>
  (await authorised("POST", "rooms", { settings })).code;

/** @returns {Promise<string>} the code of a public room */
export const quickPlay = async () => (await authorised("POST", "quickplay")).code;

/**
 * @param {string} code
 * @returns {Promise<{code: string, phase: string, players: number, max_players: number, locked: boolean}>}
 */
export const lookUp = (code) => call("GET", `rooms/${code}`);

/** @returns {Promise<{name: string, level: import("./messages.js").Level}[]>} */
export const categories = async () => (await call("GET", "categories")).categories;

/** @returns {Promise<{rank: number, name: string, points: number, games: number, best: number}[]>} */
export const leaderboard = async () => (await call("GET", "leaderboard")).rows;

/** @typedef {{guesses: {category: string, probability: number}[], model: string, elapsed_ms: number}} Prediction */

/**
 * What the network makes of a drawing. It needs no player, and nothing of it is kept.
 * @param {import("./ink.js").Stroke[]} strokes
 * @param {number} canvas side of the square the points lie on
 * @param {number} top how many guesses
 * @returns {Promise<Prediction>}
 */
export function predict(strokes, canvas, top) {
  const axis = (/** @type {number[]} */ stroke, /** @type {number} */ at) => stroke.filter((_, i) => i % 3 === at);
  return call("POST", "predict", { strokes: strokes.map((stroke) => [axis(stroke, 0), axis(stroke, 1)]), canvas, top });
}

/**
 * @template Row
 * @typedef {Omit<Row, "name"> & {name: string | null}} Perhaps a player may have been forgotten since
 */

/**
 * @typedef {Perhaps<import("./messages.js").DrawingView> & {ink: number[][][]}} ReplayedDrawing
 * @typedef {{round: number, total_ms: number, confidence: number, drawings: ReplayedDrawing[]}} ReplayedRound
 * @typedef {{game: string, ended_ms: number | null, rounds: ReplayedRound[],
 *   standings: Perhaps<import("./messages.js").StandingView>[]}} Replay
 */

/**
 * @param {string} game
 * @returns {Promise<Replay>}
 */
export const replay = (game) => call("GET", `replays/${game}`);

/** @typedef {{offered: boolean, consent: boolean, kept_days: number}} LearningChoice */

/**
 * Whether this player's finished drawings may be kept to learn from.
 * @returns {Promise<LearningChoice | null>} null while there is no player yet
 */
export const learningChoice = async () => (player ? call("GET", "players/me/learning", undefined, player.token) : null);

/**
 * @param {boolean} consent
 * @returns {Promise<LearningChoice>} what holds from now on
 */
export const chooseLearning = (consent) => authorised("PUT", "players/me/learning", { consent });

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 */
async function authorised(method, path, body) {
  const present = player ?? (await ensurePlayer(""));
  try {
    return await call(method, path, body, present.token);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== UNKNOWN_TOKEN) throw error;
    return call(method, path, body, (await replacePlayer()).token);
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @param {string} [token]
 */
export async function call(method, path, body, token) {
  const headers = new Headers();
  if (body) headers.set("Content-Type", "application/json");
  if (token) headers.set("Authorization", `Bearer ${token}`);
  const payload = body ? JSON.stringify(body) : null;
  /** @type {Response} */
  let response;
  try {
    response = await fetch(`${ROOT}api/${path}`, { method, headers, body: payload });
  } catch {
    throw new ApiError(0, "");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, answer.message ?? "", answer.code);
  return answer;
}
