import assert from "node:assert/strict";
import { test } from "node:test";

import { guess, load, phase, seat, settings, welcome } from "./fixtures.js";

const state = await load("state.js");
const { reduce } = state;
const { mayGuess, solvedSince } = await load("turns.js");

const NOW = 1000;
const after = (...messages) =>
  messages.reduce((view, message) => reduce(view, message, NOW), state.unknownRoom());
const entered = (more) => after(welcome({ locked: false, turn: null, doubts: [], ...more }));
const match = (number, more = {}) => ({
  type: "match",
  seat: number,
  category: "cake",
  ms: 4200,
  place: 1,
  points: 812,
  score: 812,
  ...more,
});

test("a welcome replaces everything but the talk", () => {
  const before = after(welcome(), { type: "chat", seat: 1, name: "P1", text: "hi" }, match(1));
  state.addInk(before, [{ seat: 1, pen: 1, points: [1, 1, 0] }]);
  const view = reduce(before, welcome({ phase: phase("lobby"), prompt: null }), NOW);
  assert.equal(view.phase, "lobby");
  assert.deepEqual([view.prompt, view.matches, view.drawings.size], [null, [], 0]);
  assert.equal(view.chat.length, 1);
});

test("the talk of another room is left behind", () => {
  const before = after(welcome(), { type: "chat", seat: 1, name: "P1", text: "hi" });
  assert.deepEqual(reduce(before, welcome({ code: "BBBBB" }), NOW).chat, []);
});

test("a welcome after one's own match shows it recognised", () => {
  const view = after(welcome({ matches: [match(0)] }));
  assert.equal(view.thought.kind, "knows");
  assert.equal(state.mayDraw(view), false);
});

test("time left is counted from when it was told", () => {
  const view = after(welcome(), phase("drawing", { ms_left: 500 }));
  assert.equal(view.endsAt, NOW + 500);
});

test("a countdown blanks the round and a prompt follows", () => {
  const before = after(welcome(), guess([["hat", 0.5]]), match(1));
  state.addInk(before, [{ seat: 1, pen: 3, points: [1, 1, 0] }]);
  const view = reduce(before, phase("countdown", { round: 2 }), NOW);
  assert.deepEqual([view.prompt, view.guess, view.matches, view.reveal], [null, null, [], null]);
  assert.equal(view.drawings.size, 0);
  const told = reduce(view, { type: "prompt", category: "cat", level: "easy" }, NOW);
  assert.equal(told.prompt.category, "cat");
});

test("a countdown told again, its clock shifted, keeps the prompt", () => {
  const prompt = { type: "prompt", category: "cat", level: "easy" };
  const view = after(
    welcome({ phase: phase("lobby", { round: 0 }) }),
    phase("countdown"),
    prompt,
    phase("countdown", { ms_left: 100 }),
  );
  assert.equal(view.prompt.category, "cat");
  assert.equal(view.endsAt, NOW + 100);
});

test("a seat is added, changed in place and removed when gone", () => {
  let view = after(welcome(), { type: "seat", seat: seat(5) });
  assert.deepEqual(view.seats.map((row) => row.seat), [0, 1, 5]);
  view = reduce(view, { type: "seat", seat: seat(1, { state: "away", score: 9 }) }, NOW);
  assert.deepEqual([view.seats[1].state, view.seats[1].score], ["away", 9]);
  view = reduce(view, { type: "seat", seat: seat(1, { state: "gone" }) }, NOW);
  assert.deepEqual(view.seats.map((row) => row.seat), [0, 5]);
});

test("settings bring the size of the deck along", () => {
  const changed = { ...settings, rounds: 3 };
  const view = after(welcome(), { type: "settings", settings: changed, deck_size: 12 });
  assert.deepEqual([view.settings.rounds, view.deckSize], [3, 12]);
});

test("a guess is kept whole and thought about", () => {
  const view = after(welcome(), guess([["cloud", 0.3]]));
  assert.equal(view.guess.ms, 38);
  assert.deepEqual(view.thought.named, ["cloud"]);
});

test("one's own match is celebrated and ends the drawing, a rival's does not", () => {
  const rival = after(welcome(), match(1, { category: null }));
  assert.ok(state.mayDraw(rival));
  assert.equal(rival.thought.kind, "waiting");
  assert.deepEqual([rival.seats[1].matched, rival.seats[1].score], [true, 812]);
  const own = reduce(rival, match(0, { category: null }), NOW);
  assert.equal(state.mayDraw(own), false);
  assert.deepEqual(own.thought, { kind: "knows", named: ["cake"], isWarm: false });
});

test("a match told twice counts once", () => {
  assert.equal(after(welcome(), match(1), match(1)).matches.length, 1);
});

test("pens are down when the judging starts, and the machine gives up", () => {
  const view = after(welcome(), guess([["hat", 0.4]]), phase("judging"));
  assert.equal(state.mayDraw(view), false);
  assert.deepEqual([view.thought.kind, view.thought.named], ["missed", ["hat"]]);
});

