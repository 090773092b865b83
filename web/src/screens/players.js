/** Who is in the room, one a line, and what can be done about each. */

import { icon } from "../art.js";
import { h, keyed, say } from "../dom.js";
import { isHost } from "../state.js";
import { text } from "../strings.js";
import { blot } from "./blot.js";
import { createDoor, favours } from "./favours.js";

/**
 * @typedef {import("../room-view.js").RoomView} RoomView
 * @typedef {import("../messages.js").SeatView} SeatView
 */

/**
 * @param {import("../session.js").Session} session
 * @param {(() => void) | null} rename what leads to another name; null where that is at hand
 * @returns {{elements: HTMLElement[], update: (view: RoomView) => void}} the list, and the room's door
 */
export function createPlayers(session, rename) {
  const list = h("ul", { class: "players" });
  const door = createDoor((locked) => session.send({ type: "lock", locked }));

  /** @param {SeatView} seat @param {boolean} isMe @param {boolean} amHost */
  function row(seat, isMe, amHost) {
    const kick = () => confirm(text.lobby.kickSure(seat.name)) && session.send({ type: "kick", seat: seat.seat });
    return h(
      "li",
      { testid: `standing-${seat.seat}` },
      blot(seat),
      h("span", { class: "who" }, seat.name, isMe && h("small", {}, ` (${text.lobby.you})`)),
      icon("crown"),
      h("small", { class: "about" }),
      h("small", { class: "extra" }),
      isMe && rename && h("button", { class: "link", testid: "rename", onclick: rename }, text.lobby.rename),
      amHost &&
        !isMe &&
        h(
          "button",
          { class: "link", testid: `kick-${seat.seat}`, "aria-label": text.lobby.kickLabel(seat.name), onclick: kick },
          text.lobby.kick,
        ),
      (amHost || !isMe) && favours(seat, isMe, amHost, session),
    );
  }

  /** @param {Element} element @param {SeatView} seat */
  function refresh(element, seat) {
    const find = (/** @type {string} */ what) => element.querySelector(what);
    const isMuted = session.isMuted(seat.seat);
    element.classList.toggle("away", seat.state === "away");
    element.classList.toggle("host", seat.host);
    const about = seat.state === "away" ? text.lobby.away : seat.host ? text.lobby.host : "";
    say(/** @type {Element} */ (find(".about")), about);
    const extra = [seat.time > 1 && text.lobby.times(seat.time), isMuted && text.lobby.muted];
    say(/** @type {Element} */ (find(".extra")), extra.filter(Boolean).join(" · "));
    const time = /** @type {HTMLSelectElement | null} */ (find("select"));
    if (time) time.value = String(seat.time);
    find(".mute")?.setAttribute("aria-pressed", String(isMuted));
  }

  return {
    elements: [list, door.element],
    update(view) {
      const amHost = isHost(view);
      door.update(view.locked, amHost);
      keyed(
        list,
        view.seats,
        (seat) => `${seat.seat} ${seat.name} ${amHost}`,
        (seat) => row(seat, seat.seat === view.seat, amHost),
        refresh,
      );
    },
  };
}
