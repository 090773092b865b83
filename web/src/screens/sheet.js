/** One's own sheet of paper: the canvas, the hand on it and the tools beside it. */

import { press } from "../brush.js";
import { h } from "../dom.js";
import { strokeAt } from "../ink.js";
import { createPainter } from "../paint.js";
import * as pens from "../pen.js";
import { listen } from "../pointer.js";
import { CANVAS } from "../protocol.js";
import * as revise from "../revise.js";
import { text } from "../strings.js";
import { toast } from "../toast.js";
import { createTools } from "./tools.js";

const ERASER_REACH = 0.03 * CANVAS;

/**
 * @typedef {object} Owner
 * @property {() => boolean} mayDraw
 * @property {(x: number, y: number) => void} inked there is ink more, the newest here (-1..1)
 * @property {() => void} changed something was finished, taken back or brought back
 *
 * @param {pens.PenState} pen
 * @param {Owner} owner
 */
export function createSheet(pen, owner) {
  const canvas = h("canvas", { class: "paper", testid: "canvas", "aria-label": text.round.canvas, role: "img" });
  const painter = createPainter(canvas, { isOwn: true });
  const tools = createTools(use);
  let erases = false; // the eraser is in the hand
  let rubs = false; // and on the paper

  /** @param {import("./tools.js").Tool} tool */
  function use(tool) {
    if (!owner.mayDraw()) return;
    if (tool === "eraser") erases = !erases;
    if (tool === "undo") revise.undo(pen);
    if (tool === "redo") revise.redo(pen);
    if (tool === "clear") revise.wipe(pen);
    if (tool === "clear" || !pen.drawing.strokes.length) erases = false;
    changed();
  }

  function changed() {
    owner.changed();
    show();
  }

  function show() {
    const may = owner.mayDraw();
    const has = may && pen.drawing.strokes.length > 0;
    const can = { undo: may && revise.canUndo(pen), redo: may && revise.canRedo(pen), eraser: has, clear: has };
    tools.update(can, erases);
    canvas.classList.toggle("live", may);
    canvas.classList.toggle("erasing", may && erases);
    painter.show(pen.drawing);
  }

  /** @param {import("../pointer.js").Touch} touch */
  function rub({ x, y }) {
    const stroke = strokeAt(pen.drawing, x, y, ERASER_REACH);
    if (stroke < 0) return;
    revise.erase(pen, stroke);
    changed();
  }

  /** @param {import("../pointer.js").Touch} touch */
  function drawn({ x, y, pressure }) {
    const stroke = pen.down && pen.drawing.strokes.at(-1);
    if (stroke && pressure !== null) press(stroke, pressure);
    painter.show(pen.drawing);
    owner.inked((x / CANVAS) * 2 - 1, (y / CANVAS) * 2 - 1);
  }

  const stopListening = listen(canvas, {
    mayDraw: owner.mayDraw,
    begin(touch, isEraser) {
      rubs = erases || isEraser;
      if (rubs) return rub(touch);
      if (!pens.begin(pen, touch.x, touch.y, touch.at)) return toast(text.round.full);
      return drawn(touch);
    },
    extend(touch) {
      if (rubs) return rub(touch);
      if (!pens.extend(pen, touch.x, touch.y, touch.at)) return toast(text.round.full);
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

  return {
    canvas,
    tools: tools.element,
    show,
    paint: () => painter.show(pen.drawing),
    /** A new drawing begins with a pen. */
    dropEraser() {
      erases = false;
    },
    destroy() {
      stopListening();
      tools.destroy();
      painter.destroy();
    },
  };
}
