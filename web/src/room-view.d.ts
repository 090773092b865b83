/** What one seat knows of its room; `state.js` reduces messages into it. */

import type { Drawing } from "./ink.js";
import type * as messages from "./messages.js";
import type { Thought } from "./thoughts.js";

export interface ChatLine {
  /** counts up from 1, also when old lines are dropped */
  n: number;
  seat: number;
  name: string;
  text: string;
  kind: messages.ChatSaid["kind"];
}

export interface RoomView {
  /** false until the first welcome */
  isKnown: boolean;
  code: string;
  /** one's own */
  seat: number;
  /** by seat number */
  seats: messages.SeatView[];
  settings: messages.Settings | null;
  deckSize: number;
  phase: messages.Phase;
  round: number;
  rounds: number;
  /** by the local clock; decoration, the server decides */
  endsAt: number;
  /** length of the phase in ms; 0 when it has no end of its own */
  total: number;
  /** nobody new comes in */
  locked: boolean;
  /** in pictionary, from its countdown to the next */
  turn: messages.Turn | null;
  prompt: messages.Prompt | null;
  guess: messages.Guess | null;
  thought: Thought;
  /** in the order they were told */
  matches: messages.Match[];
  reveal: messages.Reveal | null;
  gameOver: messages.GameOver | null;
  /** whose ink may be a script's; only the host knows of any */
  doubts: messages.Doubt[];
  chat: ChatLine[];
  /** the rivals' canvases; changed in place */
  drawings: Map<number, Drawing>;
}
