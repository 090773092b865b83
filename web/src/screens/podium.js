/** Who stands where at the end: three on the steps, the others below. */

import { h, replace } from "../dom.js";
import { text } from "../strings.js";
import { blot } from "./blot.js";

const STEPS = 3;

/** @typedef {import("../messages.js").StandingView} StandingView */

/**
 * @typedef {object} Podium
 * @property {HTMLElement[]} elements
 * @property {(standings: StandingView[], noteOn?: (row: StandingView) => HTMLElement | null) => void} show
 */

/** @returns {Podium} */
export function createPodium() {
  const podium = h("ol", { class: "podium", testid: "podium" });
  const others = h("ol", { class: "others" });
  return {
    elements: [podium, others],
    show(standings, noteOn = () => null) {
      const ranked = [...standings].sort((a, b) => a.place - b.place);
      const isGuessed = standings.some(({ seat }) => seat === null); // the machine played as well
      const standing = (/** @type {StandingView} */ row) => place(row, isGuessed, noteOn(row));
      podium.classList.toggle("single", ranked.length === 1);
      replace(podium, ...ranked.slice(0, STEPS).map(standing));
      replace(others, ...ranked.slice(STEPS).map(standing));
    },
  };
}

/** @param {StandingView} row @param {boolean} isGuessed @param {HTMLElement | null} note */
const place = (row, isGuessed, note) =>
  h(
    "li",
    { class: `place-${row.place}`, testid: `standing-${row.seat ?? "machine"}` },
    blot(row),
    h("span", { class: "who" }, row.seat === null ? text.name : row.name),
    h("div", { class: "step" }, h("span", { class: "rank" }, text.ordinal(row.place)), h("b", {}, text.number(row.score))),
    h("small", {}, (isGuessed ? text.over.guessed : text.over.matches)(row.matches)),
    note,
  );

/** @param {StandingView[]} standings */
export function headlineOf(standings) {
  const winners = standings.filter((row) => row.place === 1);
  if (standings.length < 2 || !winners[0]) return text.over.solo;
  return winners.length > 1 ? text.over.tie : text.over.winner(winners[0].name || text.name);
}
