/** The room at any time of a game: who is here, one's own name, and the ways in and out. */

import { ensurePlayer } from "../api.js";
import { icon } from "../art.js";
import { h } from "../dom.js";
import { NAME_CHARS } from "../protocol.js";
import { inviteLink } from "../root.js";
import { canShare, copy, share } from "../share.js";
import { ownSeat } from "../state.js";
import { text } from "../strings.js";
import { toast } from "../toast.js";
import { isTurn } from "../turns.js";
import { sentenceFor } from "./failure.js";
import { createPlayers } from "./players.js";

/**
 * @typedef {object} People
 * @property {(view: import("../room-view.js").RoomView) => void} update
 * @property {() => void} close
 *
 * @param {import("../session.js").Session} session
 * @param {import("./screen.js").Actions} actions
 * @param {boolean} isRenaming what it was opened for
 * @param {() => void} closed
 * @returns {People}
 */
export function showPeople(session, actions, isRenaming, closed) {
  const players = createPlayers(session, null);
  const name = h("input", { id: "new-name", testid: "new-name", maxlength: NAME_CHARS, autocomplete: "nickname", enterkeyhint: "done" });
  const form = h(
    "form",
    { class: "join", onsubmit: rename },
    h("label", { for: "new-name" }, text.home.nameLabel),
    name,
    h("button", { class: "button" }, text.lobby.rename),
  );
  const link = () => inviteLink(session.view().code);
  const invite = h(
    "button",
    { class: "button", onclick: () => (canShare() ? share(link(), text.home.tagline) : copy(link())) },
    icon(canShare() ? "share" : "copy"),
    text.lobby.invite,
  );
  const leave = h("button", { class: "link", testid: "leave-room", onclick: () => go(actions.leave) }, text.lobby.leave);
  const dialog = h(
    "dialog",
    {
      class: "comfort people",
      testid: "people-panel",
      "aria-labelledby": "people-title",
      onclick: (/** @type {MouseEvent} */ event) => event.target === dialog && dialog.close(),
      onclose: () => (dialog.remove(), closed()),
    },
    h(
      "header",
      { class: "top" },
      h("h2", { id: "people-title" }, text.lobby.people),
      h("button", { class: "icon-button", "aria-label": text.round.close, onclick: () => dialog.close() }, icon("close")),
    ),
    ...players.elements,
    form,
    h("footer", { class: "row" }, invite, leave),
  );

  /** @param {Event} event */
  async function rename(event) {
    event.preventDefault();
    const typed = name.value.trim();
    if (!typed || typed === ownSeat(session.view())?.name) return dialog.close();
    form.inert = true;
    try {
      await ensurePlayer(typed);
      session.greet();
      dialog.close();
    } catch (error) {
      toast(sentenceFor(error));
    }
    form.inert = false;
  }

  /** @param {() => void} way */
  function go(way) {
    dialog.close();
    way();
  }

  name.value = ownSeat(session.view())?.name ?? "";
  document.body.append(dialog);
  dialog.showModal();
  if (isRenaming) name.select();
  return {
    update(view) {
      players.update(view);
      form.hidden = isTurn(view); // a name could tell what is drawn
    },
    close: () => dialog.close(),
  };
}
