/** Movement for joy, and none for those who asked for none. */

import { h } from "./dom.js";

const SPLASHES = 36;
const COLOURS = 5;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export const isCalm = () => calm.matches;

/**
 * Ink splashes over `place`, which must be positioned.
 * @param {HTMLElement} place
 */
export function celebrate(place) {
  if (isCalm()) return;
  const layer = h("div", { class: "splashes", "aria-hidden": "true" });
  place.append(layer);
  const flights = Array.from({ length: SPLASHES }, (_, index) => {
    const drop = h("i", { class: `splash colour-${index % COLOURS}` });
    layer.append(drop);
    const angle = Math.random() * 2 * Math.PI;
    const reach = 90 + Math.random() * 220;
    const x = Math.cos(angle) * reach;
    const y = Math.sin(angle) * reach;
    const size = 0.4 + Math.random() * 1.1;
    return drop.animate(
      [
        { transform: "translate(0, 0) scale(0.2)", opacity: 1 },
        { transform: `translate(${x}px, ${y - 40}px) scale(${size})`, opacity: 1, offset: 0.55 },
        { transform: `translate(${x * 1.1}px, ${y + 160}px) scale(${size * 0.6})`, opacity: 0 },
      ],
      { duration: 1100 + Math.random() * 700, easing: "cubic-bezier(.15,.7,.4,1)", fill: "both" },
    ).finished;
  });
  Promise.allSettled(flights).then(() => layer.remove());
}

/**
 * Lets the children of `list` glide to where `change` puts them.
 * @param {Element} list
 * @param {() => void} change
 */
export function glide(list, change) {
  if (isCalm()) return change();
  const were = new Map([...list.children].map((child) => [child, child.getBoundingClientRect()]));
  change();
  const moves = [...list.children].map((child) => ({
    child,
    was: were.get(child),
    is: child.getBoundingClientRect(),
  }));
  for (const { child, was, is } of moves) {
    if (!was || (was.left === is.left && was.top === is.top)) continue;
    const from = `translate(${was.left - is.left}px, ${was.top - is.top}px)`;
    child.animate([{ transform: from }, { transform: "none" }], { duration: 450, easing: "cubic-bezier(.3,1.3,.5,1)" });
  }
}

/**
 * A small jump, for something that has just changed.
 * @param {Element} element
 * @param {number} [scale]
 */
export function bump(element, scale = 1.25) {
  if (isCalm()) return;
  element.animate([{ transform: `scale(${scale})` }, { transform: "none" }], { duration: 300, easing: "ease-out" });
}
