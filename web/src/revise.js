/**
 * Second thoughts about one's own drawing: undo, redo, clear and an eraser that takes whole
 * strokes. The way back is a list of sheets, so that one rule serves them all.
 *
 * The server knows how to add a stroke, to take back the newest and to wipe. Whatever else is
 * wanted is said in these three; ink that comes back is the same points as before.
 */

import * as ink from "./ink.js";
import * as pens from "./pen.js";
import { Pen } from "./protocol.js";

/** @param {pens.PenState} pen */
export const canUndo = (pen) => pen.past.length > 0 || pen.drawing.strokes.length > 0;

/** @param {pens.PenState} pen */
export const canRedo = (pen) => pen.future.length > 0;

/**
 * One step back: a stroke, an erased stroke or a wiped sheet.
 * @param {pens.PenState} pen
 */
export function undo(pen) {
  pens.lift(pen);
  if (!canUndo(pen)) return;
  const present = pen.drawing.strokes.slice();
  const before = pen.past.pop() ?? present.slice(0, -1); // after a reload: stroke by stroke
  pen.future.push(present);
  become(pen, before);
}

/** @param {pens.PenState} pen */
export function redo(pen) {
  pens.lift(pen);
  const next = pen.future.pop();
  if (!next) return;
  pen.past.push(pen.drawing.strokes.slice());
  become(pen, next);
}

/** @param {pens.PenState} pen */
export function wipe(pen) {
  pens.lift(pen);
  if (!pen.drawing.strokes.length) return;
  pens.remember(pen);
  become(pen, []);
}

/**
 * Takes one stroke away, wherever it is.
 * @param {pens.PenState} pen
 * @param {number} index
 */
export function erase(pen, index) {
  pens.lift(pen);
  if (!pen.drawing.strokes[index]) return;
  pens.remember(pen);
  become(pen, pen.drawing.strokes.toSpliced(index, 1));
}

/**
 * A stroke that was none, such as a palm's: it leaves no trace, not even to undo.
 * @param {pens.PenState} pen
 */
export function revoke(pen) {
  if (!pen.down) return;
  pens.lift(pen);
  become(pen, pen.past.pop() ?? []);
}

/**
 * Makes the sheet hold just these strokes, in as few messages as there can be: back to what both
 * sheets begin with, or to a blank one, and on from there.
 * @param {pens.PenState} pen
 * @param {ink.Stroke[]} strokes
 */
function become(pen, strokes) {
  const present = pen.drawing.strokes;
  const differs = present.findIndex((stroke, index) => !ink.isSame(stroke, strokes[index]));
  let kept = differs < 0 ? present.length : differs;
  const undone = present.length - kept;
  if (undone > kept + 1) {
    kept = 0;
    pen.queue.push({ kind: "clear", batch: ++pen.batch, sent: false });
  } else {
    for (let i = 0; i < undone; i++) pen.queue.push({ kind: "undo", batch: ++pen.batch, sent: false });
  }
  for (const stroke of strokes.slice(kept)) pens.enqueue(pen, Pen.STARTS | Pen.ENDS, stroke);
  ink.keep(pen.drawing, strokes);
}
