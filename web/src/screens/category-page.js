/** One category: how often it is recognised in play, how soon, who was fastest, and how people draw it. */

import * as boards from "../boards.js";
import { LINE } from "../brush.js";
import { h, s } from "../dom.js";
import { text } from "../strings.js";
import { SIZE, pathOf } from "../svg.js";
import { createBars } from "./bars.js";
import { playerLink, replayIfThere, replayOf, screenOf, sheetOf } from "./board-parts.js";

/** @typedef {import("./screen.js").Actions} Actions */

/** @param {Actions} actions @param {string} name */
export const createCategoryPage = (actions, name) =>
  screenOf(actions, Promise.all([boards.category(decoded(name)), boards.drawings(decoded(name))]), (found) =>
    page(actions, ...found),
  );

/** @param {string} name as it stands in the address, which anybody may have typed */
function decoded(name) {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** @param {Actions} actions @param {boards.CategoryPage} category @param {boards.PublicInk[]} drawings */
function page(actions, { name, in_play: played }, drawings) {
  const words = text.boards;
  return sheetOf(
    actions,
    text.category(name),
    "boards",
    h(
      "section",
      { class: "sheet" },
      h("p", {}, played.drawn ? words.ofDrawn(played.matched, played.drawn) : words.neverDrawn),
      played.mean_ms !== null && h("p", {}, words.mean(played.mean_ms)),
    ),
    played.matched > 0 &&
      h(
        "section",
        { class: "sheet" },
        h("h2", {}, words.times),
        createBars(
          words.times,
          played.times.map((slice) => ({
            value: slice.matches,
            title: `${text.seconds(slice.from_ms)}: ${text.number(slice.matches)}`,
            foot: text.number(slice.from_ms / 1000),
          })),
        ),
        h("h2", {}, words.bys.fastest),
        h(
          "ol",
          { class: "ledger" },
          ...played.fastest.map((each) =>
            h("li", {}, playerLink(actions, each), h("b", {}, text.seconds(each.ms)), replayIfThere(actions, each)),
          ),
        ),
      ),
    drawings.length > 0 &&
      h(
        "section",
        { class: "sheet" },
        h("h2", {}, words.howDrawn),
        h("ul", { class: "sketches" }, ...drawings.map((each) => h("li", {}, sketch(each), replayOf(actions, each.game)))),
      ),
  );
}

/** @param {boards.PublicInk} drawing */
function sketch({ ms, ink }) {
  const label = text.seconds(ms);
  const strokes = ink.map(([xs = [], ys = [], times = []]) => xs.flatMap((x, at) => [x, ys[at] ?? 0, times[at] ?? 0]));
  return s(
    "svg",
    { viewBox: `0 0 ${SIZE} ${SIZE}`, role: "img", "aria-label": label },
    s("title", {}, label),
    ...strokes.map((stroke) => s("path", { d: pathOf(stroke), "stroke-width": SIZE * LINE })),
  );
}
