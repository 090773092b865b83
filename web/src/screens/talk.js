/** What is typed in a turn: wrong guesses for all, and the talk of those who know. Older talk is in the chat. */

import { h, keyed } from "../dom.js";
import { text } from "../strings.js";
import { lineOf } from "./reactions.js";

const SHOWN = 30;

/** @returns {{element: HTMLElement, update: (view: import("../room-view.js").RoomView) => void}} */
export function createTalk() {
  const lines = h("ol");
  const element = h("div", { class: "talk", role: "log", tabindex: 0, "aria-label": text.chat.title, testid: "talk" }, lines);
  /** @type {import("../room-view.js").ChatLine[] | null} */
  let known = null;
  /** @type {number | undefined} the last line from before the turn */
  let past;
  return {
    element,
    update(view) {
      if (view.chat === known) return;
      known = view.chat;
      past ??= view.phase === "countdown" ? (known.at(-1)?.n ?? 0) : 0;
      const since = past;
      keyed(
        lines,
        known.filter(({ n }) => n > since).slice(-SHOWN),
        ({ n }) => n,
        (line) =>
          h(
            "li",
            { class: line.kind },
            h("b", {}, line.name),
            " ",
            h("span", {}, lineOf(line.text)),
            line.kind === "close" && h("em", {}, ` ${text.turn.close}`),
          ),
        () => {},
      );
      element.scrollTop = element.scrollHeight;
    },
  };
}
