/** The connection of `socket.js`: what it needs and what it offers. */

import type { ClientMessage, ServerMessage } from "./messages.js";

export interface Status {
  state: "connecting" | "open" | "waiting" | "stopped";
  /** the close code that led here; 0 when there was none */
  code: number;
}

export interface Wiring {
  url: string;
  hello: () => ClientMessage;
  onMessage: (message: ServerMessage) => void;
  onBinary: (data: ArrayBuffer) => void;
  onStatus: (status: Status) => void;
  open: (url: string) => WebSocket;
  setTimer: (callback: () => void, ms: number) => unknown;
  clearTimer: (timer: any) => void;
  /** 0..1 */
  random: () => number;
}

export interface Line {
  /** false when the line is down and nothing was sent */
  send: (message: ClientMessage | ArrayBuffer) => boolean;
  /** what is sent now is sent */
  isOpen: () => boolean;
  /** reconnect now instead of at the end of the wait; of an open line, see whether it still is */
  retry: () => void;
  /** hang up for good */
  close: () => void;
}
