/**
 * A stay in a room: the session, its phases as screens, the chat and the sounds. Fetched when
 * somebody enters one, or a little before.
 */

import { createChat } from "./screens/chat.js";
import { createLobby } from "./screens/lobby.js";
import { createSky } from "./screens/reactions.js";
import { createRound } from "./screens/round.js";
import { enterRoom } from "./session.js";
import { isHost, isSolo, ownMatch } from "./state.js";
import { isDrawer, isTurn } from "./turns.js";
import { text } from "./strings.js";
import { toast } from "./toast.js";

const ADMIRED_MS = 1_600; // a match can end the round at once; the joy gets its moment first
const RETRY_MS = 2_000;

/**
 * @typedef {import("./screens/screen.js").Screen} Screen
 * @typedef {import("./screens/screen.js").Actions} Actions
 * @typedef {import("./screens/screen.js").RoomActions} RoomActions
 * @typedef {import("./session.js").Session} Session
 *
 * @typedef {object} Stage
 * @property {(name: string, screen: Screen) => void} show
 * @property {() => string} shown
 * @property {() => Screen} screen
 * @property {(status: import("./line.js").Status, isFirst: boolean) => void} status
 *
 * @typedef {object} Stay
 * @property {() => string} code
 * @property {(now: number) => void} tick
 * @property {() => void} leave give up the seat
 * @property {() => void} end
 */

/** What comes after a round, and what is heard, is fetched while people wait in the lobby. */
const fetchRest = () =>
  Promise.all([
    import("./screens/reveal.js"),
    import("./screens/over.js"),
    import("./screens/guesser.js"),
    import("./ears.js"),
  ]).then(([{ createReveal }, { createOver }, { createGuesser }, { createEars }]) => ({
    createReveal,
    createOver,
    createGuesser,
    createEars,
  }));

/** @type {Awaited<ReturnType<typeof fetchRest>> | null} */
let rest = null;

/** Screens of a room; the phases of a round share one. */
const SCREENS = {
  lobby: { name: "lobby", make: createLobby },
  countdown: { name: "round", make: createRound },
  drawing: { name: "round", make: createRound },
  judging: { name: "round", make: createRound },
  reveal: { name: "reveal", make: later("createReveal") },
  game_over: { name: "game_over", make: later("createOver") },
};
const GUESSER = { name: "guesser", make: later("createGuesser") };

/**
 * In pictionary only one draws.
 * @param {import("./room-view.js").RoomView} view
 */
const screenFor = (view) => (isTurn(view) && !isDrawer(view) ? GUESSER : SCREENS[view.phase]);

/**
 * @param {"createReveal" | "createOver" | "createGuesser"} make
 * @returns {(session: Session, actions: RoomActions) => Screen | null}
 */
function later(make) {
  return (...given) => rest?.[make](...given) ?? null;
}

/**
 * @param {string} code
 * @param {Stage} stage
 * @param {Actions} actions
 * @returns {Stay}
 */
export function enter(code, stage, actions) {
  let isOver = false;
  let isKnown = false; // a welcome has come
  let hasStarted = false;
  let isMatched = false;
  let admiredUntil = 0;
  let waiting = 0; // the timer of a screen held back
  /** @type {ReturnType<typeof import("./ears.js").createEars> | null} */
  let ears = null;
  /** @type {import("./screens/people.js").People | null} */
  let people = null;
  /** @type {RoomActions} */
  const within = { ...actions, people: (isRenaming = false) => void openPeople(isRenaming) };
  const room = enterRoom(code, {
    changed,
    inked: () => stage.screen().paint?.(),
    status: (status) => stage.status(status, !isKnown),
    refused: toast,
  });
  const chat = createChat((said) => room.send({ type: "chat", text: said }));
  const sky = createSky();
  document.body.append(chat.element, sky.element);
  listen();

  async function listen() {
    try {
      rest ??= await fetchRest();
    } catch {
      setTimeout(() => isOver || listen(), RETRY_MS);
      return;
    }
    if (isOver) return;
    ears = rest.createEars();
    if (room.view().isKnown) changed(room.view());
  }

  /** @param {import("./room-view.js").RoomView} view */
  function changed(view) {
    if (isOver) return;
    sky.update(view.chat, !isKnown);
    isKnown ||= view.isKnown;
    const next = screenFor(view);
    ears?.hear(view);
    if (view.phase !== "lobby") hasStarted = false;
    else if (isSolo(view) && isHost(view)) return soloStart();
    const now = performance.now();
    if (ownMatch(view) && !isMatched) admiredUntil = now + ADMIRED_MS;
    isMatched = ownMatch(view) !== null;
    if (stage.shown() === "round" && next.name !== "round" && now < admiredUntil) {
      clearTimeout(waiting);
      waiting = setTimeout(() => changed(room.view()), admiredUntil - now);
      return;
    }
    if (stage.shown() !== next.name) {
      const made = next.make(room, within);
      if (!made) return; // still being fetched
      stage.show(next.name, made);
    }
    document.body.dataset["phase"] = view.phase;
    document.title = titleFor(view);
    stage.screen().update?.(view);
    chat.update(view);
    people?.update(view);
    chat.element.hidden = isTurn(view); // what is typed then stands beside the drawing
  }

  /** @param {boolean} isRenaming */
  async function openPeople(isRenaming) {
    const fetched = await import("./screens/people.js").catch(() => null);
    if (!fetched) return toast(text.errors.offline);
    if (isOver || people) return;
    people = fetched.showPeople(room, actions, isRenaming, () => (people = null));
    people.update(room.view());
  }

  /** Nobody to wait for: the lobby is not even shown. */
  function soloStart() {
    hasStarted ||= room.send({ type: "start" });
  }

  return {
    code: () => room.view().code,
    tick: (now) => ears?.tick(now),
    leave: () => room.send({ type: "leave" }),
    end() {
      isOver = true;
      clearTimeout(waiting);
      ears?.end();
      people?.close();
      room.end();
      chat.element.remove();
      sky.element.remove();
    },
  };
}

/** @param {import("./room-view.js").RoomView} view */
function titleFor(view) {
  if (view.phase === "lobby") return `${view.code} · ${text.name}`;
  return `${text.round.round(view.round, view.rounds)} · ${text.name}`;
}
