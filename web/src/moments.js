/** The best of a game, chosen from its reveals: what to laugh about on the podium. */

import * as ink from "./ink.js";
import { totalOf } from "./state.js";

const MOST = 4;
const PAGES = 20;
const NARROW_MS = 3_000;
const TURN = 0.4; // a rise this steep is a turn
const NEARLY = 0.1;
const CONVINCED = 0.5;

/**
 * @typedef {import("./messages.js").DrawingView} DrawingView
 * @typedef {{reveal: import("./messages.js").Reveal, drawings: Map<number, ink.Drawing>, totals: Map<number, number>}} Page
 *   one round: what was told about it, and by seat the ink and the ms there were to draw
 * @typedef {"fastest" | "narrowest" | "turn" | "nearly" | "blunder" | "bravest"} Kind
 * @typedef {{kind: Kind, drawing: DrawingView, ink: ink.Drawing, value: number}} Moment
 */

/**
 * The album with one more round in it.
 * @param {Page[]} album
 * @param {import("./room-view.js").RoomView} view during or just after the reveal
 * @param {ink.Drawing} own
 * @returns {Page[]}
 */
export function addPage(album, view, own) {
  if (!view.reveal) return album;
  const copy = ink.blank();
  ink.copyInto(own, copy);
  const drawings = new Map([...view.drawings, [view.seat, copy]]);
  const told = view.reveal.drawings.map((drawing) => (view.turn ? { ...drawing, points: 0 } : drawing));
  const totals = new Map(told.map(({ seat }) => [seat, totalOf(view, seat)]));
  const reveal = { ...view.reveal, drawings: told }; // in pictionary the points are the machine’s
  return [...album, { reveal, drawings, totals }].slice(-PAGES);
}

/**
 * Each kind's best, no drawing twice, the most telling kinds first.
 * @param {Page[]} album
 * @returns {Moment[]}
 */
export function momentsOf(album) {
  const all = album.flatMap(({ reveal, drawings, totals }) =>
    reveal.drawings.map((drawing) => ({
      drawing,
      ink: drawings.get(drawing.seat) ?? ink.blank(),
      total: totals.get(drawing.seat) ?? 0,
    })),
  );
  const seen = all.filter((each) => each.ink.points > 0);
  /** @type {Moment[]} */
  const moments = [];
  for (const [kind, valueOf] of KINDS) {
    const used = new Set(moments.map(({ drawing }) => drawing));
    const best = seen
      .filter(({ drawing }) => !used.has(drawing))
      .map((each) => ({ ...each, ...valueOf(each.drawing, each.total) }))
      .filter(({ rank }) => rank !== undefined)
      .sort((a, b) => /** @type {number} */ (b.rank) - /** @type {number} */ (a.rank))[0];
    if (best) moments.push({ kind, drawing: best.drawing, ink: best.ink, value: best.value ?? 0 });
  }
  return moments.slice(0, MOST);
}

/** @typedef {{rank?: number, value?: number}} Worth no rank: not of this kind; the value is for the sentence */

/** @type {[Kind, (drawing: DrawingView, total: number) => Worth][]} */
const KINDS = [
  ["fastest", ({ matched_ms: ms }) => (ms === null ? {} : { rank: -ms, value: ms })],
  ["blunder", (drawing) => {
    const top = drawing.top[0];
    const isWrong = drawing.matched_ms === null && top && top.category !== drawing.category;
    return isWrong && top.p >= CONVINCED ? { rank: top.p, value: top.p } : {};
  }],
  ["narrowest", ({ matched_ms: ms }, total) =>
    ms !== null && ms <= total && total - ms <= NARROW_MS ? { rank: ms, value: total - ms } : {}],
  ["nearly", ({ matched_ms: ms, curve }) => {
    const best = Math.max(0, ...curve.map(([, p]) => p));
    return ms === null && best >= NEARLY ? { rank: best, value: best } : {};
  }],
  ["turn", ({ matched_ms: ms, curve }) => {
    const rise = Math.max(0, ...curve.map(([, p], index) => p - (curve[index - 1]?.[1] ?? p)));
    return ms !== null && rise >= TURN ? { rank: rise, value: rise } : {};
  }],
  ["bravest", ({ matched_ms: ms, level, points }) =>
    ms !== null && level === "hard" && points > 0 ? { rank: points, value: points } : {}],
];
