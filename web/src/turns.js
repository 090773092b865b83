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
 * Who knows it since that view of the same turn. They are told in the order of their times, and one
 * who typed earlier may be told later.
 * @param {RoomView} before
 * @param {RoomView} view
 */
export function solvedSince(before, view) {
  const known = new Set(before.turn?.solves.map(({ seat }) => seat));
  return (view.turn?.solves ?? []).filter(({ seat }) => !known.has(seat));
}

/**
 * What is typed now is a guess.
 * @param {RoomView} view
 */
export const mayGuess = (view) => view.phase === "drawing" && !isDrawer(view) && !solveOf(view, view.seat);
