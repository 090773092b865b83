/** A drawing as an SVG file: one path for each stroke, along the same midpoints as on the screen. */

import { LINE } from "./brush.js";
import { CANVAS } from "./protocol.js";

export const SIZE = 1000; // of the square that paths lie on
const FOOT = 110; // for the caption

/** @typedef {{title: string, note: string, ink: string, paper: string, accent: string, soft: string}} Look */

/**
 * @param {import("./ink.js").Drawing} drawing
 * @param {number | null} accent the stroke to draw in the accent colour
 * @param {Look} look
 */
export function svgOf(drawing, accent, { title, note, ink, paper, accent: red, soft }) {
  const strokes = drawing.strokes.map(
    (stroke, index) => `<path d="${pathOf(stroke)}"${index === accent ? ` stroke="${red}"` : ""}/>`,
  );
  const font = `font-family="ui-rounded,system-ui,sans-serif"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE} ${SIZE + FOOT}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" fill="${paper}"/>`,
    `<g fill="none" stroke="${ink}" stroke-width="${SIZE * LINE}" stroke-linecap="round" stroke-linejoin="round">`,
    ...strokes,
    "</g>",
    `<text x="40" y="${SIZE + 40}" ${font} font-size="44" font-weight="700" fill="${ink}">${escaped(title)}</text>`,
    `<text x="40" y="${SIZE + 86}" ${font} font-size="28" fill="${soft}">${escaped(note)}</text>`,
    "</svg>",
    "",
  ].join("\n");
}

/**
 * @param {import("./ink.js").Stroke} stroke
 * @returns {string} the `d` of a path
 */
export function pathOf(stroke) {
  const at = (/** @type {number} */ i) => (((stroke[i] ?? 0) / CANVAS) * SIZE).toFixed(1);
  const between = (/** @type {number} */ i, /** @type {number} */ j) =>
    ((((stroke[i] ?? 0) + (stroke[j] ?? 0)) / 2 / CANVAS) * SIZE).toFixed(1);
  let d = `M${at(0)} ${at(1)}`;
  for (let i = 3; i + 3 < stroke.length; i += 3) {
    d += `Q${at(i)} ${at(i + 1)} ${between(i, i + 3)} ${between(i + 1, i + 4)}`;
  }
  const last = stroke.length - 3;
  return `${d}L${at(last)} ${at(last + 1)}`;
}

/** @param {string} words from people, so anything */
const escaped = (words) =>
  words.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "");
