/** Everybody at the table in pictionary, the machine among them: who draws, who knows, the scores. */

import { icon } from "../art.js";
import { h, keyed, say } from "../dom.js";
import { bump, glide } from "../motion.js";
import { text } from "../strings.js";
import { solvedSince, solveOf } from "../turns.js";
import { blot } from "./blot.js";

/**
 * @typedef {import("../room-view.js").RoomView} RoomView
 * @typedef {{seat: number | null, name: string, score: number, isAway: boolean}} Row
 */

/** @returns {{element: HTMLElement, update: (view: RoomView) => void, paint: () => void, destroy: () => void}} */
export function createTable() {
  const list = h("ul", { class: "sitters" });
  const news = h("p", { class: "unseen", role: "status" });
  /** @type {RoomView | null} */
  let shown = null;
  let shownOrder = "";

  /** @param {Row} row */
  const place = ({ seat, name }) =>
    h(
      "li",
      { testid: `standing-${seat ?? "machine"}` },
      blot({ seat, name }),
      h("span", { class: "who" }, name),
      h("span", { class: "mark" }, icon("tick"), h("span", { class: "when" })),
      h("b", { class: "score" }),
    );

  /** @param {Element} element @param {Row} row */
  function refresh(element, { seat, score, isAway }) {
    const solve = shown && solveOf(shown, seat);
    element.classList.toggle("matched", Boolean(solve));
    element.classList.toggle("away", isAway);
    element.classList.toggle("drawer", seat !== null && seat === shown?.turn?.drawer);
    const [points, when] = [".score", ".when"].map((name) => /** @type {Element} */ (element.querySelector(name)));
    if (!points || !when) return;
    if (points.textContent && points.textContent !== text.number(score)) bump(element);
    say(points, text.number(score));
    say(when, solve ? text.seconds(solve.ms) : "");
  }

  /** @param {RoomView} view */
  function tell(view) {
    if (!shown || view.turn?.drawer !== shown.turn?.drawer) return;
    for (const { seat } of solvedSince(shown, view)) {
      const name = view.seats.find((each) => each.seat === seat)?.name;
      if (seat === null) say(news, text.turn.machineKnows);
      else if (name && seat !== view.seat) say(news, text.turn.solvedBy(name));
    }
  }

  return {
    element: h("section", { class: "table", testid: "table", "aria-label": text.round.rivals }, list, news),
    update(view) {
      if (shown?.seats === view.seats && shown.turn === view.turn) return;
      tell(view);
      shown = view;
      const people = view.seats.map(({ seat, name, score, state }) => ({ seat, name, score, isAway: state === "away" }));
      const machine = { seat: null, name: text.name, score: view.turn?.machine_score ?? 0, isAway: false };
      const rows = /** @type {Row[]} */ ([...people, machine]).sort((a, b) => b.score - a.score);
      const arrange = () => keyed(list, rows, ({ seat, name }) => `${seat} ${name}`, place, refresh);
      const order = rows.map(({ seat }) => seat).join();
      if (order === shownOrder || !shownOrder) arrange();
      else glide(list, arrange);
      shownOrder = order;
    },
    paint() {},
    destroy() {},
  };
}
