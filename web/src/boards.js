/** What the boards' pages ask the server for. */

import { call } from "./api.js";

/**
 * @typedef {"race" | "pictionary"} Mode
 * @typedef {"all" | "month" | "week" | "day"} Period
 * @typedef {"points" | "best" | "fastest" | "streak"} By
 * @typedef {{mode: Mode, period: Period, by: By}} Which
 *
 * @typedef {{rank: number, player_id: string, name: string, value: number, games: number}} Row
 * @typedef {{rows: Row[], players: number, next: string | null}} Board
 *
 * @typedef {{value: number, at_ms: number, game: string | null, watchable: boolean, category: string | null}} BestOf
 * @typedef {{mode: Mode, rank: number | null, games: number, wins: number, drawn: number, matches: number,
 *   points: number, best: BestOf | null, fastest: BestOf | null, streak: BestOf | null}} ModeFigures
 * @typedef {{category: string, drawn: number, matched: number, fastest_ms: number | null}} CategoryFigures
 * @typedef {{game: string | null, ended_ms: number, mode: Mode, points: number, place: number, players: number}} Played
 * @typedef {{player_id: string, name: string, modes: ModeFigures[], best_categories: CategoryFigures[],
 *   worst_categories: CategoryFigures[], games: Played[]}} Profile
 *
 * @typedef {{from_ms: number, to_ms: number | null, matches: number}} Slice
 * @typedef {{player_id: string, name: string, ms: number, game: string | null, watchable: boolean}} FastMatch
 * @typedef {{name: string, in_play: {drawn: number, matched: number, mean_ms: number | null, times: Slice[],
 *   fastest: FastMatch[]}}} CategoryPage
 * @typedef {{game: string, ms: number, ink: number[][][]}} PublicInk
 *
 * @typedef {{place: number, player_id: string, name: string, points: number}} Stood
 * @typedef {{game: string, mode: Mode, watchable: boolean, rounds: number, ended_ms: number, standings: Stood[]}} Game
 */

/** @param {Which} which */
const query = ({ mode, period, by }) => `mode=${mode}&period=${period}&by=${by}`;

/**
 * @param {Which} which
 * @param {string | null} [cursor]
 * @returns {Promise<Board>}
 */
export const board = (which, cursor = null) =>
  call("GET", `leaderboard?limit=20&${query(which)}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);

/**
 * @param {Which} which
 * @param {string} player
 * @returns {Promise<Board>}
 */
export const around = (which, player) => call("GET", `leaderboard/around/${player}?${query(which)}`);

/** @param {string} player @returns {Promise<Profile>} */
export const profile = (player) => call("GET", `players/${player}`);

/** @param {string} name @returns {Promise<CategoryPage>} */
export const category = (name) => call("GET", `categories/${encodeURIComponent(name)}`);

/**
 * How people draw a category. What cannot be had just now is no reason to show nothing at all.
 * @param {string} name
 * @returns {Promise<PublicInk[]>}
 */
export const drawings = (name) =>
  call("GET", `categories/${encodeURIComponent(name)}/drawings`).then((found) => found.drawings, () => []);

/** @returns {Promise<Game[]>} */
export const recentGames = async () => (await call("GET", "games?limit=10")).games;
