/** A round: the prompt, the clock, one's own canvas and the machine that watches it. */

import { icon } from "../art.js";
import { press } from "../brush.js";
import { createClock } from "../clock.js";
import { h, say } from "../dom.js";
import { strokeAt } from "../ink.js";
import { createPainter } from "../paint.js";
import * as pens from "../pen.js";
import { listen } from "../pointer.js";
import { whenPreferred } from "../preferences.js";
import { CANVAS } from "../protocol.js";
import * as revise from "../revise.js";
import { mayDraw, ownSeat } from "../state.js";
import { text } from "../strings.js";
import { BLANK } from "../thoughts.js";
import { toast } from "../toast.js";
import { createEasel } from "./easel.js";
import { createMachine } from "./machine.js";
import { createRivals } from "./rivals.js";
import { createTools } from "./tools.js";

const ERASER_REACH = 0.03 * CANVAS;

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
  const painter = createPainter(canvas, { isOwn: true });
  const easel = createEasel(canvas, session.view());
  const tools = createTools(use);
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
    h("div", { class: "desk" }, easel.element, tools.element),
    machine.element,
    h("p", { class: "watch" }, text.round.watching),
    rivals.element,
  );
  const stopPreferring = whenPreferred(({ left }) => element.classList.toggle("left-handed", left));
  let erases = false; // the eraser is in the hand
  let rubs = false; // and on the paper

  /** @param {import("./tools.js").Tool} tool */
  function use(tool) {
    if (!mayDraw(session.view())) return;
    if (tool === "eraser") erases = !erases;
    if (tool === "undo") revise.undo(pen);
    if (tool === "redo") revise.redo(pen);
    if (tool === "clear") revise.wipe(pen);
    if (tool === "clear" || !pen.drawing.strokes.length) erases = false;
    changed();
  }

  /** Something was finished, taken back or brought back. */
  function changed() {
    painter.show(pen.drawing);
    session.flush();
    muse(session.view());
    showTools(session.view());
  }

  /** @param {import("../pointer.js").Touch} touch */
  function rub({ x, y }) {
    const stroke = strokeAt(pen.drawing, x, y, ERASER_REACH);
    if (stroke < 0) return;
    revise.erase(pen, stroke);
    changed();
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

  /** @param {RoomView} view */
  function showTools(view) {
    const may = mayDraw(view);
    const has = may && pen.drawing.strokes.length > 0;
    const can = { undo: may && revise.canUndo(pen), redo: may && revise.canRedo(pen), eraser: has, clear: has };
    tools.update(can, erases);
    canvas.classList.toggle("live", may);
    canvas.classList.toggle("erasing", may && erases);
  }

  const stopListening = listen(canvas, {
    mayDraw: () => mayDraw(session.view()),
    begin(touch, isEraser) {
      rubs = erases || isEraser;
      if (rubs) return rub(touch);
      if (!pens.begin(pen, touch.x, touch.y, touch.at)) return toast(text.round.full);
      return drawn(touch);
    },
    extend(touch) {
      if (rubs) return rub(touch);
      if (!pens.extend(pen, touch.x, touch.y, touch.at)) return toast(text.round.full);
      machine.look((touch.x / CANVAS) * 2 - 1, (touch.y / CANVAS) * 2 - 1);
      return drawn(touch);
    },
    lift() {
      rubs = false;
      pens.lift(pen);
      changed();
    },
    revoke() {
      rubs = false;
      revise.revoke(pen);
      changed();
    },
  });

  /** @param {import("../pointer.js").Touch} touch */
  function drawn({ pressure }) {
    const stroke = pen.down && pen.drawing.strokes.at(-1);
    if (stroke && pressure !== null) press(stroke, pressure);
    painter.show(pen.drawing);
  }

  return {
    element,
    update(view) {
      const isPlaying = ownSeat(view)?.playing ?? false;
      if (view.phase === "countdown") erases = false;
      element.classList.toggle("watching", !isPlaying);
      say(round, text.round.round(view.round, view.rounds));
      say(order, isPlaying ? text.round.draw : text.round.watch);
      say(category, view.prompt ? text.category(view.prompt.category) : "");
      muse(view);
      rivals.update(view);
      easel.update(view);
      element.classList.toggle("recognised", easel.isRecognised());
      showTools(view);
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
      easel.count(isCounting ? Math.max(1, Math.ceil((endsAt - now) / 1000)) : 0);
    },
    destroy() {
      stopListening();
      stopPreferring();
      tools.destroy();
      painter.destroy();
      rivals.destroy();
    },
  };
}
