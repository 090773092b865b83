/**
 * Every word the page says, in English. Another language is another object of the same shape;
 * nothing else in the page contains a sentence.
 */

import { grammar, stress } from "./grammar.js";
import { Close } from "./protocol.js";

/** @typedef {import("./grammar.js").Part} Part */

const { number, percent, seconds, count, list } = grammar("en");

/** Categories that take no "a": plurals, stuffs and what has its own article. */
const BARE = new Set(
  (
    "animal migration|asparagus|binoculars|bread|broccoli|camouflage|drums|eyeglasses|flip flops|" +
    "grapes|grass|headphones|lightning|lipstick|matches|pants|peas|pliers|rain|rollerskates|" +
    "scissors|shorts|stairs|stitches|toothpaste|underwear|yoga"
  ).split("|"),
);
const UNIQUE = new Set(["moon", "ocean", "sun"]);

/**
 * @param {string} category
 * @returns {[string, string]} the article with its space, and the category
 */
function named(category) {
  if (category.startsWith("The ")) return ["the ", category.slice(4)];
  if (BARE.has(category)) return ["", category];
  if (UNIQUE.has(category)) return ["the ", category];
  return [/^[aeiou]|^hour/.test(category) ? "an " : "a ", category];
}

/** @param {string} category */
const withArticle = (category) => named(category).join("");

/** @param {string} before @param {string} category @param {string} after */
const stressed = (before, category, after) => stress(before, named(category), after);

const ordinals = new Intl.PluralRules("en", { type: "ordinal" });
const endings = { zero: "th", one: "st", two: "nd", few: "rd", many: "th", other: "th" };

/** @param {number} place */
const ordinal = (place) => `${place}${endings[ordinals.select(place)]}`;

/** @type {Record<import("./messages.js").Sign, string>} */
const SIGNS = {
  speed: "faster than a wrist",
  teleport: "leaps across the sheet with the pen down",
  metronome: "equal steps at equal times",
  hurry: "more ink than there was time for",
};

