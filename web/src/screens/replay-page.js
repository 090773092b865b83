/** A finished game for whoever has its link: the podium, and every drawing as it came to be. */

import * as api from "../api.js";
import { h, say } from "../dom.js";
import * as ink from "../ink.js";
import { createMascot } from "../mascot.js";
import { replayLink } from "../root.js";
import { text } from "../strings.js";
import { createCard } from "./card.js";
import { createFailure } from "./failure.js";
import { createPodium, headlineOf } from "./podium.js";
import { createShare } from "./share-button.js";

const NEAR = "300px"; // drawings start when they are about to be seen

/**
 * @param {import("./screen.js").Actions} actions
 * @param {string} game
 * @returns {Promise<import("./screen.js").Screen>}
 */
export async function createReplayPage(actions, game) {
  try {
    return page(actions, await api.replay(game));
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    const isGone = error.status === 404 || error.status === 422;
    const sentence = isGone ? text.replay.gone : error.status ? text.errors.unexpected : text.errors.offline;
    return { ...createFailure(sentence, 0, () => {}, actions.home), title: text.replay.title };
  }
}

/**
 * @param {import("./screen.js").Actions} actions
 * @param {api.Replay} replay
 * @returns {import("./screen.js").Screen}
 */
function page(actions, replay) {
  const mascot = createMascot();
  mascot.feel("happy");
  const title = h("h1");
  const podium = createPodium();
  const standings = replay.standings.map(named);
  say(title, standings.length ? headlineOf(standings) : text.replay.title);
  podium.show(standings);
  /** @type {(() => void)[]} */
  const ends = [];
  /** @type {Map<Element, () => void>} */
  const waiting = new Map();
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        seen.unobserve(target);
        waiting.get(target)?.();
      }
    },
    { rootMargin: NEAR },
  );

  /** @param {api.ReplayedRound} round @param {api.ReplayedDrawing} drawing */
  function card(round, drawing) {
    const place = h("li", { class: "sheet coming" });
    waiting.set(place, () => {
      const { element, stage } = createCard(named(drawing), inkOf(drawing.ink), round.total_ms, round.confidence);
      ends.push(stage.end);
      place.replaceWith(element);
    });
    seen.observe(place);
    return place;
  }

  const element = h(
    "div",
    { class: "over replayed" },
    h("header", { class: "top" }, mascot.element, title),
    h("p", { class: "soft" }, replay.ended_ms === null ? text.replay.unfinished : text.replay.played(dateOf(replay.ended_ms))),
    ...podium.elements,
    ...replay.rounds.map((round) =>
      h(
        "section",
        { class: "reveal" },
        h("h2", {}, text.round.round(round.round, Math.max(...replay.rounds.map((each) => each.round)))),
        h("ul", { class: `drawings ${round.drawings.length === 1 ? "single" : ""}` }, ...round.drawings.map((drawing) => card(round, drawing))),
      ),
    ),
    h(
      "footer",
      { class: "off" },
      h("button", { class: "button primary", testid: "draw-too", onclick: actions.home }, text.replay.join),
      createShare(() => replayLink(replay.game)),
    ),
  );
  return {
    element,
    title: text.replay.title,
    destroy() {
      seen.disconnect();
      for (const end of ends) end();
    },
  };
}

/**
 * @template {{name: string | null}} Row
 * @param {Row} row
 */
const named = (row) => ({ ...row, name: row.name ?? text.replay.somebody });

/** @param {number} ms Unix time */
const dateOf = (ms) => new Intl.DateTimeFormat(text.tag, { dateStyle: "long" }).format(ms);

/** @param {number[][][]} strokes */
function inkOf(strokes) {
  const drawing = ink.blank();
  ink.keep(
    drawing,
    strokes.map(([xs = [], ys = [], ms = []]) => xs.flatMap((x, at) => [x, ys[at] ?? 0, ms[at] ?? 0])),
  );
  return drawing;
}
