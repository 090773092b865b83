/** One drawing of a finished round: drawn again and again, with the machine's doubts beside it. */

import { h } from "../dom.js";
import { createPainter } from "../paint.js";
import { replay, upTo } from "../replay.js";
import { text } from "../strings.js";
import { spansOf } from "../timing.js";
import { createCurve } from "./curve.js";

const SHORTEST_AXIS_MS = 4_000;
const MARGIN = 1.15; // of the time shown, beyond what happened

/**
 * @typedef {object} Stage
 * @property {HTMLElement} sheet the picture; a tap plays it again
 * @property {HTMLElement} graph a finger on it winds the picture back and forth
 * @property {() => void} check starts over when more of its ink has come in
 * @property {() => void} end
 *
 * @param {import("../messages.js").DrawingView} drawing
 * @param {import("../ink.js").Drawing} ink
 * @param {number} total length of the round in ms
 * @param {number} needed how sure the machine had to be
 * @returns {Stage}
 */
export function createStage(drawing, ink, total, needed) {
  const canvas = h("canvas", { class: "paper" });
  const painter = createPainter(canvas);
  const sheet = h(
    "button",
    { class: "again", title: text.reveal.replay, "aria-label": text.reveal.replay, onclick: play },
    canvas,
  );
  const graph = h("div", { class: "wind", onpointerdown: wind, onpointermove: wind });
  const last = drawing.matched_ms ?? drawing.curve.at(-1)?.[0] ?? total;
  const axis = Math.min(total, Math.max(SHORTEST_AXIS_MS, last * MARGIN));
  let points = -1;
  let curve = createCurve(drawing, axis, undefined, needed);
  /** @type {import("../timing.js").Span[]} */
  let spans = [];
  let stop = () => {};

  function play() {
    stop();
    if (points !== ink.points) learn();
    stop = replay(ink, (drawn, newest) => {
      painter.show(drawn, drawing.giveaway);
      const span = newest ? spans[newest.stroke] : undefined;
      if (newest && span) curve.at(span.start + (span.end - span.start) * newest.part);
    });
  }

  /** The ink is what tells when the giveaway was drawn. */
  function learn() {
    points = ink.points;
    spans = spansOf(ink.strokes, drawing, total);
    const giveaway = drawing.giveaway === null ? undefined : spans[drawing.giveaway];
    curve = createCurve(drawing, axis, giveaway, needed);
    graph.replaceChildren(curve.element);
  }

  /** @param {PointerEvent} event */
  function wind(event) {
    const isHover = event.pointerType === "mouse" && event.type === "pointermove";
    if (!isHover && event.type === "pointermove" && !event.buttons) return;
    stop();
    const ms = curve.msAt(event.clientX);
    const stroke = spans.findLastIndex(({ start }) => start <= ms);
    const { start, end } = spans[stroke] ?? { start: 0, end: 0 };
    painter.show(upTo(ink, stroke, end > start ? Math.min(1, (ms - start) / (end - start)) : 1), drawing.giveaway);
    curve.at(ms);
  }

  play();
  return {
    sheet,
    graph,
    check: () => ink.points !== points && play(),
    end() {
      stop();
      painter.destroy();
    },
  };
}
