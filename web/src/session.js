/** One stay in one room: joins the connection, the room's state and the own pen. */

import { knownPlayer, replacePlayer } from "./api.js";
import { addPage } from "./moments.js";
import { createMuting } from "./muting.js";
import * as pens from "./pen.js";
import { Close } from "./protocol.js";
import { socketAddress } from "./root.js";
import { connect } from "./socket.js";
import { addInk, mayDraw, reduce, startsRound, unknownRoom } from "./state.js";
import { text } from "./strings.js";
import { decode } from "./wire.js";

const SEND_MS = 50;
// The server takes 60 messages a second of a socket, and 120 at once; more would be lost.
const SENT_PER_BEAT = 2.5;
const SENT_AT_ONCE = 80;
/** Late ink is refused at the end of a round: no mishap. The others are told by the close code. */
const QUIET_ERRORS = new Set(
  "not_drawing wrong_phase bad_token no_room room_full room_locked kicked".split(" "),
);

/**
 * @typedef {object} Listener
 * @property {(view: import("./room-view.js").RoomView) => void} changed
 * @property {() => void} inked some canvas has new ink
 * @property {(status: import("./line.js").Status) => void} status
 * @property {(sentence: string) => void} refused
 *
 * @typedef {object} Session
 * @property {() => import("./room-view.js").RoomView} view
 * @property {pens.PenState} pen
 * @property {() => import("./moments.js").Page[]} album the rounds of this game so far
 * @property {() => void} flush send new ink now
 * @property {(message: import("./messages.js").ClientMessage) => boolean} send
 * @property {() => void} greet say hello once more: the name is another
 * @property {(seat: number, isMuted: boolean) => void} mute hear no more of somebody, and nobody else learns of it
 * @property {(seat: number) => boolean} isMuted
 * @property {() => void} retry
 * @property {() => void} end
 */

/**
 * @param {string} code
 * @param {Listener} listener
 * @returns {Session}
 */
export function enterRoom(code, listener) {
  let view = unknownRoom();
  /** @type {import("./moments.js").Page[]} */
  let album = [];
  let isNewcomer = false;
  let isOver = false;
  const muting = createMuting(code);
  const pen = pens.newPen();
  let line = dial();
  let allowance = SENT_AT_ONCE;
  const sending = setInterval(() => {
    allowance = Math.min(SENT_AT_ONCE, allowance + SENT_PER_BEAT);
    flush();
  }, SEND_MS);
  // Another network, or a phone that slept: the line may be dead without having said so.
  const doubts = new AbortController();
  const doubt = () => document.visibilityState === "visible" && line.retry();
  for (const event of ["online", "offline", "pageshow"]) addEventListener(event, doubt, { signal: doubts.signal });
  document.addEventListener("visibilitychange", doubt, { signal: doubts.signal });

  function dial() {
    return connect({
      url: socketAddress(code),
      hello: () => ({ type: "hello", token: knownPlayer()?.token ?? "", name: null }),
      onMessage,
      onBinary,
      onStatus,
      open: (url) => new WebSocket(url),
      setTimer: (callback, ms) => setTimeout(callback, ms),
      clearTimer: (timer) => clearTimeout(timer),
      random: Math.random,
    });
  }

  /** @param {import("./messages.js").ServerMessage} message */
  function onMessage(message) {
    if (message.type === "error" && !QUIET_ERRORS.has(message.code)) {
      listener.refused(text.errors.refused[message.code] ?? message.message);
    }
    if (message.type === "announcement") listener.refused(message.text);
    if (message.type === "chat" && muting.has(message.seat)) return;
    if (message.type === "welcome") muting.meet(message.seats, message.seat);
    if (message.type === "seat") muting.notice(message.seat, !view.seats.some(({ seat }) => seat === message.seat.seat));
    const before = view;
    view = reduce(view, message, performance.now());
    if (before.phase === "reveal" && view.phase !== "reveal") album = addPage(album, before, pen.drawing);
    if (view.phase === "lobby") album = [];
    if (message.type === "welcome") welcome(message);
    else if (startsRound(before, view)) pens.newRound(pen, view.round);
    if (pen.down && !mayDraw(view)) pens.lift(pen);
    listener.changed(view);
    listener.inked();
  }

  /** @param {import("./messages.js").Welcome} message */
  function welcome(message) {
    const { phase, round } = message.phase;
    const isRound = phase === "countdown" || phase === "drawing";
    pens.resume(pen, message.batch, isRound ? round : null);
  }

  /** @param {ArrayBuffer} data */
  function onBinary(data) {
    const message = decode(data);
    if (message?.kind === "ack") {
      pens.acknowledge(pen, message.batch);
    } else if (message) {
      addInk(view, message.entries);
      for (const entry of message.entries) {
        if (entry.seat === view.seat) pens.restore(pen, entry.pen, entry.points);
      }
      listener.inked();
    }
  }

  /** @param {import("./line.js").Status} status */
  async function onStatus(status) {
    if (status.code !== Close.BAD_TOKEN || isNewcomer) return listener.status(status);
    // The server forgot this player (or never knew them): a new token is got once, unasked.
    isNewcomer = true;
    try {
      await replacePlayer();
      if (!isOver) line = dial();
    } catch {
      listener.status(status);
    }
  }

  function flush() {
    // While the line is down, ink waits in the buffer and later travels in few large batches.
    if (!mayDraw(view) || !line.isOpen()) return;
    for (const message of pens.outgoing(pen, Math.floor(allowance))) {
      line.send(message);
      allowance--;
    }
  }

  return {
    view: () => view,
    pen,
    album: () => album,
    flush,
    send: (message) => line.send(message),
    greet() {
      line.close();
      line = dial();
    },
    mute(seat, isMuted) {
      const whose = view.seats.find((each) => each.seat === seat);
      if (whose) muting.set(whose, isMuted);
      if (isMuted) view = { ...view, chat: view.chat.filter((line) => line.seat !== seat) };
      listener.changed(view);
    },
    isMuted: muting.has,
    retry: () => line.retry(),
    end() {
      isOver = true;
      clearInterval(sending);
      doubts.abort();
      line.close();
    },
  };
}