test("reveal and game over are kept for their screens, and gone in the lobby", () => {
  const reveal = { type: "reveal", round: 1, drawings: [] };
  const over = { type: "game_over", game: "g", standings: [] };
  const view = after(welcome(), phase("reveal"), reveal, phase("game_over"), over);
  assert.equal(view.reveal, reveal);
  assert.equal(view.gameOver, over);
  const lobby = reduce(view, phase("lobby"), NOW);
  assert.deepEqual([lobby.reveal, lobby.gameOver], [null, null]);
});

test("doubts are what the host was told last", () => {
  const doubts = [{ seat: 1, signs: ["speed"] }];
  const told = after(welcome(), { type: "doubts", doubts });
  assert.equal(told.doubts, doubts);
  assert.equal(reduce(told, phase("reveal"), NOW).doubts, doubts);
  assert.equal(after(welcome({ doubts })).doubts, doubts);
  assert.deepEqual(reduce(told, { type: "doubts", doubts: [] }, NOW).doubts, []);
});

test("talk is kept in order, and only so much of it", () => {
  const lines = Array.from({ length: 150 }, (_, i) => ({ type: "chat", seat: 1, name: "P", text: `${i}` }));
  const { chat } = after(welcome(), ...lines);
  assert.equal(chat.length, 100);
  assert.deepEqual([chat[0].n, chat.at(-1).n], [51, 150], "each keeps its number");
  assert.equal(chat.at(-1).text, "149");
});

test("errors, pongs and messages of a newer server change nothing", () => {
  const view = after(welcome());
  for (const message of [{ type: "error", code: "busy", message: "" }, { type: "pong", id: 1 }, { type: "novel" }]) {
    assert.equal(reduce(view, message, NOW), view);
  }
});

test("reducing never changes the view it was given", () => {
  const view = after(welcome());
  const before = JSON.stringify(view);
  for (const message of [match(0), guess([["hat", 0.4]]), phase("reveal"), { type: "seat", seat: seat(1, { score: 5 }) }]) {
    reduce(view, message, NOW);
  }
  assert.equal(JSON.stringify(view), before);
});

test("relayed ink lands on the rival's sheet and never on one's own", () => {
  const view = after(welcome());
  state.addInk(view, [
    { seat: 1, pen: 3, points: [1, 1, 0] },
    { seat: 0, pen: 3, points: [2, 2, 0] },
  ]);
  assert.equal(state.drawingOf(view, 1).strokes.length, 1);
  assert.equal(state.drawingOf(view, 0).strokes.length, 0);
});

test("a late joiner watches: the pen stays up", () => {
  const view = after(welcome({ seats: [seat(0, { playing: false }), seat(1)] }));
  assert.equal(state.mayDraw(view), false);
});

test("in pictionary what the machine knows is told to who knows it, and to nobody else", () => {
  const table = { ...settings, mode: "pictionary" };
  const turn = { type: "turn", drawer: 1, name: "P1", solves: [], machine_score: 0, machine_matches: 0, category: null, beaten: null, points: null };
  const knowing = { ...turn, solves: [{ seat: null, ms: 900, points: 950 }] };
  const guesser = entered({ settings: table, prompt: null, turn, seats: [seat(0, { playing: false }), seat(1)] });
  assert.equal(mayGuess(guesser), true);
  assert.equal(reduce(guesser, knowing, 0).thought.kind, "waiting");
  const solved = reduce(guesser, { ...knowing, solves: [...knowing.solves, { seat: 0, ms: 1000, points: 940 }] }, 0);
  assert.equal(mayGuess(solved), false);
  assert.equal(reduce(solved, { type: "prompt", category: "cake", level: "easy" }, 0).thought.kind, "knows");
  assert.equal(reduce(guesser, phase("countdown", { round: 2 }), 0).turn, null);
});

test("who guesses is not told that the machine gave up: it never said what it thought", () => {
  const turn = { type: "turn", drawer: 1, name: "P1", solves: [], machine_score: 0 };
  const table = { ...settings, mode: "pictionary" };
  const guesser = entered({ settings: table, prompt: null, turn, seats: [seat(0, { playing: false }), seat(1)] });
  assert.equal(reduce(guesser, phase("judging"), 0).thought.kind, "waiting");
  assert.equal(reduce(entered({ settings: table, turn }), phase("judging"), 0).thought.kind, "missed");
  assert.equal(reduce(entered({}), phase("judging"), 0).thought.kind, "missed");
});

test("the one who solved it last is told, though an earlier time stands before", () => {
  const turn = { type: "turn", drawer: 2, name: "P2", solves: [{ seat: 1, ms: 900, points: 9 }] };
  const before = entered({ turn });
  const view = reduce(before, { ...turn, solves: [{ seat: 3, ms: 500, points: 9 }, ...turn.solves] }, 0);
  assert.deepEqual(solvedSince(before, view).map((each) => each.seat), [3]);
});

test("a locked door is remembered, and a line of talk keeps its kind", () => {
  const view = reduce(entered({}), { type: "lock", locked: true }, 0);
  assert.equal(view.locked, true);
  assert.equal(reduce(view, { type: "chat", seat: 1, name: "P1", text: "cat", kind: "guess" }, 0).chat.at(-1).kind, "guess");
});
