/** A player's mark: a blot of ink in a colour of their own, with their initial. */

import { h } from "../dom.js";

const GOLDEN_ANGLE = 137.5; // neighbours on the list get colours far apart

/** @param {{seat: number | null, name: string}} player the network has no seat */
export function blot({ seat, name }) {
  if (seat === null) return h("span", { class: "blot ink", "aria-hidden": "true" }, "✦");
  const element = h("span", { class: "blot", "aria-hidden": "true" }, [...name][0] ?? "?");
  element.style.setProperty("--hue", String((seat * GOLDEN_ANGLE + 230) % 360));
  return element;
}
