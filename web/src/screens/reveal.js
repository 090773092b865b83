/** After a round: every drawing once more, stroke by stroke, and what the machine made of it. */

import { h, replace, say } from "../dom.js";
import { createPainter } from "../paint.js";
import { replay } from "../replay.js";
import { drawingOf, ownSeat } from "../state.js";
import { text } from "../strings.js";
import { blot } from "./blot.js";
import { curve } from "./curve.js";

const MS = 1000;

/**
 * @typedef {import("../messages.js").DrawingView} DrawingView
 *
 * @param {import("../session.js").Session} session
 * @returns {import("./screen.js").Screen}
 */
export function createReveal(session) {
  const title = h("h1", {}, text.reveal.title);
  const cards = h("ul", { class: "drawings", testid: "reveal" });
  const count = h("small", { role: "status" });
  const rest = h("small", { class: "rest", "aria-hidden": "true" });
  const ready = h(
    "button",
    { class: "button primary big", testid: "ready", onclick: () => session.send({ type: "ready" }) },
    h("span"),
    rest,
  );
  /** @type {{check: () => void, end: () => void}[]} */
  let stages = [];
  /** @type {import("../messages.js").Reveal | null} */
  let shown = null;

  /** @param {import("../room-view.js").RoomView} view */
  function showDrawings(view) {
    for (const stage of stages) stage.end();
    stages = [];
    shown = view.reveal;
    const total = (view.settings?.seconds ?? 1) * MS;
    const rank = (/** @type {DrawingView} */ drawing) =>
      drawing.seat === view.seat ? -1 : (drawing.place ?? 99);
    const all = [...(view.reveal?.drawings ?? [])].sort((a, b) => rank(a) - rank(b));
    cards.classList.toggle("single", all.length === 1);
    replace(cards, ...all.map((drawing) => card(drawing, view, total)));
  }

  /**
   * @param {DrawingView} drawing
   * @param {import("../room-view.js").RoomView} view
   * @param {number} total
   */
  function card(drawing, view, total) {
    const canvas = h("canvas", { class: "paper" });
    const isOwn = drawing.seat === view.seat;
    const ink = isOwn ? session.pen.drawing : drawingOf(view, drawing.seat);
    const { play: again, ...stage } = createStage(canvas, ink, drawing.giveaway);
    stages.push(stage);
    const isMatched = drawing.matched_ms !== null;
    return h(
      "li",
      { class: `sheet ${isMatched ? "matched" : "missed"}` },
      h("button", { class: "again", title: text.reveal.replay, "aria-label": text.reveal.replay, onclick: again }, canvas),
      h(
        "div",
        { class: "story" },
        h("h2", {}, text.category(drawing.category)),
        h("p", { class: "by" }, blot(drawing), drawing.name),
        h(
          "p",
          { class: "verdict" },
          isMatched && h("b", {}, text.round.won(drawing.points), " "),
          drawing.matched_ms === null ? text.reveal.missed : text.reveal.matched(drawing.matched_ms),
        ),
        curve(drawing, total),
        h("p", { class: "soft" }, isMatched && drawing.giveaway !== null ? text.reveal.giveaway : text.reveal.saw(drawing.top)),
      ),
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
 * One drawing, played now and again; `check` starts over when more of its ink has come in.
 * @param {HTMLCanvasElement} canvas
 * @param {import("../ink.js").Drawing} ink
 * @param {number | null} giveaway
 */
function createStage(canvas, ink, giveaway) {
  const painter = createPainter(canvas);
  let points = 0;
  let stop = () => {};
  function play() {
    stop();
    points = ink.points;
    stop = replay(ink, painter, giveaway);
  }
  play();
  return {
    play,
    check: () => ink.points !== points && play(),
    end() {
      stop();
      painter.destroy();
    },
  };
}
