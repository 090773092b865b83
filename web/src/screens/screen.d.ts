/** What the composition in `main.js` and the screens ask of each other. */

import type { RoomView } from "../room-view.js";

export interface Screen {
  element: HTMLElement;
  /** of the document, where the screen has an address of its own */
  title?: string;
  update?: (view: RoomView) => void;
  /** some canvas has new ink */
  paint?: () => void;
  tick?: (now: number) => void;
  destroy?: () => void;
}

export interface Actions {
  solo: (name: string) => Promise<void>;
  create: (name: string) => Promise<void>;
  quick: (name: string) => Promise<void>;
  join: (name: string, typed: string) => Promise<void>;
  /** go away from the room's page; the seat is kept a while */
  home: () => void;
  /** go to the screen at an address below the page's own; "" is the first */
  visit: (path: string) => void;
  /** say everything in another language from now on */
  speak: (tag: string) => Promise<void>;
  /** give up the seat */
  leave: () => void;
}

/** What the screens of a room can do besides. */
export interface RoomActions extends Actions {
  /** show who is here, whatever the phase; `isRenaming` when that is what it is for */
  people: (isRenaming?: boolean) => void;
}
