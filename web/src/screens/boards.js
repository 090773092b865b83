/** The leaderboards, and the last public games. */

import { ApiError, knownPlayer } from "../api.js";
import * as boards from "../boards.js";
import { h, replace, say } from "../dom.js";
import { text } from "../strings.js";
import { dateOf, figure, playerLink, replayIfThere, screenOf, sheetOf } from "./board-parts.js";

/** @typedef {import("./screen.js").Actions} Actions */

/** What was chosen last, for whoever comes back from a player's page. @type {boards.Which} */
const which = { mode: "race", period: "all", by: "points" };

/** @param {Actions} actions */
export function createBoards(actions) {
  const asked = Promise.all([boards.board(which), boards.recentGames()]);
  return screenOf(actions, asked, ([board, games]) => page(actions, board, games));
}

/**
 * @param {Actions} actions
 * @param {boards.Board} first
 * @param {boards.Game[]} games
 */
function page(actions, first, games) {
  const me = knownPlayer()?.player_id ?? "";
  const body = h("tbody");
  const valueHead = h("th", { scope: "col", class: "value" });
  const table = h(
    "table",
    { testid: "board" },
    h("caption", {}, text.boards.utc),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, text.boards.rank),
        h("th", { scope: "col" }, text.boards.player),
        h("th", { scope: "col", class: "value" }, text.boards.games),
        valueHead,
      ),
    ),
    body,
  );
  const news = h("p", { role: "status", class: "soft" });
  const more = h("button", { class: "button", hidden: true, onclick: () => fetchRows(next) }, text.boards.more);
  const mine = h("button", { class: "button", testid: "around-me", hidden: !me, onclick: findMe }, text.boards.mine);
  /** @type {string | null} */
  let next = null;
  let questions = 0;

  /** @param {boards.Board} board @param {boolean} isMore */
  function show(board, isMore) {
    const rows = board.rows.map((row) =>
      h(
        "tr",
        { class: row.player_id === me ? "me" : "" },
        h("td", {}, text.number(row.rank)),
        h("th", { scope: "row" }, playerLink(actions, row)),
        h("td", { class: "value" }, text.number(row.games)),
        h("td", { class: "value" }, figure(which.by, row.value)),
      ),
    );
    if (isMore) body.append(...rows);
    else replace(body, ...rows);
    next = board.next;
    more.hidden = next === null;
    table.hidden = !board.players;
    say(valueHead, text.boards.bys[which.by]);
    say(news, board.players ? "" : text.boards.nobody);
  }

  /** @param {Promise<boards.Board>} asked @param {boolean} isMore @param {string} otherwise */
  async function answer(asked, isMore, otherwise) {
    const question = ++questions;
    try {
      const board = await asked;
      if (question === questions) show(board, isMore);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (question === questions) say(news, error.status === 404 ? otherwise : error.status ? text.errors.unexpected : text.errors.offline);
    }
  }

  /** @param {string | null} cursor */
  function fetchRows(cursor) {
    if (cursor === null) {
      next = null; // it led on in the board that was shown
      more.hidden = true;
    }
    return answer(boards.board(which, cursor), cursor !== null, text.errors.unexpected);
  }

  async function findMe() {
    await answer(boards.around(which, me), false, text.boards.notMine);
    body.querySelector(".me")?.scrollIntoView({ block: "nearest" });
  }

  /**
   * @template {keyof boards.Which} K
   * @param {K} name
   * @param {string} label
   * @param {Record<boards.Which[K], string>} words
   */
  function choice(name, label, words) {
    const picker = h(
      "select",
      {
        testid: `board-${name}`,
        onchange() {
          which[name] = /** @type {boards.Which[K]} */ (picker.value);
          fetchRows(null);
        },
      },
      ...Object.entries(words).map(([value, word]) => h("option", { value, selected: value === which[name] }, String(word))),
    );
    return h("label", { class: "field" }, label, picker);
  }

  show(first, false);
  return sheetOf(
    actions,
    text.boards.title,
    "",
    h(
      "section",
      { class: "sheet" },
      h(
        "div",
        { class: "choices" },
        choice("by", text.boards.by, text.boards.bys),
        choice("period", text.boards.period, text.boards.periods),
        choice("mode", text.boards.mode, text.boards.modes),
      ),
      table,
      news,
      h("p", { class: "row" }, more, mine),
    ),
    games.length > 0 &&
      h(
        "section",
        { class: "sheet" },
        h("h2", {}, text.boards.recent),
        h("ul", { class: "ledger" }, ...games.map((game) => line(actions, game))),
      ),
  );
}

/** @param {Actions} actions @param {boards.Game} game */
function line(actions, game) {
  const players = game.standings.slice(0, 3).flatMap((held) => [playerLink(actions, held), ` ${text.number(held.points)}  `]);
  return h("li", {}, h("span", {}, ...players), h("small", {}, dateOf(game.ended_ms)), replayIfThere(actions, game));
}
