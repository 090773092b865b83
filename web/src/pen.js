/**
 * One's own pen: points become numbered batches, and every batch stays queued until the server
 * has acknowledged it, so that a lost connection loses no ink. The local drawing never waits.
 *
 * Undo and clear travel in the same queue with a number of the same count: order is meaning. The
 * server knows how to add a stroke, to take back the newest and to wipe; `revise.js` makes redo and
 * an eraser of these three.
 */

import * as ink from "./ink.js";
import { MAX_BATCH_POINTS, MAX_POINTS, MAX_STROKES, Pen } from "./protocol.js";
import { encodeInk } from "./wire.js";

const MAX_DT = 65535;
const MAX_PAST = 256;

/**
 * @typedef {{kind: "ink", batch: number, flags: number, points: number[], sent: boolean}} InkItem
 * @typedef {{kind: "undo" | "clear", batch: number, sent: boolean}} WordItem
 *
 * @typedef {object} PenState
 * @property {ink.Drawing} drawing what the player sees
 * @property {ink.Drawing} stored what the server had at the last welcome
 * @property {(InkItem | WordItem)[]} queue not acknowledged yet, oldest first
 * @property {number} batch the newest number given out
 * @property {number} round the round the queue belongs to
 * @property {boolean} down
 * @property {number[]} buffer points not in a batch yet
 * @property {number} flags what the buffer does to the pen
 * @property {number} lastAt when the newest point was drawn
 * @property {ink.Stroke[][]} past the sheets to go back to, the newest last
 * @property {ink.Stroke[][]} future the sheets that were gone back from
 */

/** @returns {PenState} */
export const newPen = () => ({
  drawing: ink.blank(),
  stored: ink.blank(),
  queue: [],
  batch: 0,
  round: 0,
  down: false,
  buffer: [],
  flags: 0,
  lastAt: 0,
  past: [],
  future: [],
});

/** @param {PenState} pen */
export const isFull = (pen) =>
  pen.drawing.points >= MAX_POINTS || (!pen.drawing.penDown && pen.drawing.strokes.length >= MAX_STROKES);

/**
 * @param {PenState} pen
 * @param {number} x
 * @param {number} y
 * @param {number} at milliseconds of any steady clock
 * @returns {boolean} false when the drawing is full
 */
export function begin(pen, x, y, at) {
  if (pen.down) lift(pen);
  if (isFull(pen)) return false;
  collect(pen);
  remember(pen);
  pen.down = true;
  pen.flags = Pen.STARTS;
  pen.lastAt = at;
  put(pen, Pen.STARTS, x, y, 0);
  return true;
}

/**
 * @param {PenState} pen
 * @param {number} x
 * @param {number} y
 * @param {number} at
 * @returns {boolean} false when the drawing is full
 */
export function extend(pen, x, y, at) {
  if (!pen.down) return true;
  const stroke = pen.drawing.strokes.at(-1);
  if (stroke?.at(-3) === x && stroke.at(-2) === y) return true;
  if (isFull(pen)) {
    lift(pen);
    return false;
  }
  const dt = Math.max(0, Math.min(MAX_DT, Math.round(at - pen.lastAt)));
  pen.lastAt = at;
  put(pen, 0, x, y, dt);
  return true;
}

/** @param {PenState} pen */
export function lift(pen) {
  if (!pen.down) return;
  pen.down = false;
  pen.flags |= Pen.ENDS;
  ink.apply(pen.drawing, Pen.ENDS, []);
  collect(pen);
}

/** @param {PenState} pen what is done next can be undone, and what was undone is gone */
export function remember(pen) {
  pen.past = [...pen.past.slice(1 - MAX_PAST), pen.drawing.strokes.slice()];
  pen.future = [];
}

/**
 * Moves buffered points into the queue.
 * @param {PenState} pen
 */
export function collect(pen) {
  if (!pen.buffer.length && !(pen.flags & Pen.ENDS)) return;
  enqueue(pen, pen.flags, pen.buffer);
  pen.buffer = [];
  pen.flags = 0;
}

