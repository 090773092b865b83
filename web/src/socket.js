/**
 * One room's connection. It never gives up while the page is open, unless the server says that
 * coming back is pointless (close codes 4500-4999). Timers, chance and the socket itself are
 * passed in, so that tests run without waiting.
 */

import { isFinal } from "./protocol.js";

export const FIRST_DELAY_MS = 300;
export const LAST_DELAY_MS = 5_000;
export const PING_MS = 10_000;
export const PONG_MS = 5_000;
export const PROBE_MS = 3_000; // for the answer of a line that may have changed under us
const NO_CODE = 0; // the line died without a word

/**
 * How long to wait before attempt `attempt` (0 for the first): doubling, between a half and the
 * whole of the step, so that a restarted server does not meet everybody at once.
 * @param {number} attempt
 * @param {number} random 0..1
 */
export function backOff(attempt, random) {
  const step = Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt, 10));
  return Math.max(FIRST_DELAY_MS, step * (0.5 + random / 2));
}

/**
 * @param {import("./line.js").Wiring} wiring
 * @returns {import("./line.js").Line}
 */
export function connect(wiring) {
  const { setTimer, clearTimer } = wiring;
  /** @type {WebSocket | null} */
  let socket = null;
  let isWelcome = false;
  let isOver = false; // hung up for good, by either side
  let attempt = 0;
  let pings = 0;
  /** @type {unknown} */
  let retryTimer = null;
  /** @type {unknown} */
  let pingTimer = null;
  /** @type {unknown} */
  let pongTimer = null;

  function dial() {
    clearTimer(retryTimer);
    wiring.onStatus({ state: "connecting", code: NO_CODE });
    const mine = wiring.open(wiring.url);
    mine.binaryType = "arraybuffer";
    socket = mine;
    mine.onopen = () => mine.send(JSON.stringify(wiring.hello()));
    mine.onmessage = (event) => {
      if (mine !== socket) return;
      expect();
      if (typeof event.data !== "string") return wiring.onBinary(event.data);
      const message = JSON.parse(event.data);
      if (message.type === "welcome") {
        attempt = 0;
        isWelcome = true;
        wiring.onStatus({ state: "open", code: NO_CODE });
      }
      return wiring.onMessage(message);
    };
    mine.onclose = (event) => mine === socket && lost(event.code);
    expect();
  }

  /** Something was heard: ping after a quiet while, and hang up if even that stays unanswered. */
  function expect() {
    clearTimer(pingTimer);
    clearTimer(pongTimer);
    pingTimer = setTimer(() => ask(PONG_MS), PING_MS);
  }

  /** @param {number} patience */
  function ask(patience) {
    clearTimer(pingTimer);
    clearTimer(pongTimer);
    if (isWelcome) socket?.send(JSON.stringify({ type: "ping", id: ++pings }));
    pongTimer = setTimer(() => hangUp(NO_CODE), patience);
  }

  /** @param {number} code */
  function hangUp(code) {
    // A dead line answers no closing handshake, so its close event is not waited for.
    const dead = socket;
    lost(code);
    dead?.close();
  }

  /** @param {number} code */
  function lost(code) {
    socket = null;
    isWelcome = false;
    clearTimer(pingTimer);
    clearTimer(pongTimer);
    clearTimer(retryTimer);
    if (isFinal(code)) {
      isOver = true;
      return wiring.onStatus({ state: "stopped", code });
    }
    retryTimer = setTimer(dial, backOff(attempt++, wiring.random()));
    return wiring.onStatus({ state: "waiting", code });
  }

  dial();
  return {
    send(message) {
      if (!socket || !isWelcome) return false;
      socket.send(message instanceof ArrayBuffer ? message : JSON.stringify(message));
      return true;
    },
    isOpen: () => socket !== null && isWelcome,
    retry() {
      if (isOver) return;
      if (!socket) dial();
      else if (isWelcome) ask(PROBE_MS);
    },
    close() {
      isOver = true;
      clearTimer(retryTimer);
      clearTimer(pingTimer);
      clearTimer(pongTimer);
      const last = socket;
      socket = null;
      last?.close(1000);
    },
  };
}
