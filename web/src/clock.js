/** The clock: a ring that runs dry. Decoration only; the server ends the round. */

import { h, s, say } from "./dom.js";
import { text } from "./strings.js";

const RADIUS = 26;
const LENGTH = 2 * Math.PI * RADIUS;
const STEP = 0.5; // of that length; less is not seen, and costs a layout all the same
const HURRY_S = 5;
const SAID_S = [30, 10, 5];

/** @returns {{element: HTMLElement, show: (left: number, total: number) => void}} */
export function createClock() {
  const ring = s("circle", {
    class: "left",
    cx: 32,
    cy: 32,
    r: RADIUS,
    "stroke-dasharray": LENGTH,
    transform: "rotate(-90 32 32)",
  });
  const digits = h("span", { class: "digits" });
  // A timer is not read out as it runs; these moments are.
  const aloud = h("span", { class: "unseen", role: "status" });
  const element = h(
    "div",
    { class: "clock", testid: "clock", role: "timer" },
    s(
      "svg",
      { viewBox: "0 0 64 64", "aria-hidden": "true" },
      s("circle", { class: "dial", cx: 32, cy: 32, r: RADIUS }),
      ring,
    ),
    digits,
    h("span", { class: "unseen" }, ` ${text.round.secondsLeft}`),
    aloud,
  );
  let spent = 0; // steps of the ring

  return {
    element,
    show(left, total) {
      const rest = Math.max(0, left);
      const seconds = Math.ceil(rest / 1000);
      const part = total ? Math.min(1, rest / total) : 1;
      const steps = Math.round((LENGTH * (1 - part)) / STEP);
      if (steps !== spent) ring.setAttribute("stroke-dashoffset", String(steps * STEP));
      spent = steps;
      say(digits, total ? String(seconds) : "");
      if (!total || SAID_S.includes(seconds)) say(aloud, total ? text.round.hurry(seconds) : "");
      element.classList.toggle("hurry", total > 0 && seconds <= HURRY_S);
    },
  };
}
