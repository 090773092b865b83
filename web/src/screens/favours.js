/** What can be done for a player, or about one, and the door of the room, which a host can lock. */

import { h, say } from "../dom.js";
import { TIME_FACTORS } from "../protocol.js";
import { text } from "../strings.js";

/**
 * @param {import("../messages.js").SeatView} seat
 * @param {boolean} isMe
 * @param {boolean} amHost
 * @param {import("../session.js").Session} session
 */
export function favours(seat, isMe, amHost, session) {
  const { send } = session;
  const time = h(
    "select",
    {
      testid: `time-${seat.seat}`,
      "aria-label": text.lobby.timeLabel(seat.name),
      onchange: () => send({ type: "time", seat: seat.seat, factor: Number(time.value) }),
    },
    ...TIME_FACTORS.map((factor) => h("option", { value: factor }, text.lobby.times(factor))),
  );
  const handOver = () =>
    confirm(text.lobby.handOverSure(seat.name)) && send({ type: "host", seat: seat.seat });
  const mute = h(
    "button",
    {
      class: "link mute",
      testid: `mute-${seat.seat}`,
      "aria-label": text.lobby.muteLabel(seat.name),
      onclick: () => session.mute(seat.seat, !session.isMuted(seat.seat)),
    },
    text.lobby.mute,
  );
  return h(
    "details",
    { class: "favours", testid: `favours-${seat.seat}` },
    h("summary", { "aria-label": text.lobby.favours(seat.name) }, "⋯"),
    amHost && h("label", {}, h("span", {}, text.lobby.time), time),
    !isMe && mute,
    amHost && !isMe && h("button", { class: "link", testid: `host-${seat.seat}`, onclick: handOver }, text.lobby.handOver),
  );
}

/**
 * @param {(locked: boolean) => void} send
 * @returns {{element: HTMLElement, update: (locked: boolean, amHost: boolean) => void}}
 */
export function createDoor(send) {
  const box = h("input", { type: "checkbox", testid: "lock", onchange: () => send(box.checked) });
  const choice = h("label", { class: "switch" }, box, h("span", {}, text.lobby.lock, h("small", {}, text.lobby.lockHelp)));
  const notice = h("p", { class: "soft", role: "status" });
  return {
    element: h("div", { class: "door-lock" }, choice, notice),
    update(locked, amHost) {
      choice.hidden = !amHost;
      box.checked = locked;
      say(notice, locked && !amHost ? text.lobby.locked : "");
    },
  };
}
