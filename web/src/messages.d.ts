/** The messages of protocol `inkling.v1`; `game/protocol.py` is the original. */

/** what no hand does; `game/dynamics.py` says what each means */
export type Sign = "speed" | "teleport" | "metronome" | "hurry";
export type Level = "easy" | "medium" | "hard";
export type Phase = "lobby" | "countdown" | "drawing" | "judging" | "reveal" | "game_over";

export interface Settings {
  /** pictionary: one draws, the others and the network guess */
  mode: "race" | "pictionary";
  rounds: number;
  seconds: number;
  players: number;
  /** own: everybody draws something else, and canvases are live */
  prompt: "own" | "same";
  deck: Level[];
  /** categories that replace the deck, if there are any */
  custom: string[];
  guess_among: "all" | "deck";
  /** how sure the network must be */
  confidence: number;
  public: boolean;
}

export interface SeatView {
  seat: number;
  name: string;
  state: "here" | "away" | "gone";
  score: number;
  /** draws in this round */
  playing: boolean;
  matched: boolean;
  ready: boolean;
  host: boolean;
  /** of the round's time, that this seat has for drawing */
  time: number;
}

export interface GuessView {
  category: string;
  p: number;
}

export interface StandingView {
  /** null: the network */
  seat: number | null;
  name: string;
  score: number;
  place: number;
  matches: number;
}

export interface DrawingView {
  seat: number;
  name: string;
  category: string;
  level: Level;
  matched_ms: number | null;
  points: number;
  place: number | null;
  /** ms into the round, probability of the prompt */
  curve: [number, number][];
  /** index of the stroke that flipped the verdict */
  giveaway: number | null;
  top: GuessView[];
}

export interface PhaseChanged {
  type: "phase";
  phase: Phase;
  round: number;
  rounds: number;
  ms_left: number;
  /** 0: this phase has no end of its own */
  ms_total: number;
}

export interface Prompt {
  type: "prompt";
  category: string;
  level: Level;
}

export interface Guess {
  type: "guess";
  top: GuessView[];
  prompt_p: number;
  frame: number;
  ms: number;
}

export interface Match {
  type: "match";
  seat: number;
  /** null while it is still a secret */
  category: string | null;
  ms: number;
  place: number;
  points: number;
  score: number;
}

export interface SolveView {
  /** null: the network */
  seat: number | null;
  ms: number;
  points: number;
}

/** A turn of pictionary as it stands; the last three are told with the reveal. */
export interface Turn {
  type: "turn";
  /** null once that seat was given up */
  drawer: number | null;
  name: string;
  /** in the order of time */
  solves: SolveView[];
  machine_score: number;
  machine_matches: number;
  category: string | null;
  /** how many people knew it before the network */
  beaten: number | null;
  /** what that earned the drawer */
  points: number | null;
}

export interface Reveal {
  type: "reveal";
  round: number;
  drawings: DrawingView[];
}

export interface GameOver {
  type: "game_over";
  game: string;
  standings: StandingView[];
}

export interface SeatChanged {
  type: "seat";
  seat: SeatView;
}

export interface SettingsChanged {
  type: "settings";
  settings: Settings;
  deck_size: number;
}

export interface LockChanged {
  type: "lock";
  locked: boolean;
}

export interface Doubt {
  seat: number;
  signs: Sign[];
}

/** Told to the host only: whose ink, in this game, may be a script's. */
export interface Doubts {
  type: "doubts";
  doubts: Doubt[];
}

export interface ChatSaid {
  type: "chat";
  seat: number;
  name: string;
  text: string;
  /** guess: a wrong one; close: one's own that was nearly right; aside: among those who know */
  kind: "talk" | "guess" | "close" | "aside";
}

export interface Announcement {
  type: "announcement";
  text: string;
}

export interface ErrorMessage {
  type: "error";
  code: string;
  message: string;
}

export interface Pong {
  type: "pong";
  id: number;
}

export interface Welcome {
  type: "welcome";
  protocol: string;
  code: string;
  seat: number;
  seats: SeatView[];
  settings: Settings;
  deck_size: number;
  /** nobody new comes in */
  locked: boolean;
  phase: PhaseChanged;
  prompt: Prompt | null;
  guess: Guess | null;
  turn: Turn | null;
  matches: Match[];
  reveal: Reveal | null;
  game_over: GameOver | null;
  /** the host's; nobody else has any */
  doubts: Doubt[];
  /** last ink batch accepted from this seat */
  batch: number;
}

export type ServerMessage =
  | Welcome
  | SeatChanged
  | SettingsChanged
  | LockChanged
  | PhaseChanged
  | Prompt
  | Guess
  | Match
  | Turn
  | Reveal
  | GameOver
  | ChatSaid
  | Doubts
  | Announcement
  | ErrorMessage
  | Pong;

export type ClientMessage =
  | { type: "hello"; token: string; name: string | null }
  | { type: "start" | "ready" | "rematch" | "leave" }
  | { type: "settings"; settings: Settings }
  | { type: "kick" | "host"; seat: number }
  | { type: "lock"; locked: boolean }
  | { type: "time"; seat: number; factor: number }
  | { type: "chat"; text: string }
  | { type: "guess"; text: string; category: string | null; nearly: string | null }
  | { type: "undo" | "clear"; batch: number }
  | { type: "ping"; id: number };