/**
 * Puts points into the queue, in batches that the server takes.
 * @param {PenState} pen
 * @param {number} flags
 * @param {number[]} all
 */
export function enqueue(pen, flags, all) {
  const size = MAX_BATCH_POINTS * 3;
  for (let at = 0; at === 0 || at < all.length; at += size) {
    const starts = at === 0 ? flags & Pen.STARTS : 0;
    const ends = at + size >= all.length ? flags & Pen.ENDS : 0;
    const points = all.slice(at, at + size);
    pen.queue.push({ kind: "ink", batch: ++pen.batch, flags: starts | ends, points, sent: false });
  }
}

/**
 * What has not been sent over this connection, in order; it then counts as sent.
 * @param {PenState} pen
 * @param {number} [most] messages that may go now; the rest waits its turn
 * @returns {(ArrayBuffer | {type: "undo" | "clear", batch: number})[]}
 */
export function outgoing(pen, most = Infinity) {
  collect(pen);
  return pen.queue
    .filter((item) => !item.sent)
    .slice(0, most)
    .map((item) => {
      item.sent = true;
      return item.kind === "ink"
        ? encodeInk(item.batch, item.flags, item.points)
        : { type: item.kind, batch: item.batch };
    });
}

/**
 * @param {PenState} pen
 * @param {number} batch all up to this one are stored
 */
export function acknowledge(pen, batch) {
  pen.queue = pen.queue.filter((item) => item.batch > batch);
}

/**
 * A new round: a blank sheet. Ink of the round before that never arrived is given up; a `clear`
 * in its place makes sure that none of it can end up on the new sheet.
 * @param {PenState} pen
 * @param {number} round
 */
export function newRound(pen, round) {
  const hasLeftovers = pen.queue.length > 0;
  forget(pen);
  pen.round = round;
  ink.clear(pen.stored);
  ink.clear(pen.drawing);
  if (hasLeftovers) pen.queue.push({ kind: "clear", batch: ++pen.batch, sent: false });
}

/**
 * A welcome: the server tells the last batch it has and will relay the drawing it has. What it
 * has not is kept for sending again, as long as it belongs to the round that is being drawn.
 * @param {PenState} pen
 * @param {number} batch
 * @param {number | null} round the round being drawn, or null
 */
export function resume(pen, batch, round) {
  if (pen.round !== round) forget(pen);
  pen.round = round ?? 0;
  acknowledge(pen, batch);
  for (const item of pen.queue) item.sent = false;
  pen.batch = Math.max(pen.batch, batch);
  ink.clear(pen.stored);
  redraw(pen);
}

/**
 * Own ink as the server knows it; it is relayed to its author only after a welcome.
 * @param {PenState} pen
 * @param {number} flags
 * @param {number[]} points
 */
export function restore(pen, flags, points) {
  ink.apply(pen.stored, flags, points);
  redraw(pen);
}

/** @param {PenState} pen */
function forget(pen) {
  pen.queue = [];
  pen.buffer = [];
  pen.flags = 0;
  pen.down = false;
  pen.past = [];
  pen.future = [];
}

/**
 * @param {PenState} pen
 * @param {number} flags
 * @param {number} x
 * @param {number} y
 * @param {number} dt
 */
function put(pen, flags, x, y, dt) {
  pen.buffer.push(x, y, dt);
  ink.apply(pen.drawing, flags, [x, y, dt]);
}

/**
 * The drawing is what the server stored and then everything it does not have yet.
 * @param {PenState} pen
 */
function redraw(pen) {
  ink.copyInto(pen.stored, pen.drawing);
  for (const item of pen.queue) {
    if (item.kind === "ink") ink.applyFitting(pen.drawing, item.flags, item.points);
    else if (item.kind === "undo") ink.undo(pen.drawing);
    else ink.clear(pen.drawing);
  }
  ink.applyFitting(pen.drawing, pen.flags, pen.buffer);
}
