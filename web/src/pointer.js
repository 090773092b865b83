/**
 * Pointer events on a canvas become pen calls. One pointer draws at a time; while a stylus is
 * about, touches are taken for a resting palm. A stroke that leaves the canvas goes on along its
 * edge and is not lost.
 */

import { CANVAS } from "./protocol.js";

const PALM_MS = 2_000;

/**
 * @typedef {object} Hand
 * @property {() => boolean} mayDraw
 * @property {(x: number, y: number, at: number) => void} begin
 * @property {(x: number, y: number, at: number) => void} extend
 * @property {() => void} lift
 */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Hand} hand
 */
export function listen(canvas, hand) {
  /** @type {number | null} */
  let drawing = null; // the pointer that holds the pen
  let stylusAt = -Infinity; // when a stylus was last seen
  let box = canvas.getBoundingClientRect();

  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "pen") stylusAt = event.timeStamp;
    const isPalm = event.pointerType === "touch" && event.timeStamp - stylusAt < PALM_MS;
    if (drawing !== null || event.button !== 0 || isPalm || !hand.mayDraw()) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    drawing = event.pointerId;
    box = canvas.getBoundingClientRect();
    hand.begin(...place(event, box), event.timeStamp);
  });

  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerType === "pen") stylusAt = event.timeStamp;
    if (event.pointerId !== drawing) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) hand.extend(...place(one, box), one.timeStamp);
  });

  /** @param {PointerEvent} event */
  const finish = (event) => {
    if (event.pointerId !== drawing) return;
    drawing = null;
    hand.lift();
  };
  canvas.addEventListener("pointerup", finish);
  canvas.addEventListener("pointercancel", finish);
  canvas.addEventListener("lostpointercapture", finish);

  // `touch-action: none` is not enough for every browser: Safari still zooms and Scribble still
  // swallows pencil strokes unless the touch itself is refused.
  const refuse = (/** @type {Event} */ event) => event.preventDefault();
  for (const type of ["touchstart", "touchmove", "contextmenu", "dragstart"]) {
    canvas.addEventListener(type, refuse, { passive: false });
  }
}

/**
 * @param {PointerEvent} event
 * @param {DOMRect} box
 * @returns {[number, number]}
 */
function place(event, box) {
  return [
    onCanvas((event.clientX - box.left) / box.width),
    onCanvas((event.clientY - box.top) / box.height),
  ];
}

/** @param {number} part of the canvas */
const onCanvas = (part) => Math.round(Math.max(0, Math.min(1, part)) * CANVAS);
