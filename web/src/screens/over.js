/** The podium. */

import { h, replace, say } from "../dom.js";
import { createMascot } from "../mascot.js";
import { celebrate } from "../motion.js";
import { isHost, isSolo } from "../state.js";
import { text } from "../strings.js";
import { blot } from "./blot.js";

const STEPS = 3;

/**
 * @param {import("../session.js").Session} session
 * @param {import("./screen.js").Actions} actions
 * @returns {import("./screen.js").Screen}
 */
export function createOver(session, actions) {
  const title = h("h1", { tabindex: -1 });
  const podium = h("ol", { class: "podium", testid: "podium" });
  const others = h("ol", { class: "others" });
  const mascot = createMascot();
  mascot.feel("happy");
  const rematch = h(
    "button",
    { class: "button primary big", testid: "rematch", onclick: () => session.send({ type: "rematch" }) },
    text.over.rematch,
  );
  const wait = h("p", { class: "soft" }, text.over.waitForHost);
  const element = h(
    "div",
    { class: "over" },
    h("header", { class: "top" }, mascot.element, title),
    podium,
    others,
    h(
      "footer",
      { class: "off" },
      rematch,
      wait,
      h("button", { class: "button", onclick: actions.leave }, text.over.home),
    ),
  );
  /** @type {import("../messages.js").GameOver | null} */
  let shown = null;

  /** @param {import("../messages.js").StandingView} row */
  const standing = (row) =>
    h(
      "li",
      { class: `place-${row.place}`, testid: `standing-${row.seat}` },
      blot(row),
      h("span", { class: "who" }, row.name),
      h("div", { class: "step" }, h("span", { class: "rank" }, text.ordinal(row.place)), h("b", {}, text.number(row.score))),
      h("small", {}, text.over.matches(row.matches)),
    );

  /** @param {import("../room-view.js").RoomView} view */
  function headline(view) {
    const winners = view.gameOver?.standings.filter((row) => row.place === 1) ?? [];
    if (isSolo(view) || !winners[0]) return text.over.solo;
    return winners.length > 1 ? text.over.tie : text.over.winner(winners[0].name);
  }

  return {
    element,
    update(view) {
      rematch.hidden = !isHost(view);
      wait.hidden = isHost(view);
      if (view.gameOver === shown || !view.gameOver) return;
      shown = view.gameOver;
      const ranked = [...shown.standings].sort((a, b) => a.place - b.place);
      say(title, headline(view));
      podium.classList.toggle("single", ranked.length === 1);
      replace(podium, ...ranked.slice(0, STEPS).map(standing));
      replace(others, ...ranked.slice(STEPS).map(standing));
      celebrate(element);
    },
  };
}
