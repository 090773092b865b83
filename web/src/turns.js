/** Pictionary as one seat sees it: who draws, who knows, who may type what. */

import { ownSeat } from "./state.js";

const TURN = new Set(["countdown", "drawing", "judging"]);

/** @typedef {import("./room-view.js").RoomView} RoomView */

/** @param {RoomView} view */
export const isPictionary = (view) => view.settings?.mode === "pictionary";

/**
 * A turn is on whose answer is not told yet.
 * @param {RoomView} view
 */
export const isTurn = (view) => isPictionary(view) && TURN.has(view.phase);

/** @param {RoomView} view */
export const isDrawer = (view) => isPictionary(view) && (ownSeat(view)?.playing ?? false);

/**
 * Somebody at the table, or the machine (null), knows what is drawn.
 * @param {RoomView} view
 * @param {number | null} seat
 */
export const solveOf = (view, seat) => view.turn?.solves.find((each) => each.seat === seat) ?? null;

/**
 * What is typed now is a guess.
 * @param {RoomView} view
 */
export const mayGuess = (view) => view.phase === "drawing" && !isDrawer(view) && !solveOf(view, view.seat);