export const english = {
  /** what browsers and voices call the language */
  tag: "en",
  /** @type {"ltr" | "rtl"} */
  direction: "ltr",
  language: "Language",
  name: "Inkling",
  percent,
  number,
  seconds,
  ordinal,
  /**
   * A category as people read it. On the wire it has its English name.
   * @param {string} category
   */
  category: (category) => category,
  /** the same with its article: "a cake" */
  named: withArticle,

  home: {
    tagline: "You draw. I guess. Be quick.",
    greeting: "Hi! I’m Inkling. Show me what you can draw!",
    steps: [
      "Get something to draw",
      "Sketch it before the clock runs out",
      "Score the moment I recognise it",
    ],
    nameLabel: "Your name",
    namePlaceholder: "I’ll make one up",
    solo: "Play solo",
    soloHint: "Six sketches, just you and me",
    create: "Create a room",
    createHint: "Invite friends with a link",
    quick: "Quick play",
    quickHint: "Draw against whoever is around",
    codeLabel: "Got a room code?",
    codePlaceholder: "ABCDE",
    join: "Join",
    invited: "You’re invited!",
    /** @param {number} players */
    waiting: (players) =>
      players === 0
        ? "Nobody is in yet: be the first."
        : count(players, { one: "One player is in already.", other: "# players are in already." }),
    running: "A game is running; you can watch and join the next round.",
    joinRoom: "Join the room",
    elsewhere: "Or play something else",
    board: "Sharpest pencils",
    /** @param {number} games */
    games: (games) => count(games, { one: "# game", other: "# games" }),
    offline: "I can’t reach the server. As soon as I can, we’ll play.",
    retry: "Try again",
    badCode: "A room code has five letters and digits, like K7PXM.",
  },

  lobby: {
    title: "Waiting room",
    invite: "Invite friends",
    code: "Room code",
    qr: "Show the QR code, large",
    qrHelp: "Point a phone’s camera here to join.",
    copy: "Copy link",
    copied: "Link copied!",
    share: "Share",
    players: "Players",
    /** @param {number} here @param {number} most */
    count: (here, most) => `${here} of ${most}`,
    you: "you",
    host: "host",
    away: "reconnecting…",
    kick: "Remove",
    /** @param {string} name */
    kickLabel: (name) => `Remove ${name} from the room`,
    /** @param {string} name */
    kickSure: (name) => `Remove ${name}? They can’t come back to this room.`,
    start: "Start the game",
    startAlone: "Start anyway",
    /** @param {string} name */
    favours: (name) => `More for ${name}`,
    time: "Time to draw",
    /** @param {string} name */
    timeLabel: (name) => `Time to draw for ${name}`,
    /** @param {number} factor */
    times: (factor) => (factor === 1 ? "as in the settings" : `${number(factor)} × the time`),
    handOver: "Make host",
    /** @param {string} name */
    handOverSure: (name) => `Make ${name} the host?`,
    lock: "Lock the room",
    lockHelp: "Nobody new comes in; those who are here can come back.",
    locked: "The room is locked: nobody new comes in.",
    takesTwo: "Pictionary takes two",
    waitForHost: "The host starts the game. Warm up your fingers!",
    rename: "Rename",
    people: "In this room",
    mute: "Mute",
    muted: "muted",
    /** @param {string} name */
    muteLabel: (name) => `Mute ${name}`,
    leave: "Leave",
    rules: "How we play",
    hostsRules: "Set up the game",
  },

  settings: {
    presets: "Pick a game",
    preset: {
      quick: ["Quick race", "3 short rounds, easy things"],
      party: ["Party", "6 rounds, something for everyone"],
      marathon: ["Marathon", "15 rounds, everything I know"],
      hard: ["Hard mode", "Tricky things, and I must be sure"],
      pictionary: ["Pictionary", "One draws, the others race me to the word"],
    },
    details: "Or set it up yourself",
    mode: "The game",
    modes: { race: "Race", pictionary: "Pictionary" },
    modesHelp: {
      race: "Everybody draws at once, and I guess.",
      pictionary: "One draws, the others type what they see. I guess too: be quicker than me.",
    },
    turnsHelp: "How often each of you draws, up to six times.",
    rounds: "Rounds",
    roundsHelp: "Everybody draws once a round.",
    seconds: "Seconds to draw",
    secondsHelp: "20 is brisk, 60 is relaxed.",
    players: "Most players",
    playersHelp: "The room is full after that.",
    less: "Less",
    more: "More",
    deck: "What to draw",
    deckHelp: "Easy is what I recognise soon; hard is what I often miss.",
    levels: { easy: "Easy", medium: "Medium", hard: "Hard" },
    /** @param {number} size */
    deckSize: (size) => count(size, { one: "# thing to draw", other: "# things to draw" }),
    prompt: "Everybody draws",
    promptOwn: "something different",
    promptOwnHelp: "You see each other’s canvases live.",
    promptSame: "the same thing",
    promptSameHelp: "Canvases stay secret until the reveal.",
    strict: "How sure must I be?",
    strictHelp: "The surer I must be, the better you have to draw.",
    strictness: [
      [0, "A hunch will do"],
      [0.2, "Fairly sure"],
      [0.4, "Rather sure"],
      [0.6, "Very sure"],
      [0.8, "Absolutely certain"],
    ],
    among: "I guess among",
    amongAll: "everything I know",
    amongAllHelp: "Your cake may look like any of 345 things to me.",
    amongDeck: "the deck only (easier)",
    amongDeckHelp: "I know what is in the deck and guess nothing else.",
    public: "Open to strangers through quick play",
    publicHelp: "Whoever presses “Quick play” may come in.",
  },

  deck: {
    title: "Your own list",
    inUse: "Custom list in use",
    help: "Tap things you find (••• is hard), or write or paste a list, one thing a line.",
    search: "Search what I know…",
    /** @param {number} found @param {number} shown */
    found: (found, shown) =>
      found > shown
        ? `${number(shown)} of ${number(found)} are shown.`
        : count(found, { one: "# found.", other: "# found." }),
    nothing: "I know nothing like that.",
    list: "The list",
    /** @param {number} size @param {number} least */
    size: (size, least) =>
      size < least
        ? `${number(size)} so far; a list needs at least ${number(least)}.`
        : count(size, { one: "# thing on the list.", other: "# things on the list." }),
    /** @param {string} word */
    unknown: (word) => `I don’t know “${word}”.`,
    meant: "Did you mean",
    drop: "Leave it out",
    use: "Use this list",
    stop: "Back to the deck",
    empty: "Empty the list",
  },

  summary: {
    pictionary: "Pictionary: one draws, the others and I guess",
    /** @param {number} rounds @param {number} seconds */
    turns: (rounds, seconds) => `Each draws ${count(rounds, { one: "# time", other: "# times" })}, ${seconds} seconds a turn`,
    /** @param {number} rounds @param {number} seconds */
    length: (rounds, seconds) => `${count(rounds, { one: "# round", other: "# rounds" })} of ${seconds} seconds`,
    own: "Everybody draws something different",
    same: "Everybody draws the same thing, in secret",
    /** @param {number} size */
    custom: (size) => `The host’s own list of ${size} things`,
    /** @param {string[]} levels @param {number} size */
    deck: (levels, size) => `${list(levels)}: ${count(size, { one: "# thing to draw", other: "# things to draw" })}`,
    amongAll: "I guess among everything I know",
    amongDeck: "I guess among the deck only",
  },

  round: {
    draw: "Draw",
    watch: "Watching",
    getReady: "Get ready to draw",
    /** @param {number} round @param {number} rounds */
    round: (round, rounds) => `Round ${round} of ${rounds}`,
    go: "Go!",
    undo: "Undo",
    undoHint: "Undo (Ctrl+Z)",
    redo: "Redo",
    redoHint: "Redo (Ctrl+Shift+Z)",
    eraser: "Eraser",
    eraserHint: "Rub out whole strokes (E)",
    clear: "Clear",
    clearHint: "Clear everything (Del)",
    tools: "Drawing tools",
    /** a thermometer: how sure the machine is of what was asked for */
    warmth: "How warm it is",
    canvas: "Your drawing",
    /** @param {string} name */
    canvasOf: (name) => `${name}’s drawing`,
    guesses: "What Inkling sees",
    /** half of the last guesses came within `ms`, 95 % within `most` @param {number} ms @param {number} most */
    latency: (ms, most) => `guessing in ${Math.round(ms)} ms, mostly under ${Math.ceil(most)}`,
    points: "points",
    watching: "You’re in from the next round. Enjoy the show!",
    hidden: "secret until the reveal",
    /** @param {number} ms */
    matched: (ms) => `Got it in ${seconds(ms)}`,
    /** @param {number} points */
    won: (points) => `+${number(points)}`,
    /** @param {number} place */
    place: (place) => (place === 1 ? "First to be recognised!" : `${ordinal(place)} to be recognised`),
    restOfThem: "Watch how the others are doing.",
    pensDown: "Pens down!",
    judging: "Let me take a last look…",
    busy: "The network is busy. I’ll catch up in a moment…",
    full: "That’s all the ink I can read. Try to clear some.",
    secondsLeft: "seconds left",
    /** said aloud now and then @param {number} seconds */
    hurry: (seconds) => count(seconds, { one: "# second left", other: "# seconds left" }),
    /** @param {string} name */
    recognised: (name) => `I recognised ${name}’s drawing.`,
    close: "Close",
    rivals: "Players",
  },

  /** drawing without a game */
  sketch: {
    door: "Just sketch",
    doorHint: "no game: draw anything and watch me guess",
    title: "Sketchpad",
    idea: "Try drawing",
    next: "Another idea",
    knew: "I knew it!",
    kept: "Nobody else sees this sheet, and nothing of it is kept.",
    offline: "I can’t see your sheet without a connection. Draw on; I’ll look as soon as it is back.",
  },

  /** leaderboards, players and categories */
  boards: {
    door: "Leaderboards",
    doorHint: "who is ahead, and what I find hard",
    title: "Leaderboards",
    rank: "Rank",
    player: "Player",
    games: "Games",
    wins: "Won",
    matched: "Recognised",
    by: "Ranked by",
    period: "Time",
    mode: "Game",
    bys: { points: "Points", best: "Best game", fastest: "Fastest", streak: "In a row" },
    periods: { all: "All time", month: "This month", week: "This week", day: "Today" },
    modes: { race: "Race", pictionary: "Pictionary" },
    utc: "Days, weeks and months begin at midnight UTC.",
    nobody: "Nobody is on this board yet.",
    more: "More",
    mine: "Where am I?",
    notMine: "You are not on this board yet.",
    recent: "Last public games",
    watch: "Watch",
    noGames: "No finished games yet.",
    lastGames: "Points of the last games",
    bestCategories: "What I recognise best",
    worstCategories: "What I find hardest",
    /** @param {number} matched @param {number} drawn */
    ofDrawn: (matched, drawn) => `${number(matched)} of ${number(drawn)} recognised`,
    /** @param {number} ms */
    mean: (ms) => `On average after ${seconds(ms)}.`,
    times: "Seconds until I knew it",
    howDrawn: "How people draw it",
    neverDrawn: "Nobody has drawn this in a finished game yet.",
    gone: "There is nothing here, or not any more.",
  },

  /** how the page suits its owner */
  comfort: {
    title: "Sounds and comfort",
    sounds: "Sounds",
    volume: "Volume",
    voice: "Say my guesses aloud",
    voiceHelp: "With the voice of your device.",
    left: "Left-handed",
    leftHelp: "Puts the tools where your right hand rests.",
    keys: "Single-key shortcuts",
    keysHelp: "Those with Ctrl (or ⌘) always work.",
    /** being erased from the server */
    farewell: {
      title: "Forget me",
      help: "Your name, points and ranks on this server go for good, and you leave your rooms. What you drew in finished games stays for a while, as nobody’s.",
      erase: "Erase all about me",
      sure: "Erase all that this server knows about you? There is no way back.",
      done: "Done: I don’t know you any more. It was a pleasure!",
    },
    acts: {
      undo: "Undo",
      redo: "Redo",
      eraser: "Eraser",
      clear: "Clear",
      mute: "Sounds on or off",
      help: "This panel",
    },
  },

  /** whether finished drawings may be kept, where the host asks */
  learning: {
    label: "Let me learn from your drawings",
    /** @param {number} days */
    help: (days) =>
      `I keep what you have finished for up to ${count(days, { one: "# day", other: "# days" })}, without your name, so that I can be taught with it. Turn this off, and I forget what I keep of yours.`,
  },

  /** pictionary: one draws, the others guess */
  turn: {
    /** @param {number} turn @param {number} turns */
    turn: (turn, turns) => `Turn ${turn} of ${turns}`,
    next: "Next turn",
    /** @param {string} name */
    draws: (name) => `${name} is drawing`,
    /** @param {string} name */
    drawsNext: (name) => `${name} is about to draw`,
    itIs: "The answer:",
    lookSharp: "Look sharp!",
    guess: "What is it?",
    send: "Guess",
    aside: "Talk with those who know…",
    close: "Close!",
    machinePuzzles: "I’m still puzzling…",
    machineKnows: "I know it already!",
    /** @param {string} name */
    solvedBy: (name) => `${name} knows it.`,
    outcome: "Who knew it",
    /** @param {string} category */
    was: (category) => `It was ${withArticle(category)}`,
    nobody: "Nobody knew it.",
    /** @param {string} name @param {number} beaten @param {number} points */
    earned: (name, beaten, points) =>
      `${count(beaten, { one: "# of you was quicker than me", other: "# of you were quicker than me" })}: +${number(points)} for ${name}.`,
  },

  reveal: {
    /** @param {number} matched @param {number} all drawings of the round */
    headline: (matched, all) =>
      matched === 0
        ? "Too clever for me!"
        : all === 1
          ? "I got it!"
          : matched === all
            ? "I got them all!"
            : `I got ${matched} of ${all}`,
    /** @param {number} ms */
    matched: (ms) => `recognised in ${seconds(ms)}`,
    missed: "not recognised",
    giveaway: "The red stroke gave it away",
    curve: "How sure I was, second by second",
    also: "I also thought of",
    instead: "I saw instead",
    blank: "I saw nothing at all",
    save: "Save",
    formats: { png: "Picture", svg: "Vectors", film: "Film" },
    filming: "Filming it stroke by stroke, just a moment…",
    /** under a saved drawing @param {string} name @param {string} verdict */
    note: (name, verdict) => `${name} · ${verdict} · Inkling`,
    replay: "Draw again",
    ready: "Ready",
    readyNow: "Ready!",
    /** @param {number} ready @param {number} all */
    count: (ready, all) => `${ready}/${all} ready`,
    next: "Next round",
    finish: "See the podium",
  },

  /** A player's ink moved as no hand does; for the host's eyes. */
  doubt: {
    /** @param {string} name */
    about: (name) => `Something about ${name}’s ink`,
    /** @param {string} name @param {import("./messages.js").Sign[]} signs */
    why: (name, signs) =>
      `${name}’s ink moved as a script’s does: ${list(signs.map((sign) => SIGNS[sign]))}. Drawing aids can look like that too. This game may not count for ${name} on the leaderboard.`,
  },

  over: {
    title: "The ink has dried",
    solo: "Nice sketching!",
    /** @param {string} name */
    winner: (name) => `${name} wins!`,
    tie: "A tie at the top!",
    /** @param {number} matches */
    matches: (matches) => count(matches, { one: "# drawing recognised", other: "# drawings recognised" }),
    /** @param {number} guesses */
    guessed: (guesses) => count(guesses, { one: "# right guess", other: "# right guesses" }),
    moments: "Moments to remember",
    /** @type {Record<import("./moments.js").Kind, string>} */
    kinds: {
      fastest: "Fastest pencil",
      blunder: "My finest blunder",
      narrowest: "In the nick of time",
      nearly: "So close!",
      turn: "One stroke changed everything",
      bravest: "Hard, and still done",
    },
    /**
     * What made it one.
     * @param {import("./moments.js").Kind} kind
     * @param {string} name whose drawing it is
     * @param {string} category what it should show
     * @param {number} value ms, or 0..1, or points, as the kind has it
     * @param {string} seen what the machine took it for
     */
    moment(kind, name, category, value, seen) {
      const thing = withArticle(category);
      switch (kind) {
        case "fastest":
          return `${name} drew ${thing} in ${seconds(value)}.`;
        case "blunder":
          return `${name} drew ${thing}. I was ${percent(value)} sure it was ${withArticle(seen)}.`;
        case "narrowest":
          return `${name} drew ${thing} with ${seconds(value)} to spare.`;
        case "nearly":
          return `${name} drew ${thing}, and I was ${percent(value)} sure. Alas!`;
        case "turn":
          return `${name} drew ${thing}, and one stroke told me.`;
        case "bravest":
          return `${name} drew ${thing}: ${number(value)} points.`;
      }
    },
    rematch: "Play again",
    waitForHost: "The host can start another game.",
    home: "Home",
  },

  /** a finished game, for whoever has its link */
  replay: {
    share: "Share the replay",
    shareText: "Watch our drawings come to be, stroke by stroke.",
    title: "Stroke by stroke",
    unfinished: "This game has not been played to its end.",
    gone: "This replay is gone: they are kept for a while only. Or the link has a typo.",
    somebody: "Somebody",
    join: "Draw something yourself",
    /** @param {string} date */
    played: (date) => `Played on ${date}`,
  },

  chat: {
    title: "Chat",
    placeholder: "Say something nice…",
    send: "Send",
    empty: "Nobody has said anything yet.",
    react: "React",
    /** @type {Record<import("./reactions.js").Reaction, string>} */
    reactions: { love: "Love it", bravo: "Bravo", laugh: "Ha ha", wow: "Wow", hot: "On fire", puzzled: "Hmm" },
  },

  connection: {
    connecting: "Connecting…",
    waiting: "Lost the connection. Reconnecting…",
    open: "Connected",
  },

  errors: {
    title: "Oh, blot!",
    offline: "The server can’t be reached. Are you online?",
    unexpected: "That didn’t work. Please try again.",
    /**
     * What the server refuses, by the code it gives; it says why in English itself.
     * @type {Record<string, string>}
     */
    refused: {},
    home: "Back home",
    again: "Play here instead",
    noRoom: "There is no room with this code. It may have closed, or the code has a typo.",
    full: "This room is full. Ask the host to make space, or play another.",
    /** @type {Record<number, string>} */
    closed: {
      [Close.BAD_TOKEN]: "The server doesn’t know you any more. Go home and join again.",
      [Close.OFFENCES]: "The connection was closed because too many messages made no sense.",
      [Close.TOO_LARGE]: "The connection was closed because a message was far too large.",
      [Close.NO_ROOM]: "There is no room with this code. It may have closed, or the code has a typo.",
      [Close.ROOM_FULL]: "This room is full. Ask the host to make space, or play another.",
      [Close.KICKED]: "The host has removed you from this room.",
      [Close.REPLACED]: "You joined this room in another tab or on another device.",
      [Close.LOCKED]: "This room is locked. Ask the host to open it.",
      [Close.LEFT]: "You have left this room.",
      [Close.BANNED]: "You can’t play on this server for now. Ask whoever runs it.",
    },
    closedOtherwise: "The server has closed the connection.",
  },

  /**
   * A thought, said aloud.
   * @param {import("./thoughts.js").Thought} thought
   * @returns {Part[]}
   */
  thought(thought) {
    const newest = thought.named.at(-1) ?? "";
    const before = thought.named.at(-2);
    const hint = thought.isWarm ? " Wait, don’t tell me!" : "";
    switch (thought.kind) {
      case "waiting":
        return ["I’m all eyes…"];
      case "unsure":
        return [`Hmm… I can’t quite make it out.${hint}`];
      case "seeing":
        return before
          ? [`I see ${withArticle(before)}… `, ...stressed("or ", newest, `…${hint}`)]
          : stressed("I see ", newest, `…${hint}`);
      case "sure":
        return stressed("That must be ", newest, `!${hint}`);
      case "almost":
        return stressed("Could it be… ", newest, "?");
      case "knows":
        return stressed("Oh, I know, it’s ", newest, "!");
      case "missed":
        return newest
          ? stressed("Time’s up! All I could see was ", newest, ".")
          : ["Time’s up! I couldn’t make it out."];
    }
  },
};

/** @typedef {typeof english} Text */

/**
 * The language in use. Read it when something is said, never keep a piece of it: the binding
 * changes when the player chooses another language.
 * @type {Text}
 */
export let text = english;

/** @param {Text} language */
export function speak(language) {
  text = language;
}
