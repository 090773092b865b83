/** A small drawer for talk, in every phase of a room. */

import { icon } from "../art.js";
import { h, keyed, say } from "../dom.js";
import { CHAT_CHARS } from "../protocol.js";
import { reactionIn } from "../reactions.js";
import { isSolo } from "../state.js";
import { text } from "../strings.js";
import { isTurn } from "../turns.js";
import { createReactions, lineOf } from "./reactions.js";

/**
 * @param {(said: string) => void} send
 * @returns {{element: HTMLElement, update: (view: import("../room-view.js").RoomView) => void}}
 */
export function createChat(send) {
  const unread = h("span", { class: "unread" });
  const lines = h("ol");
  const log = h("div", { class: "lines", role: "log", tabindex: 0, "aria-label": text.chat.title }, lines);
  const nobody = h("p", { class: "soft" }, text.chat.empty);
  const input = h("input", {
    maxlength: CHAT_CHARS,
    placeholder: text.chat.placeholder,
    "aria-label": text.chat.placeholder,
    autocomplete: "off",
    enterkeyhint: "send",
  });
  const drawer = h(
    "details",
    { class: "chat", testid: "chat", ontoggle: () => seen() },
    h("summary", {}, icon("chat"), h("span", { class: "label" }, text.chat.title), unread),
    h(
      "div",
      { class: "panel" },
      nobody,
      log,
      createReactions(send),
      h(
        "form",
        {
          onsubmit: (/** @type {Event} */ event) => {
            event.preventDefault();
            if (input.value.trim()) send(input.value.trim());
            input.value = "";
          },
        },
        input,
        h("button", { class: "button" }, text.chat.send),
      ),
    ),
  );
  const element = h("aside", { "aria-label": text.chat.title }, drawer);
  /** @type {import("../room-view.js").ChatLine[]} */
  let known = [];
  let read = 0; // the number of the last line that was on the screen

  /** @param {boolean} [isShown] */
  function seen(isShown = drawer.open) {
    const last = known.at(-1)?.n ?? 0;
    read = isShown ? last : Math.min(read, last); // who is muted takes lines away
    const missed = known.filter(({ n, text: said }) => n > read && !reactionIn(said)).length;
    say(unread, missed ? String(missed) : "");
    log.scrollTop = log.scrollHeight;
  }

  return {
    element,
    update(view) {
      drawer.hidden = isSolo(view);
      const isBeside = isTurn(view); // the same lines then stand beside the drawing
      if (view.chat === known) return void (isBeside && seen(true));
      known = view.chat;
      nobody.hidden = known.length > 0;
      keyed(
        lines,
        known,
        ({ n }) => n,
        (line) => h("li", {}, h("b", {}, line.name), " ", h("span", {}, lineOf(line.text))),
        () => {},
      );
      seen(isBeside || drawer.open);
    },
  };
}
