/** After a round: every drawing once more, stroke by stroke, and what the machine made of it. */

import { h, replace, say } from "../dom.js";
import { drawingOf, isSolo, ownSeat, totalOf } from "../state.js";
import { text } from "../strings.js";
import { createCard } from "./card.js";
import { doubtAbout } from "./doubt.js";
import { createOutcome } from "./outcome.js";
import { doorButton } from "./players.js";
import { createReactions } from "./reactions.js";

const MS = 1000;

/**
 * @typedef {import("../messages.js").DrawingView} DrawingView
 *
 * @param {import("../session.js").Session} session
 * @param {import("./screen.js").RoomActions} actions
 * @returns {import("./screen.js").Screen}
 */
export function createReveal(session, actions) {
  const title = h("h1");
  const cards = h("ul", { class: "drawings", testid: "reveal" });
  const count = h("small", { role: "status" });
  const rest = h("small", { class: "rest", "aria-hidden": "true" });
  const ready = h(
    "button",
    { class: "button primary big", testid: "ready", onclick: () => session.send({ type: "ready" }) },
    h("span"),
    rest,
  );
  const outcome = createOutcome();
  /** @type {import("./stage.js").Stage[]} */
  let stages = [];
  /** @type {import("../messages.js").Reveal | null} */
  let shown = null;

  /** @param {import("../room-view.js").RoomView} view */
  function showDrawings(view) {
    for (const stage of stages) stage.end();
    stages = [];
    shown = view.reveal;
    const rank = (/** @type {DrawingView} */ drawing) =>
      drawing.seat === view.seat ? -1 : (drawing.place ?? 99);
    const all = [...(view.reveal?.drawings ?? [])].sort((a, b) => rank(a) - rank(b));
    const matched = all.filter((drawing) => drawing.matched_ms !== null).length;
    say(title, view.turn ? outcome.headline(view) : text.reveal.headline(matched, all.length));
    cards.classList.toggle("single", all.length === 1);
    replace(cards, ...all.map((drawing) => card(drawing, view)));
  }

  /**
   * @param {DrawingView} drawing
   * @param {import("../room-view.js").RoomView} view
   */
  function card(drawing, view) {
    const ink = drawing.seat === view.seat ? session.pen.drawing : drawingOf(view, drawing.seat);
    const { element, stage } = createCard(
      view.turn ? { ...drawing, points: 0 } : drawing, // in pictionary they are the machine’s
      ink,
      totalOf(view, drawing.seat),
      view.settings?.confidence ?? 0,
      doubtAbout(drawing, view),
    );
    stages.push(stage);
    return element;
  }

  return {
    element: h(
      "div",
      { class: "reveal" },
      h("header", { class: "top" }, doorButton(session, actions), title),
      !isSolo(session.view()) && createReactions((said) => session.send({ type: "chat", text: said })),
      outcome.element,
      cards,
      h("footer", { class: "off" }, ready, count),
    ),
    update(view) {
      outcome.update(view);
      if (view.reveal !== shown) showDrawings(view);
      const here = view.seats.filter((seat) => seat.state === "here");
      const isReady = ownSeat(view)?.ready ?? false;
      const next = view.turn ? text.turn.next : text.reveal.next;
      const label = view.round >= view.rounds ? text.reveal.finish : next;
      ready.disabled = isReady;
      say(/** @type {Element} */ (ready.firstElementChild), isReady ? text.reveal.readyNow : label);
      const others = here.filter((seat) => seat.ready).length;
      say(count, here.length > 1 ? text.reveal.count(others, here.length) : "");
    },
    paint() {
      for (const stage of stages) stage.check();
    },
    tick(now) {
      const { endsAt, total } = session.view();
      say(rest, total ? String(Math.max(0, Math.ceil((endsAt - now) / MS))) : "");
    },
    destroy() {
      for (const stage of stages) stage.end();
    },
  };
}
