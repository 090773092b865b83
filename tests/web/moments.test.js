import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.matchMedia ??= () => ({ matches: false });

import { load, seat, settings, welcome } from "./fixtures.js";

const ink = await load("ink.js");
const { addPage, momentsOf } = await load("moments.js");
const { duration, spansOf, surenessAt } = await load("timing.js");
const { pathOf, svgOf } = await load("svg.js");
const { createFilm, timeline, upTo } = await load("replay.js");
const { english: text } = await load("strings.js");
const { reduce, unknownRoom } = await load("state.js");

const TOTAL = 20_000;
const drawn = () => {
  const drawing = ink.blank();
  ink.apply(drawing, 3, [0, 0, 0, 100, 0, 200, 200, 0, 300]);
  ink.apply(drawing, 3, [300, 300, 0, 400, 300, 500]);
  return drawing;
};

const drawing = (seat, more = {}) => ({
  seat,
  name: `P${seat}`,
  category: "cake",
  level: "easy",
  matched_ms: null,
  points: 0,
  place: null,
  curve: [],
  giveaway: null,
  top: [{ category: "cake", p: 0.3 }],
  ...more,
});

const page = (...drawings) => ({
  reveal: { type: "reveal", round: 1, drawings },
  drawings: new Map(drawings.map(({ seat }) => [seat, drawn()])),
  totals: new Map(drawings.map(({ seat }) => [seat, TOTAL])),
});
const kinds = (...pages) => momentsOf(pages).map(({ kind, drawing: { seat } }) => [kind, seat]);

test("each kind of moment goes to its best drawing, and no drawing is shown twice", () => {
  const found = kinds(
    page(
      drawing(0, { matched_ms: 2500, curve: [[900, 0.1], [2500, 0.9]] }),
      drawing(1, { matched_ms: 19_000, curve: [[900, 0.1], [18_000, 0.2], [19_000, 0.3]] }),
      drawing(2, { top: [{ category: "hat", p: 0.8 }], curve: [[900, 0.3]] }),
    ),
    page(
      drawing(0, { matched_ms: 3000, curve: [[900, 0.1], [2500, 0.9]] }),
      drawing(1, { curve: [[900, 0.15], [5000, 0.02]] }),
    ),
  );
  assert.deepEqual(found, [["fastest", 0], ["blunder", 2], ["narrowest", 1], ["nearly", 1]]);
});

test("what nobody drew is no moment, and no game needs one", () => {
  const blank = { ...page(drawing(0, { matched_ms: 100 })), drawings: new Map() };
  assert.deepEqual(momentsOf([blank]), []);
  assert.deepEqual(momentsOf([]), []);
});

test("every kind of moment has a title and a sentence that names the player", () => {
  for (const [kind, title] of Object.entries(text.over.kinds)) {
    const sentence = text.over.moment(kind, "Ada", "cake", 0.5, "hat");
    assert.ok(title && sentence.includes("Ada") && sentence.includes("cake"), kind);
  }
});

test("the album keeps the ink of a round, one’s own in a copy that the next round does not wipe", () => {
  const reveal = { type: "reveal", round: 1, drawings: [drawing(0, { matched_ms: 900 })] };
  const view = reduce(reduce(unknownRoom(), welcome(), 0), reveal, 0);
  const own = drawn();
  const album = addPage([], view, own);
  ink.clear(own);
  assert.equal(momentsOf(album)[0].ink.strokes.length, 2);
  assert.equal(addPage(album, { ...view, reveal: null }, own), album);
});

test("a seat with twice the time is timed by its own end, not by that of the others", () => {
  const at = (...times) => times.map((matched_ms, seat) => drawing(seat, { matched_ms, curve: [[900, 0.1]] }));
  const seats = [seat(0), seat(1, { time: 2 }), seat(2, { time: 2 })];
  const view = reduce(reduce(unknownRoom(), welcome({ seats }), 0), { type: "reveal", round: 1, drawings: at(1000, 32_000, 39_000) }, 0);
  for (const each of seats) view.drawings.set(each.seat, drawn());
  const album = addPage([], view, drawn());
  assert.deepEqual([...album[0].totals.values()], [20_000, 40_000, 40_000]);
  const narrowest = momentsOf(album).find(({ kind }) => kind === "narrowest");
  assert.deepEqual([narrowest.drawing.seat, narrowest.value], [2, 1000]);
});

