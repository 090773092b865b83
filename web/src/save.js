/** A drawing to take along: as a picture, as vectors, or as a film of how it came to be. */

import { paintAll } from "./brush.js";
import { createFilm, timeline } from "./replay.js";
import { svgOf } from "./svg.js";

const SIZE = 1080;
const FOOT = 120;
const FILM_SIZE = 720;
const FRAMES_PER_S = 30;
const STILL_MS = 1_500; // the finished drawing, at the end of the film
const FILMS = ["video/webm;codecs=vp9", "video/webm", "video/mp4"];
const LOOK = { ink: "#1b2044", paper: "#fffef9", accent: "#d8341a", soft: "#575c7c" };
const FONT = "ui-rounded, system-ui, sans-serif";

/**
 * @typedef {object} Keepsake
 * @property {import("./ink.js").Drawing} ink
 * @property {number | null} giveaway
 * @property {string} title
 * @property {string} note
 *
 * @typedef {"png" | "svg" | "film"} Format
 */

export const canFilm = () => filmType() !== undefined && "captureStream" in HTMLCanvasElement.prototype;

const filmType = () =>
  "MediaRecorder" in globalThis ? FILMS.find((type) => MediaRecorder.isTypeSupported(type)) : undefined;

/**
 * @param {Keepsake} keepsake
 * @param {Format} format
 */
export async function save(keepsake, format) {
  const blob = await MAKERS[format](keepsake);
  const kind = blob.type.split(/[/+;]/)[1] ?? format;
  const name = keepsake.title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `inkling-${name}.${kind}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // some browsers read it only later
}

/** @type {Record<Format, (keepsake: Keepsake) => Promise<Blob>>} */
const MAKERS = {
  async png(keepsake) {
    const context = paper(SIZE);
    frame(context, SIZE, keepsake, keepsake.ink);
    return new Promise((resolve, reject) => {
      context.canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png");
    });
  },
  async svg({ ink, giveaway, title, note }) {
    return new Blob([svgOf(ink, giveaway, { ...LOOK, title, note })], { type: "image/svg+xml" });
  },
  film,
};

/** @param {Keepsake} keepsake */
async function film(keepsake) {
  const context = paper(FILM_SIZE);
  const reel = createFilm(timeline(keepsake.ink));
  const type = filmType();
  const recorder = new MediaRecorder(context.canvas.captureStream(FRAMES_PER_S), {
    ...(type && { mimeType: type }),
    videoBitsPerSecond: 2_500_000,
  });
  /** @type {Blob[]} */
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const isDone = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start();
  const started = performance.now();
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      const ms = performance.now() - started;
      reel.to(ms);
      frame(context, FILM_SIZE, keepsake, reel.drawing);
      if (ms < reel.lasts + STILL_MS) return;
      clearInterval(timer);
      resolve(null);
    }, 1000 / FRAMES_PER_S);
  });
  recorder.stop();
  await isDone;
  return new Blob(parts, { type: recorder.mimeType });
}

/** @param {number} size */
function paper(size) {
  const canvas = document.createElement("canvas");
  canvas.width = size;
  canvas.height = Math.round(size * (1 + FOOT / SIZE));
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} size
 * @param {Keepsake} keepsake
 * @param {import("./ink.js").Drawing} drawn as much of it as there is
 */
function frame(context, size, { giveaway, title, note }, drawn) {
  const unit = size / SIZE;
  context.fillStyle = LOOK.paper;
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  paintAll(context, drawn, size, (stroke) => (stroke === giveaway ? LOOK.accent : LOOK.ink));
  context.fillStyle = LOOK.ink;
  context.font = `700 ${46 * unit}px ${FONT}`;
  context.fillText(title, 44 * unit, (SIZE + 38) * unit, size - 88 * unit);
  context.fillStyle = LOOK.soft;
  context.font = `${30 * unit}px ${FONT}`;
  context.fillText(note, 44 * unit, (SIZE + 88) * unit, size - 88 * unit);
}
