/**
 * What one seat knows of its room, as one plain value. `reduce` is the only way it changes and
 * needs no browser. A welcome replaces everything but the chat.
 */

import * as ink from "./ink.js";
import * as thoughts from "./thoughts.js";

const CHAT_KEPT = 100;

/**
 * @typedef {import("./room-view.js").RoomView} RoomView
 * @typedef {import("./messages.js").SeatView} SeatView
 */

/** @returns {RoomView} */
export const unknownRoom = () => ({
  isKnown: false,
  code: "",
  seat: -1,
  seats: [],
  settings: null,
  deckSize: 0,
  phase: "lobby",
  round: 0,
  rounds: 0,
  endsAt: 0,
  total: 0,
  locked: false,
  turn: null,
  prompt: null,
  guess: null,
  thought: thoughts.BLANK,
  matches: [],
  reveal: null,
  gameOver: null,
  doubts: [],
  chat: [],
  drawings: new Map(),
});

/**
 * @param {RoomView} view
 * @param {import("./messages.js").ServerMessage} message
 * @param {number} now milliseconds of a steady clock
 * @returns {RoomView}
 */
export function reduce(view, message, now) {
  switch (message.type) {
    case "welcome":
      return welcome(view, message, now);
    case "phase":
      return phase(view, message, now);
    case "seat":
      return { ...view, seats: placed(view.seats, message.seat) };
    case "settings":
      return { ...view, settings: message.settings, deckSize: message.deck_size };
    case "prompt":
      return known({ ...view, prompt: message });
    case "guess": {
      const thought = thoughts.think(view.thought, message, view.prompt?.category ?? null);
      return { ...view, guess: message, thought };
    }
    case "match":
      return match(view, message);
    case "turn":
      return known({ ...view, turn: message });
    case "lock":
      return { ...view, locked: message.locked };
    case "reveal":
      return { ...view, reveal: message };
    case "game_over":
      return { ...view, gameOver: message };
    case "doubts":
      return { ...view, doubts: message.doubts };
    case "chat": {
      const { seat, name, text, kind } = message;
      const n = (view.chat.at(-1)?.n ?? 0) + 1;
      return { ...view, chat: [...view.chat, { n, seat, name, text, kind }].slice(-CHAT_KEPT) };
    }
    default:
      return view; // errors and pongs change nothing, nor does what a newer server may say
  }
}

/**
 * The rivals' ink of one relay message.
 * @param {RoomView} view
 * @param {import("./wire.js").RelayEntry[]} entries
 */
export function addInk(view, entries) {
  for (const { seat, pen, points } of entries) {
    if (seat !== view.seat) ink.apply(drawingOf(view, seat), pen, points);
  }
}

/**
 * @param {RoomView} view
 * @param {number} seat
 * @returns {ink.Drawing}
 */
export function drawingOf(view, seat) {
  let drawing = view.drawings.get(seat);
  if (!drawing) {
    drawing = ink.blank();
    view.drawings.set(seat, drawing);
  }
  return drawing;
}

/** @param {RoomView} view */
export const ownSeat = (view) => view.seats.find((seat) => seat.seat === view.seat) ?? null;

/** @param {RoomView} view */
export const ownMatch = (view) => view.matches.find((match) => match.seat === view.seat) ?? null;

/**
 * How long a seat may draw in a round, its extra time with it.
 * @param {RoomView} view
 * @param {number} seat
 * @returns {number} ms
 */
export const totalOf = (view, seat) =>
  1000 * (view.settings?.seconds ?? 0) * (view.seats.find((each) => each.seat === seat)?.time ?? 1);

/** @param {RoomView} view */
export const isHost = (view) => ownSeat(view)?.host ?? false;

/**
 * The pen works: this seat draws in this round and has not been recognised yet.
 * @param {RoomView} view
 */
export const mayDraw = (view) =>
  view.phase === "drawing" && (ownSeat(view)?.playing ?? false) && !ownMatch(view);

/**
 * A `phase` message can also tell of nothing but a shifted clock.
 * @param {RoomView} before
 * @param {RoomView} after
 */
