/** What is worth a sound: the difference between two views of a room, and the passing of time. */

import { ownMatch, startsRound } from "./state.js";

const HURRY_S = 5;

/**
 * @typedef {import("./room-view.js").RoomView} RoomView
 * @typedef {"join" | "count" | "go" | "tick" | "idea" | "warm" | "match" | "rival" | "time" | "reveal"
 *   | "podium" | "chat"} Cue
 */

/**
 * @param {RoomView} before
 * @param {RoomView} after
 * @returns {Cue[]}
 */
export function cuesOf(before, after) {
  if (!before.isKnown || before.code !== after.code) return [];
  /** @type {Cue[]} */
  const cues = [];
  if (after.phase !== before.phase) cues.push(...ofPhase(after));
  if (after.seats.length > before.seats.length) cues.push("join");
  if (after.chat.length && after.chat.at(-1) !== before.chat.at(-1) && after.chat.at(-1)?.seat !== after.seat) {
    cues.push("chat");
  }
  if (startsRound(before, after)) return cues;
  if (ownMatch(after) && !ownMatch(before)) cues.push("match");
  else if (after.matches.length > before.matches.length) cues.push("rival");
  const idea = after.phase === "drawing" && cueOfThought(before.thought, after.thought);
  if (idea) cues.push(idea);
  return cues;
}

/**
 * @param {RoomView} view
 * @returns {Cue[]}
 */
function ofPhase(view) {
  switch (view.phase) {
    case "drawing":
      return ["go"];
    case "judging":
      return ownMatch(view) ? [] : ["time"];
    case "reveal":
      return ["reveal"];
    case "game_over":
      return ["podium"];
    default:
      return [];
  }
}

/**
 * The machine has something else in mind; that it knows is heard by another cue.
 * @param {import("./thoughts.js").Thought} before
 * @param {import("./thoughts.js").Thought} after
 * @returns {Cue | null}
 */
export function cueOfThought(before, after) {
  if (after === before) return null;
  const isClose = after.isWarm || after.kind === "almost";
  const wasClose = before.isWarm || before.kind === "almost";
  if (isClose) return wasClose ? null : "warm";
  const isNew = after.kind !== "knows" && after.named.at(-1) !== before.named.at(-1);
  return isNew && after.named.length ? "idea" : null;
}

/**
 * The clock's own sound in the second that begins: the countdown, and the last of a round.
 * @param {RoomView} view
 * @param {number} left milliseconds
 * @param {number} leftBefore milliseconds when this was last asked
 * @returns {Cue | null}
 */
export function cueOfClock(view, left, leftBefore) {
  const second = Math.ceil(left / 1000);
  if (second < 1 || second === Math.ceil(leftBefore / 1000)) return null;
  if (view.phase === "countdown") return "count";
  const isDrawing = view.phase === "drawing" && !ownMatch(view);
  return isDrawing && view.total && second <= HURRY_S ? "tick" : null;
}
