/** What a room or the sketchpad sounds like: cues to sounds, thoughts to speech. Fetched once somebody is there. */

import { cueOfClock, cueOfThought, cuesOf } from "./cues.js";
import { preferences } from "./preferences.js";
import { play } from "./sounds.js";
import { unknownRoom } from "./state.js";
import { BLANK } from "./thoughts.js";
import { hush, speak } from "./voice.js";

/** @returns {{hear: (view: import("./room-view.js").RoomView) => void, tick: (now: number) => void, end: () => void}} */
export function createEars() {
  let before = unknownRoom();
  let left = 0;
  return {
    hear(view) {
      if (view === before) return;
      cuesOf(before, view).forEach(play);
      const isAloud = preferences().voice && (view.phase === "drawing" || view.phase === "judging");
      if (isAloud && view.thought !== before.thought) speak(view.thought);
      if (view.phase === "countdown" && before.phase !== "countdown") hush();
      before = view;
    },
    tick(now) {
      const rest = before.endsAt - now;
      const cue = cueOfClock(before, rest, left);
      left = rest;
      if (cue) play(cue);
    },
    end: hush,
  };
}

/** @returns {{hear: (thought: import("./thoughts.js").Thought) => void, end: () => void}} where there is no room */
export function createPrivateEars() {
  let before = BLANK;
  return {
    hear(thought) {
      if (thought === before) return;
      const cue = thought.kind === "knows" ? "match" : cueOfThought(before, thought);
      before = thought;
      if (cue) play(cue);
      if (thought.kind === "waiting") hush();
      else if (preferences().voice) speak(thought);
    },
    end: hush,
  };
}
