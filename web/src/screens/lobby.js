/** The waiting room: who is here, how to bring friends, how to play, and off we go. */

import { icon, wordmark } from "../art.js";
import { h, keyed, replace, say } from "../dom.js";
import { createMascot } from "../mascot.js";
import { isHost } from "../state.js";
import { text } from "../strings.js";
import { isPictionary } from "../turns.js";
import { blot } from "./blot.js";
import { createDoor, favours } from "./favours.js";
import { learningSwitch } from "./learning-switch.js";
import { summary } from "./summary.js";
import { createTicket } from "./ticket.js";

/**
 * @param {import("../session.js").Session} session
 * @param {import("./screen.js").Actions} actions
 * @returns {import("./screen.js").Screen}
 */
export function createLobby(session, actions) {
  const ticket = createTicket();
  const count = h("small");
  const players = h("ul", { class: "players" });
  /** @type {import("./rules.js").Rules | null} */
  let rules = null;
  let isFetching = false;
  const controls = h("div");
  const lines = h("ul", { class: "summary" });
  const rulesTitle = h("h2");
  const door = createDoor((locked) => session.send({ type: "lock", locked }));
  const mascot = createMascot();
  mascot.feel("happy");
  const start = h("button", {
    class: "button primary big",
    testid: "start",
    onclick: () => session.send({ type: "start" }),
  });
  const wait = h("p", { class: "soft", role: "status" }, text.lobby.waitForHost);

  const element = h(
    "div",
    { class: "lobby" },
    h(
      "header",
      { class: "top" },
      h("h1", {}, wordmark(), h("span", { class: "unseen" }, ` · ${text.lobby.title}`)),
      h("button", { class: "link", testid: "leave", onclick: actions.leave }, text.lobby.leave),
    ),
    ticket.element,
    h(
      "section",
      { class: "crowd sheet" },
      h("h2", {}, text.lobby.players, " ", count),
      players,
      door.element,
      learningSwitch(),
    ),
    h("div", { class: "off" }, mascot.element, start, wait),
    h("section", { class: "rules sheet" }, rulesTitle, controls, lines),
  );

  /** Only hosts need the settings, so only they fetch them. */
  async function fetchRules() {
    if (isFetching) return;
    isFetching = true;
    try {
      const { createRules } = await import("./rules.js");
      rules = createRules((settings) => session.send({ type: "settings", settings }));
      replace(controls, rules.element);
      update(session.view());
    } catch {
      isFetching = false; // the next update tries again; the room can be started all the same
    }
  }

  /** @param {import("../room-view.js").RoomView} view */
  function update(view) {
    const amHost = isHost(view);
    const here = view.seats.filter((seat) => seat.state === "here").length;
    ticket.show(view.code);
    say(count, text.lobby.count(view.seats.length, view.settings?.players ?? 0));
    say(rulesTitle, amHost ? text.lobby.hostsRules : text.lobby.rules);
    start.disabled = isPictionary(view) && view.seats.length < 2;
    say(start, start.disabled ? text.lobby.takesTwo : here > 1 ? text.lobby.start : text.lobby.startAlone);
    start.hidden = !amHost;
    wait.hidden = amHost;
    controls.hidden = !amHost;
    lines.hidden = amHost;
    door.update(view.locked, amHost);
    if (amHost) fetchRules();
    if (view.settings) {
      if (amHost) rules?.update(view.settings, view.deckSize);
      replace(lines, ...summary(view.settings, view.deckSize).map((line) => h("li", {}, line)));
    }
    keyed(
      players,
      view.seats,
      (seat) => `${seat.seat} ${seat.name} ${amHost}`,
      (seat) => playerRow(seat, seat.seat === view.seat, amHost),
      (row, seat) => {
        row.classList.toggle("away", seat.state === "away");
        const about = seat.state === "away" ? text.lobby.away : seat.host ? text.lobby.host : "";
        say(/** @type {Element} */ (row.querySelector(".about")), about);
        row.classList.toggle("host", seat.host);
        const extra = row.querySelector("select");
        if (extra) extra.value = String(seat.time);
        say(/** @type {Element} */ (row.querySelector(".extra")), seat.time > 1 ? text.lobby.times(seat.time) : "");
      },
    );
  }

  /**
   * @param {import("../messages.js").SeatView} seat
   * @param {boolean} isMe
   * @param {boolean} amHost
   */
  function playerRow(seat, isMe, amHost) {
    const kick = () => confirm(text.lobby.kickSure(seat.name)) && session.send({ type: "kick", seat: seat.seat });
    return h(
      "li",
      { testid: `standing-${seat.seat}` },
      blot(seat),
      h("span", { class: "who" }, seat.name, isMe && h("small", {}, ` (${text.lobby.you})`)),
      icon("crown"),
      h("small", { class: "about" }),
      h("small", { class: "extra" }),
      amHost &&
        !isMe &&
        h(
          "button",
          { class: "link", "aria-label": text.lobby.kickLabel(seat.name), onclick: kick },
          text.lobby.kick,
        ),
      amHost && favours(seat, isMe, session.send),
    );
  }

  return { element, update };
}
