/** The waiting room: who is here, how to bring friends, how to play, and off we go. */

import { icon, wordmark } from "../art.js";
import { h, keyed, replace, say } from "../dom.js";
import { createMascot } from "../mascot.js";
import { inviteLink } from "../root.js";
import { isHost } from "../state.js";
import { text } from "../strings.js";
import { toast } from "../toast.js";
import { blot } from "./blot.js";
import { createRules } from "./rules.js";

/**
 * @param {import("../session.js").Session} session
 * @param {import("./screen.js").Actions} actions
 * @returns {import("./screen.js").Screen}
 */
export function createLobby(session, actions) {
  const code = h("span", { class: "code", testid: "room-code" });
  const count = h("small");
  const players = h("ul", { class: "players" });
  const rules = createRules((settings) => session.send({ type: "settings", settings }));
  const summary = h("ul", { class: "summary" });
  const rulesTitle = h("h2");
  const mascot = createMascot();
  mascot.feel("happy");
  const start = h("button", {
    class: "button primary big",
    testid: "start",
    onclick: () => session.send({ type: "start" }),
  });
  const wait = h("p", { class: "soft", role: "status" }, text.lobby.waitForHost);
  const canShare = typeof navigator.share === "function";

  async function copy() {
    const link = inviteLink(session.view().code);
    try {
      await navigator.clipboard.writeText(link);
      toast(text.lobby.copied);
    } catch {
      prompt(text.lobby.copy, link); // no clipboard without a secure page: let the person copy
    }
  }

  const share = () =>
    navigator
      .share({ title: text.name, text: text.home.tagline, url: inviteLink(session.view().code) })
      .catch(() => {}); // closing the share sheet is no error

  const element = h(
    "div",
    { class: "lobby" },
    h(
      "header",
      { class: "top" },
      h("h1", {}, wordmark()),
      h("button", { class: "link", testid: "leave", onclick: actions.leave }, text.lobby.leave),
    ),
    h(
      "section",
      { class: "ticket sheet" },
      h("div", {}, h("h2", {}, text.lobby.invite), code),
      h(
        "div",
        { class: "row" },
        h("button", { class: "button", onclick: copy }, icon("copy"), text.lobby.copy),
        canShare && h("button", { class: "button", onclick: share }, icon("share"), text.lobby.share),
      ),
    ),
    h(
      "section",
      { class: "crowd sheet" },
      h("h2", {}, text.lobby.players, " ", count),
      players,
    ),
    h("div", { class: "off" }, mascot.element, start, wait),
    h("section", { class: "rules sheet" }, rulesTitle, rules.element, summary),
  );

  return {
    element,
    update(view) {
      const amHost = isHost(view);
      const here = view.seats.filter((seat) => seat.state === "here").length;
      say(code, view.code);
      say(count, text.lobby.count(view.seats.length, view.settings?.players ?? 0));
      say(rulesTitle, amHost ? text.lobby.hostsRules : text.lobby.rules);
      say(start, here > 1 ? text.lobby.start : text.lobby.startAlone);
      start.hidden = !amHost;
      wait.hidden = amHost;
      rules.element.hidden = !amHost;
      summary.hidden = amHost;
      if (view.settings) {
        if (amHost) rules.update(view.settings, view.deckSize);
        const lines = text.settings.summary(view.settings, view.deckSize);
        replace(summary, ...lines.map((line) => h("li", {}, line)));
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
        },
      );
    },
  };

  /**
   * @param {import("../messages.js").SeatView} seat
   * @param {boolean} isMe
   * @param {boolean} amHost
   */
  function playerRow(seat, isMe, amHost) {
    const kick = () => session.send({ type: "kick", seat: seat.seat });
    return h(
      "li",
      { testid: `standing-${seat.seat}` },
      blot(seat),
      h("span", { class: "who" }, seat.name, isMe && h("small", {}, ` (${text.lobby.you})`)),
      icon("crown"),
      h("small", { class: "about" }),
      amHost &&
        !isMe &&
        h(
          "button",
          { class: "link", "aria-label": text.lobby.kickLabel(seat.name), onclick: kick },
          text.lobby.kick,
        ),
    );
  }
}
