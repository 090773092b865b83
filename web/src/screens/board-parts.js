/** What the boards' pages have in common: their head, links between them, figures in words. */

import * as api from "../api.js";
import { h } from "../dom.js";
import { ROOT } from "../root.js";
import { text } from "../strings.js";
import { createFailure } from "./failure.js";

/** @typedef {import("./screen.js").Actions} Actions */

/**
 * @param {Actions} actions
 * @param {string} path below the page's own address
 * @param {string} words
 */
export function goTo(actions, path, words) {
  const follow = (/** @type {MouseEvent} */ event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return; // into a tab of its own
    event.preventDefault();
    actions.visit(path);
  };
  return h("a", { class: "link", href: ROOT + path, onclick: follow }, words);
}

/** @param {Actions} actions @param {{player_id: string, name: string}} who */
export const playerLink = (actions, who) => goTo(actions, `player/${who.player_id}`, who.name);

/** @param {Actions} actions @param {string} category */
export const categoryLink = (actions, category) =>
  goTo(actions, `category/${encodeURIComponent(category)}`, text.category(category));

/** @param {Actions} actions @param {string | null} game */
export const replayOf = (actions, game) => game !== null && goTo(actions, `replay/${game}`, text.boards.watch);

/**
 * The same for what says itself whether its replay is still there.
 * @param {Actions} actions
 * @param {{game: string | null, watchable: boolean}} of
 */
export const replayIfThere = (actions, of) => replayOf(actions, of.watchable ? of.game : null);

/** @param {import("../boards.js").By} by @param {number} value */
export const figure = (by, value) => (by === "fastest" ? text.seconds(value) : text.number(value));

/** @param {number} ms Unix time */
export const dateOf = (ms) => new Intl.DateTimeFormat(text.tag, { dateStyle: "medium" }).format(ms);

/**
 * @param {Actions} actions
 * @param {string} title
 * @param {string} path where the way back leads; "" is home
 * @param {...import("../dom.js").Child} parts
 * @returns {import("./screen.js").Screen}
 */
export function sheetOf(actions, title, path, ...parts) {
  const back = goTo(actions, path, path ? text.boards.title : text.errors.home);
  const element = h("div", { class: "boards" }, h("header", { class: "top" }, h("h1", {}, title), back), ...parts);
  return { element, title };
}

/**
 * The screen that `make` makes of what was asked for, or one that says why there is none.
 * @template Found
 * @param {Actions} actions
 * @param {Promise<Found>} asked
 * @param {(found: Found) => import("./screen.js").Screen} make
 * @returns {Promise<import("./screen.js").Screen>}
 */
export async function screenOf(actions, asked, make) {
  try {
    return make(await asked);
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    const isGone = error.status === 404 || error.status === 422;
    const sentence = isGone ? text.boards.gone : error.status ? text.errors.unexpected : text.errors.offline;
    return createFailure(sentence, 0, () => {}, actions.home);
  }
}
