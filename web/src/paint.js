/**
 * Ink on a canvas on the page. Only new points are painted, once a frame, so that eight live
 * canvases stay smooth; anything taken away or a resize paints the whole drawing again.
 */

import { createBrush, LINE } from "./brush.js";

const THINNEST_PX = 2.2; // thinner, a thumbnail looks empty
const ROUNDED_PX = 3; // two edges and a width of whole CSS pixels

/**
 * @typedef {object} Painter
 * @property {(drawing: import("./ink.js").Drawing, accent?: number | null) => void} show
 *   paints what is new; `accent` is the stroke to paint in the accent colour
 * @property {() => void} destroy
 */

/**
 * @param {HTMLCanvasElement} canvas its CSS gives the size, `color` the ink, `accent-color` the accent
 * @param {{isOwn?: boolean}} [options] one's own line ends under the pen; of the others’ the last
 *   few pixels wait for the next point, which saves painting all again when a stroke ends
 * @returns {Painter}
 */
export function createPainter(canvas, { isOwn = false } = {}) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  /** @type {import("./ink.js").Drawing | null} */
  let drawing = null;
  /** @type {number | null} */
  let accent = null;
  /** @type {import("./brush.js").Brush | null} */
  let brush = null; // none yet, or all must be painted again
  let frame = 0;
  let epoch = -1;
  let stroke = 0; // the first one not finished
  let point = 0; // its first point not painted
  let isEnded = false; // painted to its very end
  let wasDown = false;
  let size = 0;
  let colours = { ink: "", accent: "" };

  const stop = onResize(canvas, (pixels) => {
    if (pixels !== size) {
      size = pixels;
      canvas.width = size;
      canvas.height = size;
    }
    repaint();
  });
  const theme = matchMedia("(prefers-color-scheme: dark)");
  theme.addEventListener("change", repaint);

  function repaint() {
    brush = null;
    queue();
  }

  function queue() {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      if (drawing && size) paint(drawing);
    });
  }

  /** @param {import("./ink.js").Drawing} from */
  function paint(from) {
    const isFinished = isOwn && wasDown && !from.penDown;
    wasDown = from.penDown;
    const ready = !brush || from.epoch !== epoch || isFinished ? restart(from) : brush;
    for (;;) {
      const points = from.strokes[stroke];
      if (!points) return;
      const isLast = stroke === from.strokes.length - 1;
      const mayGrow = isLast && from.penDown;
      const hasGrown = point < points.length / 3;
      context.strokeStyle = stroke === accent ? colours.accent : colours.ink;
      for (; point < points.length / 3; point++) ready.segment(points, point);
      if (mayGrow ? isOwn && hasGrown : !isEnded) ready.tail(points);
      isEnded = !mayGrow;
      if (isLast) return;
      stroke++;
      point = 0;
      isEnded = false;
    }
  }

  /** @param {import("./ink.js").Drawing} from */
  function restart(from) {
    const style = getComputedStyle(canvas);
    colours = { ink: style.color, accent: style.accentColor };
    context.clearRect(0, 0, size, size);
    epoch = from.epoch;
    stroke = 0;
    point = 0;
    isEnded = false;
    brush = createBrush(context, size, Math.max(THINNEST_PX * devicePixelRatio, size * LINE));
    return brush;
  }

  return {
    show(next, accented = null) {
      if (next !== drawing || accented !== accent) brush = null;
      drawing = next;
      accent = accented;
      queue();
    },
    destroy() {
      cancelAnimationFrame(frame);
      stop();
      theme.removeEventListener("change", repaint);
    },
  };
}

/**
 * Tells the width in device pixels, now and whenever it changes, by zoom or another screen too.
 * @param {HTMLCanvasElement} canvas
 * @param {(pixels: number) => void} tell
 */
function onResize(canvas, tell) {
  const observer = new ResizeObserver(([entry]) => {
    const about = Math.round(canvas.clientWidth * devicePixelRatio);
    const exact = entry?.devicePixelContentBoxSize?.[0]?.inlineSize ?? about;
    // An emulated phone counts the pixels of the screen it is shown on.
    tell(Math.max(1, Math.abs(exact - about) > ROUNDED_PX ? about : exact));
  });
  try {
    observer.observe(canvas, { box: "device-pixel-content-box" });
  } catch {
    observer.observe(canvas); // Safari knows no device pixels
  }
  return () => observer.disconnect();
}
