/** After a round: every drawing once more, stroke by stroke, and what the machine made of it. */

import { h, replace, say } from "../dom.js";
import { drawingOf, ownSeat } from "../state.js";
import { text } from "../strings.js";
import { blot } from "./blot.js";
import { doubtAbout } from "./doubt.js";
import { createKeep } from "./keep.js";
import { createStage } from "./stage.js";

const MS = 1000;
const ALTERNATIVES = 3;
const LEAST = 0.005; // less reads as 0 %

/**
 * @typedef {import("../messages.js").DrawingView} DrawingView
 *
 * @param {import("../session.js").Session} session
 * @returns {import("./screen.js").Screen}
 */
export function createReveal(session) {
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
    say(title, text.reveal.headline(matched, all.length));
    cards.classList.toggle("single", all.length === 1);
    replace(cards, ...all.map((drawing) => card(drawing, view)));
  }

  /**
   * @param {DrawingView} drawing
   * @param {import("../room-view.js").RoomView} view
   */
  function card(drawing, view) {
    const ink = drawing.seat === view.seat ? session.pen.drawing : drawingOf(view, drawing.seat);
    const total = (view.settings?.seconds ?? 1) * MS;
    const stage = createStage(drawing, ink, total, view.settings?.confidence ?? 0);
    stages.push(stage);
    const isMatched = drawing.matched_ms !== null;
    const verdict =
      drawing.matched_ms === null ? text.reveal.missed : text.reveal.matched(drawing.matched_ms);
    const keepsake = () => ({
      ink,
      giveaway: drawing.giveaway,
      title: text.category(drawing.category),
      note: text.reveal.note(drawing.name, verdict),
    });
    return h(
      "li",
      { class: `sheet ${isMatched ? "matched" : "missed"}` },
      stage.sheet,
      h(
        "div",
        { class: "about" },
        h("h2", {}, text.category(drawing.category)),
        h("p", { class: "by" }, blot(drawing), drawing.name),
        doubtAbout(drawing, view),
        h("p", { class: "verdict" }, isMatched && h("b", {}, text.round.won(drawing.points), " "), verdict),
        drawing.giveaway !== null && h("p", { class: "gave" }, text.reveal.giveaway),
      ),
      stage.graph,
      alternatives(drawing),
      createKeep(keepsake),
    );
  }

  return {
    element: h(
      "div",
      { class: "reveal" },
      h("header", { class: "top" }, title),
      cards,
      h("footer", { class: "off" }, ready, count),
    ),
    update(view) {
      if (view.reveal !== shown) showDrawings(view);
      const here = view.seats.filter((seat) => seat.state === "here");
      const isReady = ownSeat(view)?.ready ?? false;
      const label = view.round >= view.rounds ? text.reveal.finish : text.reveal.next;
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

/**
 * What else, or what instead, it saw.
 * @param {DrawingView} drawing
 */
function alternatives({ top, category }) {
  if (!top.length) return h("p", { class: "soft" }, text.reveal.blank);
  const others = top.filter((guess) => guess.category !== category && guess.p >= LEAST).slice(0, ALTERNATIVES);
  if (!others.length) return null;
  return h(
    "div",
    { class: "instead" },
    h("h3", {}, top[0]?.category === category ? text.reveal.also : text.reveal.instead),
    h(
      "ol",
      {},
      ...others.map((guess) => {
        const bar = h("i", { class: "fill" });
        bar.style.transform = `scaleX(${guess.p})`;
        return h(
          "li",
          {},
          bar,
          h("span", { class: "what" }, text.category(guess.category)),
          h("span", { class: "share" }, text.percent(guess.p)),
        );
      }),
    ),
  );
}