test("in pictionary the network's points are not the drawer's, and nobody is brave for them", () => {
  const turn = { type: "turn", drawer: 0, name: "P0", solves: [], machine_score: 700 };
  const told = { type: "reveal", round: 1, drawings: [drawing(0, { level: "hard", matched_ms: 9000, points: 700 })] };
  const seen = welcome({ settings: { ...settings, mode: "pictionary" }, turn });
  const album = addPage([], reduce(reduce(unknownRoom(), seen, 0), told, 0), drawn());
  assert.equal(album[0].reveal.drawings[0].points, 0);
  assert.ok(!momentsOf(album).some(({ kind }) => kind === "bravest"));
});

test("strokes lie between the first and the last that was seen, in order, rests shared out", () => {
  const spans = spansOf(drawn().strokes, { matched_ms: 6000, curve: [[1000, 0], [6000, 1]] }, TOTAL);
  assert.deepEqual(spans, [{ start: 1000, end: 1500 }, { start: 5500, end: 6000 }]);
  assert.deepEqual(drawn().strokes.map(duration), [500, 500]);
});

test("ink that claims to have taken longer than the round is squeezed into it", () => {
  const spans = spansOf(drawn().strokes, { matched_ms: 900, curve: [[400, 0.2]] }, TOTAL);
  assert.ok(Math.abs(spans[1].end - 900) < 1e-6 && spans[0].start === 400 && spans[0].end <= spans[1].start);
});

test("the curve says what was known by then, and nothing before the first guess", () => {
  const curve = [[500, 0.1], [900, 0.7]];
  assert.deepEqual([0, 500, 899, 5000].map((ms) => surenessAt(curve, ms)), [0, 0.1, 0.1, 0.7]);
});

test("a drawing can be wound to any place", () => {
  const whole = drawn();
  assert.deepEqual(upTo(whole, 1, 1).strokes, whole.strokes);
  assert.deepEqual(upTo(whole, 0, 0.5).strokes, [[0, 0, 0, 100, 0, 200]]);
  assert.deepEqual(upTo(whole, -1, 1).strokes, []);
});

test("a film ends with the whole drawing, and is never long", () => {
  const endless = ink.blank();
  for (let n = 0; n < 60; n++) ink.apply(endless, 3, [n, n, 0, n + 1, n, 5000, n, n + 1, 5000]);
  const film = createFilm(timeline(endless));
  assert.ok(film.lasts <= 4500);
  assert.equal(film.to(film.lasts / 2).stroke, 29);
  film.to(film.lasts);
  assert.deepEqual(film.drawing.strokes, endless.strokes);
});

const LOOK = { note: "", ink: "#000", paper: "#fff", accent: "#f00", soft: "#888" };

test("an SVG has one path for each stroke, the giveaway in its colour, and starts where the pen did", () => {
  const svg = svgOf(drawn(), 1, { ...LOOK, title: "cake" });
  assert.equal(svg.match(/<path /g).length, 2);
  assert.match(svg, /<path d="M4.6 4.6L6.1 4.6" stroke="#f00"\/>/);
  assert.equal(pathOf([65535, 0, 0]), "M1000.0 0.0L1000.0 0.0");
});

test("a name is only ever words in an SVG", () => {
  const svg = svgOf(drawn(), null, { ...LOOK, title: `<script>"&'\u0001`, note: "</text>\ud800" });
  assert.doesNotMatch(svg, /<script|<\/text><|\u0001|\ud800/);
  assert.match(svg, /&#60;script&#62;&#34;&#38;&#39;/);
});