export const startsRound = (before, after) =>
  after.phase === "countdown" && (before.phase !== "countdown" || before.round !== after.round);

/**
 * A room for one, made by "play solo": nobody to wait for.
 * @param {RoomView} view
 */
export const isSolo = (view) => view.settings?.players === 1;

/**
 * @param {RoomView} view
 * @param {import("./messages.js").Welcome} message
 * @param {number} now
 * @returns {RoomView}
 */
function welcome(view, message, now) {
  const { code, seat, settings, locked, turn, prompt, guess, matches, reveal } = message;
  const fresh = {
    ...unknownRoom(),
    isKnown: true,
    code,
    seat,
    settings,
    locked,
    turn,
    deckSize: message.deck_size,
    seats: message.seats.reduce(placed, /** @type {SeatView[]} */ ([])),
    matches,
    chat: view.code === code ? view.chat : [],
    ...timed(message.phase, now),
  };
  const mine = matches.find((match) => match.seat === seat);
  let thought = guess
    ? thoughts.think(thoughts.BLANK, guess, prompt?.category ?? null)
    : thoughts.BLANK;
  if (mine) thought = thoughts.recognise(mine.category ?? prompt?.category ?? "");
  return known({ ...fresh, prompt, guess, reveal, gameOver: message.game_over, doubts: message.doubts, thought });
}

/**
 * @param {RoomView} view
 * @param {import("./messages.js").PhaseChanged} message
 * @param {number} now
 * @returns {RoomView}
 */
function phase(view, message, now) {
  const next = { ...view, ...timed(message, now) };
  if (startsRound(view, next) || message.phase === "lobby") return { ...next, ...blankRound() };
  const isOver = message.phase === "judging" || message.phase === "reveal";
  const isToldThoughts = !next.turn || next.prompt !== null; // who guesses in pictionary is told none
  return isOver && isToldThoughts ? { ...next, thought: thoughts.giveUp(view.thought) } : next;
}

/**
 * What a round starts without. Made anew each time, because drawings are changed in place.
 * @returns {Pick<RoomView, "turn" | "prompt" | "guess" | "thought" | "matches" | "reveal" | "gameOver" | "drawings">}
 */
const blankRound = () => ({
  turn: null,
  prompt: null,
  guess: null,
  thought: thoughts.BLANK,
  matches: [],
  reveal: null,
  gameOver: null,
  drawings: new Map(),
});

/**
 * @param {RoomView} view
 * @param {import("./messages.js").Match} message
 * @returns {RoomView}
 */
function match(view, message) {
  const { seat, category, score } = message;
  const isOwn = seat === view.seat;
  return {
    ...view,
    matches: [...view.matches.filter((other) => other.seat !== seat), message],
    seats: view.seats.map((row) => (row.seat === seat ? { ...row, score, matched: true } : row)),
    thought: isOwn ? thoughts.recognise(category ?? view.prompt?.category ?? "") : view.thought,
  };
}

/** @param {import("./messages.js").Turn} turn */
const isSolvedByMachine = (turn) => turn.solves.some(({ seat }) => seat === null);

/**
 * Only those who know what is drawn are told what the machine thinks.
 * @param {RoomView} view
 * @returns {RoomView}
 */
function known(view) {
  const isKnown = view.turn && view.prompt && view.thought.kind !== "knows" && isSolvedByMachine(view.turn);
  return isKnown ? { ...view, thought: thoughts.recognise(view.prompt?.category ?? "") } : view;
}

/**
 * @param {SeatView[]} seats
 * @param {SeatView} seat
 * @returns {SeatView[]}
 */
function placed(seats, seat) {
  const others = seats.filter((other) => other.seat !== seat.seat);
  if (seat.state === "gone") return others;
  return [...others, seat].sort((a, b) => a.seat - b.seat);
}

/**
 * @param {import("./messages.js").PhaseChanged} message
 * @param {number} now
 */
const timed = ({ phase, round, rounds, ms_left, ms_total }, now) => ({
  phase,
  round,
  rounds,
  endsAt: now + ms_left,
  total: ms_total,
});
