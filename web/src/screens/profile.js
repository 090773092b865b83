/** One player: games, records, what the network makes of their hand. */

import * as boards from "../boards.js";
import { h } from "../dom.js";
import { text } from "../strings.js";
import { createBars } from "./bars.js";
import { categoryLink, dateOf, figure, replayIfThere, screenOf, sheetOf } from "./board-parts.js";

/** @typedef {import("./screen.js").Actions} Actions */

/** @param {Actions} actions @param {string} player */
export const createProfile = (actions, player) => screenOf(actions, boards.profile(player), (found) => page(actions, found));

/** @param {Actions} actions @param {boards.Profile} profile */
function page(actions, profile) {
  const games = profile.games.toReversed();
  return sheetOf(
    actions,
    profile.name,
    "boards",
    !profile.modes.length && h("section", { class: "sheet" }, h("p", {}, text.boards.noGames)),
    ...profile.modes.map((mode) => figures(actions, mode)),
    games.length > 0 &&
      h(
        "section",
        { class: "sheet" },
        h("h2", {}, text.boards.lastGames),
        createBars(
          text.boards.lastGames,
          games.map((game) => ({ value: game.points, title: `${dateOf(game.ended_ms)}: ${text.number(game.points)}` })),
        ),
      ),
    list(actions, text.boards.bestCategories, profile.best_categories),
    list(actions, text.boards.worstCategories, profile.worst_categories),
  );
}

/** @param {Actions} actions @param {boards.ModeFigures} mode */
function figures(actions, mode) {
  const words = text.boards;
  /** @param {boards.By} by @param {boards.BestOf | null} best */
  const record = (by, best) =>
    best &&
    fact(words.bys[by], figure(by, best.value), best.category && categoryLink(actions, best.category), replayIfThere(actions, best));
  return h(
    "section",
    { class: "sheet" },
    h("h2", {}, words.modes[mode.mode]),
    h(
      "dl",
      { class: "facts" },
      mode.rank !== null && fact(words.rank, text.number(mode.rank)),
      fact(words.bys.points, text.number(mode.points)),
      fact(words.games, text.number(mode.games)),
      fact(words.wins, text.number(mode.wins)),
      mode.drawn > 0 && fact(words.matched, text.percent(mode.matches / mode.drawn)),
      record("best", mode.best),
      record("fastest", mode.fastest),
      record("streak", mode.streak),
    ),
  );
}

/** @param {string} name @param {...import("../dom.js").Child} values */
const fact = (name, ...values) =>
  h("div", {}, h("dt", {}, name), h("dd", {}, ...values.flatMap((value, n) => (n && value ? [" ", value] : [value]))));

/** @param {Actions} actions @param {string} title @param {boards.CategoryFigures[]} categories */
function list(actions, title, categories) {
  if (!categories.length) return null;
  return h(
    "section",
    { class: "sheet" },
    h("h2", {}, title),
    h(
      "ul",
      { class: "ledger" },
      ...categories.map((each) =>
        h("li", {}, categoryLink(actions, each.category), h("small", {}, text.boards.ofDrawn(each.matched, each.drawn))),
      ),
    ),
  );
}
