/** Everybody in the room, best first: live canvases, scores and who was recognised. */

import { icon } from "../art.js";
import { h, keyed, say } from "../dom.js";
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
        h("span", { class: "mark" }, icon("tick")),
        h("b", { class: "score" }),
      ),
    );
  }

  function paint() {
    if (!view) return;
    for (const [seat, painter] of painters) painter.show(drawingOf(view, seat));
    closeUp.paint(view);
  }

  return {
    element,
    update(next) {
      view = next;
      element.classList.toggle("secret", next.settings?.prompt === "same");
      element.classList.toggle("alone", next.seats.length < 2);
      const ranked = [...next.seats].sort((a, b) => b.score - a.score || a.seat - b.seat);
      keyed(list, ranked, (seat) => `${seat.seat} ${seat.name}`, card, (row, seat) => {
        row.classList.toggle("matched", seat.matched);
        row.classList.toggle("away", seat.state === "away");
        row.classList.toggle("idle", !seat.playing);
        say(/** @type {Element} */ (row.querySelector(".score")), text.number(seat.score));
      });
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
  let seat = -1;
  const element = h(
    "dialog",
    { class: "close-up", onclick: () => element.close(), onclose: () => (seat = -1) },
    title,
    canvas,
    h("button", { class: "button" }, text.round.close),
  );
  /** @param {RoomView} view */
  const paint = (view) => {
    if (seat >= 0) painter.show(drawingOf(view, seat));
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
