/** Everybody in the room, best first: live canvases, scores and who was recognised. */

import { icon } from "../art.js";
import { h, keyed, say } from "../dom.js";
import { bump, glide } from "../motion.js";
import { createPainter } from "../paint.js";
import { drawingOf } from "../state.js";
import { text } from "../strings.js";
import { blot } from "./blot.js";

/**
 * @typedef {import("../messages.js").SeatView} SeatView
 * @typedef {import("../room-view.js").RoomView} RoomView
 */

/** @returns {{element: HTMLElement, update: (view: RoomView) => void, paint: () => void, destroy: () => void}} */
export function createRivals() {
  /** @type {Map<number, import("../paint.js").Painter>} */
  const painters = new Map();
  /** @type {RoomView | null} */
  let view = null;
  let shownOrder = "";
  const list = h("ul", { class: "cards" });
  const closeUp = createCloseUp();
  const element = h(
    "section",
    { class: "rivals", testid: "rivals", "aria-label": text.round.rivals },
    list,
    closeUp.element,
  );

  /** @param {SeatView} seat */
  function card(seat) {
    const isMe = seat.seat === view?.seat;
    const canvas = h("canvas", { class: "paper" });
    if (!isMe) {
      painters.get(seat.seat)?.destroy();
      painters.set(seat.seat, createPainter(canvas));
    }
    const face = isMe
      ? h("span", { class: "face" }, blot(seat))
      : h(
          "button",
          {
            class: "face",
            "aria-label": text.round.canvasOf(seat.name),
            onclick: () => view && closeUp.open(seat, view),
          },
          canvas,
          h("span", { class: "veil" }, text.round.hidden),
        );
    return h(
      "li",
      { class: isMe ? "me" : "", testid: `standing-${seat.seat}` },
      face,
      h(
        "span",
        { class: "line" },
        h("span", { class: "who" }, seat.name),
        h("span", { class: "mark" }, icon("tick"), h("span", { class: "when" })),
        h("b", { class: "score" }),
      ),
    );
  }

  /** @param {Element} row @param {SeatView} seat */
  function refresh(row, seat) {
    const match = view?.matches.find((each) => each.seat === seat.seat);
    row.classList.toggle("matched", seat.matched);
    row.classList.toggle("away", seat.state === "away");
    row.classList.toggle("idle", !seat.playing);
    const [score, when] = [".score", ".when"].map((name) => /** @type {Element} */ (row.querySelector(name)));
    if (!score || !when) return;
    const points = text.number(seat.score);
    if (score.textContent && score.textContent !== points) bump(row);
    say(score, points);
    say(when, match ? text.seconds(match.ms) : "");
  }

  function paint() {
    if (!view) return;
    for (const [seat, painter] of painters) painter.show(drawingOf(view, seat));
    closeUp.paint(view);
  }

  return {
    element,
    update(next) {
      const isKnown = view?.seats === next.seats && view.matches === next.matches;
      view = next;
      if (isKnown && shownOrder) return;
      element.classList.toggle("secret", next.settings?.prompt === "same");
      element.classList.toggle("alone", next.seats.length < 2);
      const ranked = [...next.seats].sort((a, b) => b.score - a.score || a.seat - b.seat);
      const arrange = () => keyed(list, ranked, (seat) => `${seat.seat} ${seat.name}`, card, refresh);
      const order = ranked.map(({ seat }) => seat).join();
      if (order === shownOrder || !shownOrder) arrange();
      else glide(list, arrange);
      shownOrder = order;
      for (const [seat, painter] of painters) {
        if (next.seats.some((other) => other.seat === seat)) continue;
        painter.destroy();
        painters.delete(seat);
      }
      paint();
    },
    paint,
    destroy() {
      for (const painter of painters.values()) painter.destroy();
      closeUp.destroy();
    },
  };
}

/** One rival's canvas, large. */
function createCloseUp() {
  const canvas = h("canvas", { class: "paper" });
  const painter = createPainter(canvas);
  const title = h("h2");
  const verdict = h("p", { class: "verdict", role: "status" });
  let seat = -1;
  const element = h(
    "dialog",
    { class: "close-up", onclick: () => element.close(), onclose: () => (seat = -1) },
    h("header", { class: "top" }, title, verdict),
    canvas,
    h("button", { class: "button" }, text.round.close),
  );
  /** @param {RoomView} view */
  const paint = (view) => {
    if (seat < 0) return;
    painter.show(drawingOf(view, seat));
    const match = view.matches.find((each) => each.seat === seat);
    say(verdict, match ? text.round.matched(match.ms) : "");
  };
  return {
    element,
    /** @param {SeatView} whose @param {RoomView} view */
    open(whose, view) {
      seat = whose.seat;
      say(title, whose.name);
      element.showModal();
      paint(view);
    },
    paint,
    destroy: painter.destroy,
  };
}
