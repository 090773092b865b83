/** A mark beside a player whose ink may be a script's, with the reason; only the host has any. */

import { h } from "../dom.js";
import { text } from "../strings.js";

/**
 * @param {{seat: number | null, name: string}} player nobody doubts the network, which has no seat
 * @param {import("../room-view.js").RoomView} view
 * @returns {HTMLElement | null} null when there is nothing to say
 */
export function doubtAbout({ seat, name }, view) {
  const doubt = view.doubts.find((each) => each.seat === seat);
  if (!doubt) return null;
  return h(
    "details",
    { class: "doubt", testid: `doubt-${seat}` },
    h("summary", { "aria-label": text.doubt.about(name) }, "?"),
    h("p", {}, text.doubt.why(name, doubt.signs)),
  );
}
