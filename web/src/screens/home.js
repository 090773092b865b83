/** The first screen: what this is, and one tap into a game. */

import * as api from "../api.js";
import { icon, wordmark } from "../art.js";
import { h, replace, say } from "../dom.js";
import { LANGUAGES } from "../language.js";
import { NAME_CHARS } from "../protocol.js";
import { ROOT } from "../root.js";
import { text } from "../strings.js";
import { toast } from "../toast.js";
import { createDemo } from "./demo.js";

const BOARD_ROWS = 5;

/** What was typed before the language changed. */
let typedName = "";

/**
 * @param {import("./screen.js").Actions} actions
 * @param {string} invited code of an invite link, or ""
 * @returns {import("./screen.js").Screen}
 */
export function createHome(actions, invited) {
  const demo = createDemo();
  const name = h("input", {
    id: "name",
    testid: "name",
    maxlength: NAME_CHARS,
    autocomplete: "nickname",
    placeholder: text.home.namePlaceholder,
    value: typedName || (api.knownPlayer()?.name ?? ""),
    oninput: () => (typedName = name.value),
    enterkeyhint: "go",
  });
  const named = h("label", { class: "field", for: "name" }, text.home.nameLabel, name);
  const board = h("section", { class: "board", hidden: true });
  const offline = h("p", { class: "offline sheet", role: "status", testid: "offline", hidden: true });
  const doors = invited ? invitation(invited) : choices();
  const element = h(
    "div",
    { class: "home" },
    h(
      "header",
      { class: "hero" },
      h("div", { class: "masthead" }, h("h1", {}, wordmark()), languages(actions.speak), comfort()),
      h("p", { class: "tagline" }, text.home.tagline),
      demo.element,
      h("ol", { class: "steps" }, ...text.home.steps.map((step) => h("li", {}, step))),
    ),
    h(
      "div",
      { class: "doors sheet" },
      offline,
      ...doors,
      !invited && ways(),
    ),
    board,
  );
  showBoard(board).catch((error) => {
    if (!(error instanceof api.ApiError)) throw error;
    if (error.status) return;
    replace(offline, text.home.offline, " ", h("button", { class: "link", onclick: reload }, text.home.retry));
    offline.hidden = false;
    addEventListener("online", reload);
  });

  /** @param {() => Promise<void>} action */
  async function once(action) {
    if (element.hasAttribute("inert")) return;
    element.setAttribute("inert", "");
    await action();
    element.removeAttribute("inert");
  }

  /**
   * @param {string} testid
   * @param {string} label
   * @param {string} hint
   * @param {(name: string) => Promise<void>} action
   * @param {string} look
   */
  function door(testid, label, hint, action, look) {
    const click = () => once(() => action(name.value.trim()));
    return h(
      "button",
      { class: `button door ${look}`, testid, type: "button", onclick: click },
      h("b", {}, label),
      h("small", {}, hint),
    );
  }

  function choices() {
    const code = h("input", {
      id: "code",
      testid: "join-code",
      class: "code",
      placeholder: text.home.codePlaceholder,
      autocomplete: "off",
      autocapitalize: "characters",
      spellcheck: "false",
    });
    const join = (/** @type {Event} */ event) => {
      event.preventDefault();
      once(() => actions.join(name.value.trim(), code.value));
    };
    return [
      named,
      door("play-solo", text.home.solo, text.home.soloHint, actions.solo, "primary"),
      door("create-room", text.home.create, text.home.createHint, actions.create, ""),
      door("quick-play", text.home.quick, text.home.quickHint, actions.quick, ""),
      h(
        "form",
        { class: "join", onsubmit: join },
        h("label", { for: "code" }, text.home.codeLabel),
        code,
        h("button", { class: "button", testid: "join" }, text.home.join),
      ),
    ];
  }

  /** Where else to go, without a game. */
  function ways() {
    /** @param {string} path @param {{door: string, doorHint: string}} words */
    const way = (path, words) => {
      const follow = (/** @type {MouseEvent} */ event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return; // into a tab of its own
        event.preventDefault();
        actions.visit(path);
      };
      return [
        h("a", { class: "link", href: ROOT + path, testid: path, onclick: follow }, words.door),
        h("small", {}, words.doorHint),
      ];
    };
    return h(
      "div",
      { class: "ways" },
      h("p", {}, ...way("sketch", text.sketch)),
      h("p", {}, ...way("boards", text.boards)),
    );
  }

  /** @param {string} code */
  function invitation(code) {
    const news = h("p", { role: "status" });
    const enter = () => once(() => actions.join(name.value.trim(), code));
    const title = h("h2", { class: "invited" }, text.home.invited, " ", h("span", { class: "code" }, code));
    const join = h(
      "button",
      { class: "button primary door", testid: "join", onclick: enter },
      h("b", {}, text.home.joinRoom),
    );
    const elsewhere = h("button", { class: "link", testid: "elsewhere", onclick: actions.home }, text.home.elsewhere);
    api.lookUp(code).then(
      (room) => {
        const isRunning = room.phase !== "lobby" && room.phase !== "game_over";
        say(news, isRunning ? text.home.running : text.home.waiting(room.players));
      },
      (error) => {
        const isGone = error instanceof api.ApiError && error.status === 404;
        say(news, isGone ? text.errors.noRoom : text.errors.offline);
        if (!isGone) return;
        title.hidden = named.hidden = join.hidden = true; // nobody is led to a door that is none
        elsewhere.className = "button primary";
      },
    );
    return [title, news, named, join, elsewhere];
  }

  return {
    element,
    destroy() {
      removeEventListener("online", reload);
      demo.destroy();
    },
  };
}

const reload = () => location.reload();

/** @param {(tag: string) => Promise<void>} speak */
function languages(speak) {
  const picker = h(
    "select",
    { testid: "language", "aria-label": text.language, onchange: () => speak(picker.value) },
    ...Object.entries(LANGUAGES).map(([tag, name]) => h("option", { value: tag, lang: tag, selected: tag === text.tag }, name)),
  );
  return h("label", { class: "tongue" }, icon("globe"), picker);
}

/** The panel of sounds and comfort, which is fetched when it is wanted. */
function comfort() {
  const show = () => import("./comfort.js").then(({ showComfort }) => showComfort(), () => toast(text.errors.offline));
  return h(
    "button",
    { class: "icon-button", testid: "comfort", title: text.comfort.title, "aria-label": text.comfort.title, "aria-haspopup": "dialog", onclick: show },
    icon("sound"),
  );
}

/** @param {HTMLElement} board shown when there is somebody on it */
async function showBoard(board) {
  const rows = await api.leaderboard();
  if (!rows.length) return;
  replace(
    board,
    h("h2", {}, text.home.board),
    h(
      "ol",
      {},
      ...rows.slice(0, BOARD_ROWS).map((row) =>
        h(
          "li",
          {},
          h("span", { class: "rank" }, String(row.rank)),
          h("span", { class: "who" }, row.name),
          h("small", {}, text.home.games(row.games)),
          h("b", {}, text.number(row.points)),
        ),
      ),
    ),
  );
  board.hidden = false;
}
