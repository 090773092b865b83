/**
 * Ink on a canvas. Only new points are painted, once a frame, so that eight live canvases stay
 * smooth; anything taken away, a resize or a finished stroke paints the whole drawing again.
 *
 * The line follows midpoints (each point bends it, none breaks it) and thins with speed. That is
 * for the eye only: what is judged are the points.
 */

import { CANVAS } from "./protocol.js";

const LINE = 0.011; // of the canvas
const THINNEST_PX = 2.2; // thinner, a thumbnail looks empty
const SLOW = 1.2;
const FAST = 0.65;
const SPEED_WEIGHT = 120; // canvas widths per millisecond to line widths
const INERTIA = 0.18; // how quickly the line takes on a new width

/**
 * @typedef {object} Painter
 * @property {(drawing: import("./ink.js").Drawing, accent?: number | null) => void} show
 *   paints what is new; `accent` is the stroke to paint in the accent colour
 * @property {() => void} destroy
 */

/**
 * @param {HTMLCanvasElement} canvas its CSS gives the size, `color` the ink, `accent-color` the accent
 * @returns {Painter}
 */
export function createPainter(canvas) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  /** @type {import("./ink.js").Drawing | null} */
  let drawing = null;
  /** @type {number | null} */
  let accent = null;
  let isQueued = false;
  let isStale = true; // all must be painted again
  let epoch = -1;
  let stroke = 0; // the first one not finished
  let point = 0; // its first point not painted
  let width = 1;
  let wasDown = false;
  let size = 0;
  let colours = { ink: "", accent: "" };

  const observer = new ResizeObserver(() => {
    const pixels = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
    if (pixels !== size) {
      size = pixels;
      canvas.width = size;
      canvas.height = size;
    }
    isStale = true;
    queue();
  });
  observer.observe(canvas);

  const theme = matchMedia("(prefers-color-scheme: dark)");
  const repaint = () => {
    isStale = true;
    queue();
  };
  theme.addEventListener("change", repaint);

  function queue() {
    if (isQueued) return;
    isQueued = true;
    requestAnimationFrame(() => {
      isQueued = false;
      frame();
    });
  }

  function frame() {
    if (!drawing || !size) return;
    const isFinished = wasDown && !drawing.penDown;
    if (isStale || drawing.epoch !== epoch || isFinished) restart(drawing);
    wasDown = drawing.penDown;
    while (stroke < drawing.strokes.length) {
      const points = /** @type {number[]} */ (drawing.strokes[stroke]);
      const colour = stroke === accent ? colours.accent : colours.ink;
      context.strokeStyle = colour;
      context.fillStyle = colour;
      const count = points.length / 3;
      for (; point < count; point++) segment(points, point);
      if (stroke === drawing.strokes.length - 1) {
        tail(points);
        return;
      }
      tail(points);
      stroke++;
      point = 0;
    }
  }

  /** @param {import("./ink.js").Drawing} from */
  function restart(from) {
    const style = getComputedStyle(canvas);
    colours = { ink: style.color, accent: style.accentColor };
    context.clearRect(0, 0, size, size);
    context.lineCap = "round";
    context.lineJoin = "round";
    isStale = false;
    epoch = from.epoch;
    stroke = 0;
    point = 0;
  }

  /**
   * The curve that becomes certain with point `i`: from one midpoint to the next.
   * @param {number[]} points
   * @param {number} i
   */
  function segment(points, i) {
    if (i === 0) {
      width = 1;
      return;
    }
    const [x0, y0] = at(points, Math.max(0, i - 2));
    const [x1, y1] = at(points, i - 1);
    const [x2, y2] = at(points, i);
    const dt = Math.max(1, /** @type {number} */ (points[i * 3 + 2]));
    const speed = Math.hypot(x2 - x1, y2 - y1) / size / dt;
    width += (Math.max(FAST, Math.min(SLOW, SLOW - speed * SPEED_WEIGHT)) - width) * INERTIA;
    context.lineWidth = line();
    context.beginPath();
    if (i === 1) context.moveTo(x1, y1);
    else context.moveTo((x0 + x1) / 2, (y0 + y1) / 2);
    context.quadraticCurveTo(x1, y1, (x1 + x2) / 2, (y1 + y2) / 2);
    context.stroke();
  }

  /**
   * The straight end under the pen; of a single point it makes a dot.
   * @param {number[]} points
   */
  function tail(points) {
    const last = points.length / 3 - 1;
    if (last < 0) return;
    const [x, y] = at(points, last);
    const [fromX, fromY] = at(points, Math.max(0, last - 1));
    context.lineWidth = line();
    context.beginPath();
    context.moveTo((fromX + x) / 2, (fromY + y) / 2);
    context.lineTo(x, y);
    context.stroke();
  }

  const line = () => Math.max(THINNEST_PX * devicePixelRatio, size * LINE) * width;

  /**
   * @param {number[]} points
   * @param {number} i
   * @returns {[number, number]}
   */
  const at = (points, i) => [
    (/** @type {number} */ (points[i * 3]) / CANVAS) * size,
    (/** @type {number} */ (points[i * 3 + 1]) / CANVAS) * size,
  ];

  return {
    show(next, accented = null) {
      if (next !== drawing || accented !== accent) isStale = true;
      drawing = next;
      accent = accented;
      queue();
    },
    destroy() {
      observer.disconnect();
      theme.removeEventListener("change", repaint);
    },
  };
}
