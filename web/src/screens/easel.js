/** The frame around one's own canvas: what covers it, how warm it is, and the stamp of a match. */

import { h, replace, say } from "../dom.js";
import { celebrate } from "../motion.js";
import { ownMatch } from "../state.js";
import { text } from "../strings.js";

/**
 * @typedef {import("../room-view.js").RoomView} RoomView
 *
 * @param {HTMLCanvasElement} canvas
 * @param {RoomView} known what happened before this was made is not celebrated again
 */
export function createEasel(canvas, known) {
  const count = h("span", { class: "count" });
  const before = h("p");
  const after = h("p", { class: "soft" });
  const cover = h("div", { class: "cover" }, before, count, after);
  const stamp = h("div", { class: "stamp" });
  const mercury = h("i", { class: "mercury" });
  const mark = h("i", { class: "mark" });
  const warmth = h("div", { class: "warmth", role: "meter", "aria-label": text.round.warmth, "aria-valuemin": 0, "aria-valuemax": 100 }, mercury, mark);
  const news = h("p", { class: "unseen", role: "status" });
  const element = h("div", { class: "easel" }, canvas, warmth, cover, stamp, news);
  let isRecognised = ownMatch(known) !== null;
  let announced = known.matches.length;
  let shownWarmth = -1;

  /** @param {RoomView} view */
  function showMatch(view) {
    const match = ownMatch(view);
    if (match && !isRecognised) {
      replace(
        stamp,
        h("b", {}, text.round.won(match.points)),
        h("span", {}, text.round.matched(match.ms)),
        view.seats.length > 1 && h("small", {}, text.round.place(match.place)),
      );
      celebrate(element);
    }
    if (!match) replace(stamp);
    isRecognised = match !== null;
    for (const other of view.matches.slice(announced)) {
      const name = view.seats.find((seat) => seat.seat === other.seat)?.name;
      if (name && other.seat !== view.seat) say(news, text.round.recognised(name));
    }
    announced = view.matches.length;
  }

  return {
    element,
    isRecognised: () => isRecognised,
    /** @param {RoomView} view */
    update(view) {
      const isDown = view.phase === "judging";
      const isCovered = view.phase !== "drawing" && !(isDown && ownMatch(view) !== null);
      if (cover.hidden === isCovered) cover.hidden = !isCovered;
      cover.classList.toggle("judging", isDown);
      say(before, isDown ? text.round.pensDown : text.round.getReady);
      say(after, isDown ? text.round.judging : view.prompt ? text.named(view.prompt.category) : "");
      showMatch(view);
    },
    /** @param {number} second 0 when nothing is counted */
    count: (second) => say(count, second ? String(second) : ""),
    /**
     * How sure the machine is of what was asked for, and how sure it must be.
     * @param {import("../messages.js").Guess | null} guess
     * @param {number} needed
     */
    warm(guess, needed) {
      const p = guess?.prompt_p ?? 0;
      mark.style.insetInlineStart = `${needed * 100}%`;
      const now = Math.round(p * 100);
      if (now === shownWarmth) return;
      shownWarmth = now;
      mercury.style.transform = `scaleX(${p})`;
      warmth.setAttribute("aria-valuenow", String(now));
      warmth.classList.toggle("hot", p >= needed && p > 0);
    },
  };
}
