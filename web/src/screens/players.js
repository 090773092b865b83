/** Who is in the room, one a line; what can be done for or about each; the room's door and its lock. */

import { icon } from "../art.js";
import { h, keyed, say } from "../dom.js";
import { TIME_FACTORS } from "../protocol.js";
import { isHost, isSolo } from "../state.js";
import { text } from "../strings.js";
import { blot } from "./blot.js";

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

/**
 * @param {SeatView} seat
 * @param {boolean} isMe
 * @param {boolean} amHost
 * @param {import("../session.js").Session} session
 */
function favours(seat, isMe, amHost, session) {
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
function createDoor(send) {
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

/**
 * The way to these people and out of the room; who plays alone goes straight home.
 * @param {import("../session.js").Session} session
 * @param {import("./screen.js").RoomActions} actions
 */
export const doorButton = (session, actions) =>
  isSolo(session.view())
    ? h("button", { class: "icon-button", "aria-label": text.over.home, onclick: actions.home }, icon("home"))
    : h(
        "button",
        {
          class: "icon-button",
          testid: "people",
          title: text.lobby.people,
          "aria-label": text.lobby.people,
          "aria-haspopup": "dialog",
          onclick: () => actions.people(),
        },
        icon("people"),
      );
