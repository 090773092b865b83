/** How a turn of pictionary went: what it was, who knew it when, and what that was worth. */

import { h, replace } from "../dom.js";
import { text } from "../strings.js";
import { blot } from "./blot.js";

/**
 * @typedef {import("../room-view.js").RoomView} RoomView
 *
 * @returns {{element: HTMLElement, headline: (view: RoomView) => string, update: (view: RoomView) => void}}
 */
export function createOutcome() {
  const solves = h("ol", { class: "solves", testid: "solves" });
  const earned = h("p", { class: "earned" });
  const element = h("section", { class: "outcome sheet", hidden: true, "aria-label": text.turn.outcome }, solves, earned);
  /** @type {import("../messages.js").Turn | null} */
  let shown = null;

  return {
    element,
    headline: ({ turn }) => (turn?.category ? text.turn.was(turn.category) : ""),
    update({ turn, seats }) {
      element.hidden = turn === null;
      if (!turn || turn === shown) return;
      shown = turn;
      const rows = turn.solves.map(({ seat, ms, points }) => {
        const name = seat === null ? text.name : (seats.find((each) => each.seat === seat)?.name ?? "");
        return h(
          "li",
          {},
          blot({ seat, name }),
          h("span", { class: "who" }, name),
          h("span", { class: "when" }, text.seconds(ms)),
          h("b", {}, text.round.won(points)),
        );
      });
      replace(solves, ...(rows.length ? rows : [h("li", {}, text.turn.nobody)]));
      const { points, beaten } = turn;
      const isEarned = points && beaten && turn.drawer !== null;
      earned.textContent = isEarned ? text.turn.earned(turn.name, beaten, points) : "";
    },
  };
}
