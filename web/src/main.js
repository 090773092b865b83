/** Composition: addresses to screens, buttons to the server, the room's phases to screens. */

import * as api from "./api.js";
import { h, say } from "./dom.js";
import { CODE_ALPHABET, CODE_CHARS } from "./protocol.js";
import { ROOT } from "./root.js";
import { createChat } from "./screens/chat.js";
import { createFailure } from "./screens/failure.js";
import { createHome } from "./screens/home.js";
import { createLobby } from "./screens/lobby.js";
import { createOver } from "./screens/over.js";
import { createReveal } from "./screens/reveal.js";
import { createRound } from "./screens/round.js";
import { enterRoom } from "./session.js";
import { isHost, isSolo, ownMatch } from "./state.js";
import { text } from "./strings.js";
import { mountToasts, toast } from "./toast.js";

const TICK_MS = 100;
const ADMIRED_MS = 1_600; // a match can end the round at once; the joy gets its moment first
const LAST_ROOM = "inkling.room";

/**
 * @typedef {import("./screens/screen.js").Screen} Screen
 * @typedef {import("./screens/screen.js").Actions} Actions
 */

const stage = h("main", { tabindex: -1 });
const connection = h("p", { class: "connection", role: "status", testid: "connection" });
document.body.append(stage, connection);
mountToasts(document.body);

/** @type {Screen} */
let screen = { element: h("div") };
let shown = "";
/** @type {import("./session.js").Session | null} */
let session = null;
/** @type {ReturnType<typeof createChat> | null} */
let chat = null;
let hasStarted = false;
let isMatched = false;
let admiredUntil = 0;
let waiting = 0; // the timer of a screen held back

/** @type {Actions} */
const actions = {
  solo: (name) => go(name, () => api.createRoom({ players: 1 })),
  create: (name) => go(name, () => api.createRoom({})),
  quick: (name) => go(name, () => api.quickPlay()),
  async join(name, typed) {
    const code = codeIn(typed);
    if (!code) return toast(text.home.badCode);
    return go(name, async () => (await api.lookUp(code)).code);
  },
  home() {
    quit();
    history.pushState(null, "", ROOT);
    route();
  },
  leave() {
    session?.send({ type: "leave" });
    actions.home();
  },
};

/** Screens of a room; the phases of a round share one. */
const ROOM_SCREENS = {
  lobby: { name: "lobby", make: createLobby },
  countdown: { name: "round", make: createRound },
  drawing: { name: "round", make: createRound },
  judging: { name: "round", make: createRound },
  reveal: { name: "reveal", make: createReveal },
  game_over: { name: "game_over", make: createOver },
};

/**
 * @param {string} name
 * @param {() => Promise<string>} findRoom
 */
async function go(name, findRoom) {
  try {
    await api.ensurePlayer(name);
    enter(await findRoom());
  } catch (error) {
    toast(sentenceFor(error));
  }
}

/** @param {unknown} error */
function sentenceFor(error) {
  if (!(error instanceof api.ApiError)) throw error;
  if (error.message) return error.message;
  if (error.status === 404) return text.errors.noRoom;
  return error.status ? text.errors.unexpected : text.errors.offline;
}

/**
 * A room code, typed in any style or pasted as a whole invite link.
 * @param {string} typed
 */
function codeIn(typed) {
  const code = (typed.split("/").at(-1) ?? "").toUpperCase().replace(/[\s-]/g, "");
  const isCode = code.length === CODE_CHARS && [...code].every((c) => CODE_ALPHABET.includes(c));
  return isCode ? code : "";
}

/** @param {string} code */
function enter(code) {
  quit();
  hasStarted = false;
  remember(code);
  if (!location.pathname.endsWith(`/r/${code}`)) history.pushState(null, "", `${ROOT}r/${code}`);
  const mine = enterRoom(code, {
    changed: (view) => mine === session && changed(view),
    inked: () => screen.paint?.(),
    status,
    refused: toast,
  });
  session = mine;
  chat = createChat((said) => mine.send({ type: "chat", text: said }));
  document.body.append(chat.element);
}

function quit() {
  session?.end();
  session = null;
  chat?.element.remove();
  chat = null;
  remember("");
  say(connection, "");
  connection.dataset["state"] = "";
}

/** @param {import("./room-view.js").RoomView} view */
function changed(view) {
  const room = /** @type {import("./session.js").Session} */ (session);
  const next = ROOM_SCREENS[view.phase];
  if (view.phase !== "lobby") hasStarted = false;
  else if (isSolo(view) && isHost(view)) return soloStart(room);
  const now = performance.now();
  if (ownMatch(view) && !isMatched) admiredUntil = now + ADMIRED_MS;
  isMatched = ownMatch(view) !== null;
  if (shown === "round" && next.name !== "round" && now < admiredUntil) {
    clearTimeout(waiting);
    waiting = setTimeout(() => room === session && changed(room.view()), admiredUntil - now);
    return;
  }
  if (shown !== next.name) show(next.name, next.make(room, actions));
  document.body.dataset["phase"] = view.phase;
  document.title = titleFor(view);
  screen.update?.(view);
  chat?.update(view);
}

/**
 * Nobody to wait for: the lobby is not even shown.
 * @param {import("./session.js").Session} room
 */
function soloStart(room) {
  hasStarted ||= room.send({ type: "start" });
}

/** @param {import("./room-view.js").RoomView} view */
function titleFor(view) {
  if (view.phase === "lobby") return `${view.code} · ${text.name}`;
  return `${text.round.round(view.round, view.rounds)} · ${text.name}`;
}

/** @param {import("./line.js").Status} status */
function status({ state, code }) {
  connection.dataset["state"] = state;
  if (state === "stopped") {
    const room = session?.view().code || location.pathname.split("/").at(-1) || "";
    quit();
    fail(text.errors.closed[code] ?? text.errors.closedOtherwise, () => enter(room), code);
    return;
  }
  const isFirst = !session?.view().isKnown;
  say(connection, isFirst && state !== "open" ? text.connection.connecting : text.connection[state]);
}

/**
 * @param {string} sentence
 * @param {() => void} again
 * @param {number} code
 */
function fail(sentence, again, code) {
  document.body.dataset["phase"] = "error";
  show("error", createFailure(sentence, code, again, actions.home));
}

/**
 * @param {string} name
 * @param {Screen} next
 */
function show(name, next) {
  screen.destroy?.();
  screen = next;
  shown = name;
  stage.replaceChildren(next.element);
  if (!chat?.element.contains(document.activeElement)) stage.focus({ preventScroll: true });
  scrollTo(0, 0);
}

/** @param {string} code empty to forget */
function remember(code) {
  try {
    localStorage.setItem(LAST_ROOM, code);
  } catch {
    // Without storage a reload asks once more for a tap on "join".
  }
}

/** @param {string} code */
function wasHere(code) {
  try {
    return localStorage.getItem(LAST_ROOM) === code && api.knownPlayer() !== null;
  } catch {
    return false;
  }
}

function route() {
  const code = /\/r\/([^/]+)\/?$/.exec(location.pathname)?.[1] ?? "";
  const invited = codeIn(code);
  if (invited && wasHere(invited)) return enter(invited);
  document.body.dataset["phase"] = "home";
  document.title = `${text.name}: ${text.home.tagline}`;
  if (code && !invited) toast(text.errors.noRoom);
  return show("home", createHome(actions, invited));
}

addEventListener("popstate", () => {
  quit();
  route();
});
setInterval(() => screen.tick?.(performance.now()), TICK_MS);
route();
