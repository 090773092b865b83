/** A round: the prompt, the clock, one's own canvas and the machine that watches it. */

import { icon } from "../art.js";
import { createClock } from "../clock.js";
import { h, replace, say } from "../dom.js";
import { celebrate } from "../motion.js";
import { createPainter } from "../paint.js";
import * as pens from "../pen.js";
import { listen } from "../pointer.js";
import { CANVAS } from "../protocol.js";
import { mayDraw, ownMatch, ownSeat } from "../state.js";
import { text } from "../strings.js";
import { BLANK } from "../thoughts.js";
import { toast } from "../toast.js";
import { createMachine } from "./machine.js";
import { createRivals } from "./rivals.js";

/**
 * @typedef {import("../room-view.js").RoomView} RoomView
 *
 * @param {import("../session.js").Session} session
 * @param {import("./screen.js").Actions} actions
 * @returns {import("./screen.js").Screen}
 */
export function createRound(session, actions) {
  const { pen } = session;
  const clock = createClock();
  const machine = createMachine();
  const rivals = createRivals();
  const round = h("span", { class: "round-of" });
  const order = h("span");
  const category = h("strong", { testid: "prompt" });
  const canvas = h("canvas", { class: "paper", testid: "canvas", "aria-label": text.round.canvas, role: "img" });
  const painter = createPainter(canvas);
  const count = h("span", { class: "count" });
  const cover = h("div", { class: "cover" }, h("p"), count, h("p", { class: "soft" }));
  const stamp = h("div", { class: "stamp" });
  const easel = h("div", { class: "easel" }, canvas, cover, stamp);
  const news = h("p", { class: "unseen", role: "status" });
  const undo = tool("undo", text.round.undo, text.round.undoHint, () => pens.undo(pen));
  const clear = tool("clear", text.round.clear, text.round.clear, () => pens.wipe(pen));
  const element = h(
    "div",
    { class: "round" },
    h(
      "header",
      { class: "bar" },
      h("button", { class: "icon-button", "aria-label": text.over.home, onclick: actions.home }, icon("home")),
      h("h1", { class: "prompt" }, h("small", {}, round), order, " ", category),
      clock.element,
    ),
    h("div", { class: "desk" }, easel, h("div", { class: "tools" }, undo, clear)),
    machine.element,
    h("p", { class: "watch" }, text.round.watching),
    rivals.element,
    news,
  );
  let celebrated = ownMatch(session.view()) !== null;
  let announced = session.view().matches.length;

  /**
   * @param {"undo" | "clear"} name
   * @param {string} label
   * @param {string} hint
   * @param {() => void} act
   */
  function tool(name, label, hint, act) {
    const click = () => mayDraw(session.view()) && (act(), redraw());
    return h("button", { class: "button tool", testid: name, title: hint, onclick: click }, icon(name), label);
  }

  function redraw() {
    painter.show(pen.drawing);
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
  }

  listen(canvas, {
    mayDraw: () => mayDraw(session.view()),
    begin(x, y, at) {
      if (!pens.begin(pen, x, y, at)) toast(text.round.full);
      painter.show(pen.drawing);
    },
    extend(x, y, at) {
      if (!pens.extend(pen, x, y, at)) toast(text.round.full);
      painter.show(pen.drawing);
      machine.look((x / CANVAS) * 2 - 1, (y / CANVAS) * 2 - 1);
    },
    lift() {
      pens.lift(pen);
      redraw();
    },
  });

  /** @param {KeyboardEvent} event */
  function shortcut(event) {
    const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
    if (!isUndo || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    undo.click();
  }
  addEventListener("keydown", shortcut);

  /** @param {RoomView} view */
  function showMatch(view) {
    const match = ownMatch(view);
    element.classList.toggle("recognised", match !== null);
    if (match && !celebrated) {
      replace(
        stamp,
        h("b", {}, text.round.won(match.points)),
        h("span", {}, text.round.matched(match.ms)),
        view.seats.length > 1 && h("small", {}, text.round.place(match.place)),
      );
      celebrate(easel);
    }
    celebrated = match !== null;
    for (const other of view.matches.slice(announced)) {
      const name = view.seats.find((seat) => seat.seat === other.seat)?.name;
      if (name && other.seat !== view.seat) say(news, text.round.recognised(name));
    }
    announced = view.matches.length;
  }

  /** @param {RoomView} view */
  function showCover(view) {
    const [before, after] = [cover.firstElementChild, cover.lastElementChild];
    const isDown = view.phase === "judging";
    cover.hidden = view.phase === "drawing" || (isDown && ownMatch(view) !== null);
    if (before) say(before, isDown ? text.round.pensDown : text.round.getReady);
    if (after) say(after, isDown ? text.round.judging : view.prompt ? text.named(view.prompt.category) : "");
    cover.classList.toggle("judging", isDown);
  }

  return {
    element,
    update(view) {
      const isPlaying = ownSeat(view)?.playing ?? false;
      element.classList.toggle("watching", !isPlaying);
      say(round, text.round.round(view.round, view.rounds));
      say(order, isPlaying ? text.round.draw : text.round.watch);
      say(category, view.prompt ? text.category(view.prompt.category) : "");
      undo.disabled = clear.disabled = !mayDraw(view);
      canvas.classList.toggle("live", mayDraw(view));
      muse(view);
      rivals.update(view);
      showCover(view);
      showMatch(view);
      painter.show(pen.drawing);
    },
    paint() {
      painter.show(pen.drawing);
      rivals.paint();
    },
    tick(now) {
      const { phase, endsAt, total } = session.view();
      const isCounting = phase === "countdown";
      clock.show(isCounting ? total : endsAt - now, phase === "drawing" ? total : 0);
      if (isCounting) say(count, String(Math.max(1, Math.ceil((endsAt - now) / 1000))));
      else say(count, "");
    },
    destroy() {
      removeEventListener("keydown", shortcut);
      painter.destroy();
      rivals.destroy();
    },
  };
}
