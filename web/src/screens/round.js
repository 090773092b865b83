/** A round: the prompt, the clock, one's own canvas and the machine that watches it. */

import { createClock } from "../clock.js";
import { h, say } from "../dom.js";
import { whenPreferred } from "../preferences.js";
import { mayDraw, ownSeat } from "../state.js";
import { text } from "../strings.js";
import { isPictionary } from "../turns.js";
import { BLANK } from "../thoughts.js";
import { createEasel } from "./easel.js";
import { createMachine } from "./machine.js";
import { doorButton } from "./players.js";
import { createRivals } from "./rivals.js";
import { createSheet } from "./sheet.js";
import { createTable } from "./table.js";
import { createTalk } from "./talk.js";

/**
 * @typedef {import("../room-view.js").RoomView} RoomView
 *
 * @param {import("../session.js").Session} session
 * @param {import("./screen.js").RoomActions} actions
 * @returns {import("./screen.js").Screen}
 */
export function createRound(session, actions) {
  const { pen } = session;
  const clock = createClock();
  const machine = createMachine();
  const isTurn = isPictionary(session.view());
  const rivals = isTurn ? createTable() : createRivals();
  const talk = isTurn ? createTalk() : null;
  const round = h("span", { class: "round-of" });
  const order = h("span");
  const category = h("strong", { testid: "prompt" });
  const sheet = createSheet(pen, { mayDraw: () => mayDraw(session.view()), inked, changed });
  const easel = createEasel(sheet.canvas, session.view());
  const element = h(
    "div",
    { class: isTurn ? "round drawer" : "round" },
    h(
      "header",
      { class: "bar" },
      doorButton(session, actions),
      h("h1", { class: "prompt" }, h("small", {}, round), order, " ", category),
      clock.element,
    ),
    h("div", { class: "desk" }, easel.element, sheet.tools),
    machine.element,
    h("p", { class: "watch" }, text.round.watching),
    talk && talk.element,
    rivals.element,
  );
  const stopPreferring = whenPreferred(({ left }) => element.classList.toggle("left-handed", left));

  /** @param {number} x @param {number} y */
  function inked(x, y) {
    machine.look(x, y);
    machine.asked(performance.now());
  }

  function changed() {
    session.flush();
    muse(session.view());
  }

  /**
   * What it saw on a sheet that has been wiped since is no longer worth saying.
   * @param {RoomView} view
   */
  function muse(view) {
    const isBlank = view.phase === "drawing" && !pen.drawing.points;
    machine.update(isBlank ? { ...view, guess: null, thought: BLANK } : view);
    easel.warm(isBlank ? null : view.guess, view.settings?.confidence ?? 0);
  }

  return {
    element,
    update(view) {
      const isPlaying = ownSeat(view)?.playing ?? false;
      if (view.phase === "countdown") sheet.dropEraser();
      element.classList.toggle("watching", !isPlaying);
      say(round, (isTurn ? text.turn.turn : text.round.round)(view.round, view.rounds));
      talk?.update(view);
      say(order, isPlaying ? text.round.draw : text.round.watch);
      say(category, view.prompt ? text.category(view.prompt.category) : "");
      muse(view);
      rivals.update(view);
      easel.update(view);
      element.classList.toggle("recognised", easel.isRecognised());
      sheet.show();
    },
    paint() {
      sheet.paint();
      rivals.paint();
    },
    tick(now) {
      const { phase, endsAt, total } = session.view();
      const isCounting = phase === "countdown";
      clock.show(isCounting ? total : endsAt - now, phase === "drawing" ? total : 0);
      machine.tick(now);
      easel.count(isCounting ? Math.max(1, Math.ceil((endsAt - now) / 1000)) : 0);
    },
    destroy() {
      stopPreferring();
      sheet.destroy();
      rivals.destroy();
    },
  };
}
