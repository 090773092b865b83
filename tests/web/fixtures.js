/** What the tests share: the code under test has no browser, so neither have they. */

const ROOT = new URL("../../", import.meta.url);

/** @param {string} module a path below `web/src` */
export const load = (module) => import(new URL(`web/src/${module}`, ROOT).href);

export const rootFolder = ROOT;

export const seat = (number, more = {}) => ({
  seat: number,
  name: `P${number}`,
  state: "here",
  score: 0,
  playing: true,
  matched: false,
  ready: false,
  time: 1,
  host: number === 0,
  ...more,
});

export const phase = (name, more = {}) => ({
  type: "phase",
  phase: name,
  round: 1,
  rounds: 6,
  ms_left: 20_000,
  ms_total: 20_000,
  ...more,
});

export const settings = {
  mode: "race",
  rounds: 6,
  seconds: 20,
  players: 8,
  prompt: "own",
  deck: ["easy", "medium"],
  custom: [],
  guess_among: "all",
  confidence: 0.2,
  public: false,
};

export const welcome = (more = {}) => ({
  type: "welcome",
  protocol: "inkling.v1",
  code: "K7PXM",
  seat: 0,
  seats: [seat(0), seat(1)],
  settings,
  deck_size: 200,
  phase: phase("drawing"),
  prompt: { type: "prompt", category: "cake", level: "easy" },
  guess: null,
  matches: [],
  reveal: null,
  game_over: null,
  doubts: [],
  batch: 0,
  ...more,
});

export const guess = (top, prompt_p = 0) => ({
  type: "guess",
  top: top.map(([category, p]) => ({ category, p })),
  prompt_p,
  frame: 1,
  ms: 38,
});
