/** Composition: addresses to screens, buttons to the server. A room is the business of `stay.js`. */

import * as api from "./api.js";
import { h, say } from "./dom.js";
import { chooseLanguage, startLanguage } from "./language.js";
import { CODE_ALPHABET, CODE_CHARS } from "./protocol.js";
import { pageAt } from "./pages.js";
import { ROOT } from "./root.js";
import { createFailure, sentenceFor } from "./screens/failure.js";
import { createHome } from "./screens/home.js";
import { keepShell } from "./shell.js";
import { text } from "./strings.js";
import { mountToasts, toast } from "./toast.js";

const TICK_MS = 100;
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
/** @type {import("./stay.js").Stay | null} */
let stay = null;
let visits = 0; // rooms entered or left, to know when another was gone to meanwhile

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
  home: () => actions.visit(""),
  visit(path) {
    quit();
    history.pushState(null, "", ROOT + path);
    route();
  },
  async speak(tag) {
    await chooseLanguage(tag);
    route();
    stage.querySelector("select")?.focus();
  },
  leave() {
    stay?.leave();
    actions.home();
  },
};

/** What a room needs; asked for while the first screen is being looked at. */
const fetchStay = () => import("./stay.js");

/**
 * @param {string} name
 * @param {() => Promise<string>} findRoom
 */
async function go(name, findRoom) {
  try {
    await api.ensurePlayer(name);
    await enter(await findRoom());
  } catch (error) {
    toast(sentenceFor(error));
  }
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
async function enter(code) {
  quit();
  const visit = visits;
  remember(code);
  if (!location.pathname.endsWith(`/r/${code}`)) history.pushState(null, "", `${ROOT}r/${code}`);
  say(connection, text.connection.connecting);
  const room = await fetchStay().catch(() => null);
  if (visit !== visits) return;
  if (!room) return fail(text.errors.offline, () => enter(code), 0);
  stay = room.enter(code, { show, status, shown: () => shown, screen: () => screen }, actions);
}

function quit() {
  visits++;
  stay?.end();
  stay = null;
  remember("");
  say(connection, "");
  connection.dataset["state"] = "";
}

/**
 * @param {import("./line.js").Status} status
 * @param {boolean} isFirst
 */
function status({ state, code }, isFirst) {
  connection.dataset["state"] = state;
  if (state === "stopped") {
    const room = stay?.code() || location.pathname.split("/").at(-1) || "";
    quit();
    fail(text.errors.closed[code] ?? text.errors.closedOtherwise, () => enter(room), code);
    return;
  }
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
  if (!document.activeElement?.closest(".chat")) stage.focus({ preventScroll: true });
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

/** @param {import("./pages.js").Page} page */
async function open(page) {
  const visit = visits;
  const made = await page.make().catch(() => null);
  if (visit !== visits) return made?.destroy?.();
  if (!made) return fail(text.errors.offline, route, 0);
  document.body.dataset["phase"] = page.name;
  document.title = made.title ? `${made.title} · ${text.name}` : text.name;
  show(page.name, made);
}

function route() {
  const page = pageAt(location.pathname.slice(ROOT.length), actions);
  if (page) return void open(page);
  const code = /\/r\/([^/]+)\/?$/.exec(location.pathname)?.[1] ?? "";
  const invited = codeIn(code);
  if (invited && wasHere(invited)) return void enter(invited);
  document.body.dataset["phase"] = "home";
  document.title = `${text.name}: ${text.home.tagline}`;
  if (code && !invited) toast(text.errors.noRoom);
  return show("home", createHome(actions, invited));
}

addEventListener("popstate", () => {
  quit();
  route();
});
setInterval(() => {
  const now = performance.now();
  screen.tick?.(now);
  stay?.tick(now);
}, TICK_MS);
await startLanguage();
route();
// Failing now is no mishap: what a room needs is asked for again when one is entered.
// The sketchpad needs no network of its own to open, so it is kept too.
setTimeout(() => Promise.all([fetchStay(), import("./screens/sketch.js")]).then(keepShell, () => {}), TICK_MS);
