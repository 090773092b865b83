/**
 * Pointer events on a canvas become pen calls. A stroke that leaves the canvas goes on along its
 * edge and is not lost; the page neither scrolls nor zooms under it.
 */

import { ERASER, grab, looseGrip, notice, release } from "./grip.js";
import { CANVAS } from "./protocol.js";

/**
 * @typedef {object} Touch
 * @property {number} x
 * @property {number} y
 * @property {number} at
 * @property {number | null} pressure of a stylus; nothing else tells
 *
 * @typedef {object} Hand
 * @property {() => boolean} mayDraw
 * @property {(touch: Touch, erases: boolean) => void} begin
 * @property {(touch: Touch) => void} extend
 * @property {() => void} lift
 * @property {() => void} revoke what was drawn since `begin` was never meant
 */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Hand} hand
 * @returns {() => void} stops listening
 */
export function listen(canvas, hand) {
  const grip = looseGrip();
  /** @type {DOMRect | null} measured when needed: asking for it can cost a layout */
  let box = null;
  const moved = () => (box = null);
  const events = new AbortController();
  const { signal } = events;

  canvas.addEventListener("pointerdown", (event) => {
    if (!hand.mayDraw()) return notice(grip, event.pointerType, event.timeStamp);
    const { pointerId: id, pointerType: type, button, timeStamp: at } = event;
    const outcome = grab(grip, { id, type, button, at });
    if (outcome === "waits") return;
    event.preventDefault();
    if (outcome === "seizes") hand.revoke();
    canvas.setPointerCapture(id);
    box = canvas.getBoundingClientRect();
    hand.begin(touch(event), button === ERASER);
  });

  canvas.addEventListener("pointermove", (event) => {
    notice(grip, event.pointerType, event.timeStamp);
    if (event.pointerId !== grip.holder) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) hand.extend(touch(one));
  });

  /** @param {PointerEvent} event */
  const finish = (event) => {
    if (release(grip, event.pointerId)) hand.lift();
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
  document.addEventListener("gesturestart", refuse, { passive: false, signal });

  // A turned phone or a resized window moves the canvas under the pen.
  const observer = new ResizeObserver(moved);
  observer.observe(canvas);
  for (const type of ["resize", "scroll", "orientationchange"]) {
    addEventListener(type, moved, { passive: true, capture: true, signal });
  }

  /**
   * @param {PointerEvent} event
   * @returns {Touch}
   */
  function touch(event) {
    const { left, top, width, height } = (box ??= canvas.getBoundingClientRect());
    return {
      x: onCanvas((event.clientX - left) / width),
      y: onCanvas((event.clientY - top) / height),
      at: event.timeStamp,
      pressure: event.pointerType === "pen" && event.pressure ? event.pressure : null,
    };
  }

  return () => {
    observer.disconnect();
    events.abort();
  };
}

/** @param {number} part of the canvas */
const onCanvas = (part) => Math.round(Math.max(0, Math.min(1, part)) * CANVAS);
