/** The waiting room: who is here, how to bring friends, how to play, and off we go. */

import { wordmark } from "../art.js";
import { h, replace, say } from "../dom.js";
import { createMascot } from "../mascot.js";
import { isHost } from "../state.js";
import { text } from "../strings.js";
import { isPictionary } from "../turns.js";
import { comfortButton } from "./comfort-button.js";
import { learningSwitch } from "./learning-switch.js";
import { createPlayers } from "./players.js";
import { summary } from "./summary.js";
import { createTicket } from "./ticket.js";

/**
 * @param {import("../session.js").Session} session
 * @param {import("./screen.js").RoomActions} actions
 * @returns {import("./screen.js").Screen}
 */
export function createLobby(session, actions) {
  const ticket = createTicket();
  const count = h("small");
  const players = createPlayers(session, () => actions.people(true));
  const comfort = comfortButton();
  /** @type {import("./rules.js").Rules | null} */
  let rules = null;
  let isFetching = false;
  const controls = h("div");
  const lines = h("ul", { class: "summary" });
  const rulesTitle = h("h2");
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
      comfort.element,
      h("button", { class: "link", testid: "leave", onclick: actions.leave }, text.lobby.leave),
    ),
    ticket.element,
    h(
      "section",
      { class: "crowd sheet" },
      h("h2", {}, text.lobby.players, " ", count),
      ...players.elements,
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
    players.update(view);
    if (amHost) fetchRules();
    if (view.settings) {
      if (amHost) rules?.update(view.settings, view.deckSize);
      replace(lines, ...summary(view.settings, view.deckSize).map((line) => h("li", {}, line)));
    }
  }

  return { element, update, destroy: comfort.destroy };
}
