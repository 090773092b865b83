/** The podium. */

import { h, replace, say } from "../dom.js";
import { createMascot } from "../mascot.js";
import { momentsOf } from "../moments.js";
import { celebrate } from "../motion.js";
import { createPainter } from "../paint.js";
import { finished, replay } from "../replay.js";
import { replayLink } from "../root.js";
import { isHost, isSolo } from "../state.js";
import { text } from "../strings.js";
import { doubtAbout } from "./doubt.js";
import { createKeep } from "./keep.js";
import { doorButton } from "./players.js";
import { createPodium, headlineOf } from "./podium.js";
import { createReactions } from "./reactions.js";
import { createShare } from "./share-button.js";

/**
 * @param {import("../session.js").Session} session
 * @param {import("./screen.js").RoomActions} actions
 * @returns {import("./screen.js").Screen}
 */
export function createOver(session, actions) {
  const title = h("h1", { tabindex: -1 });
  const podium = createPodium();
  const moments = h("ul", { class: "moments", testid: "moments", "aria-label": text.over.moments });
  const best = h("section", { class: "best", hidden: true }, h("h2", {}, text.over.moments), moments);
  /** @type {(() => void)[]} */
  const ends = [];
  const mascot = createMascot();
  mascot.feel("happy");
  const rematch = h(
    "button",
    { class: "button primary big", testid: "rematch", onclick: () => session.send({ type: "rematch" }) },
    text.over.rematch,
  );
  const wait = h("p", { class: "soft" }, text.over.waitForHost);
  const element = h(
    "div",
    { class: "over" },
    h("header", { class: "top" }, !isSolo(session.view()) && doorButton(session, actions), mascot.element, title),
    ...podium.elements,
    !isSolo(session.view()) && createReactions((said) => session.send({ type: "chat", text: said })),
    h(
      "footer",
      { class: "off" },
      rematch,
      wait,
      createShare(() => replayLink(shown?.game ?? "")),
      h("button", { class: "button", onclick: actions.leave }, text.over.home),
    ),
    best,
  );
  /** @type {import("../messages.js").GameOver | null} */
  let shown = null;

  /** @param {import("../moments.js").Moment} moment */
  function souvenir({ kind, drawing, ink, value }) {
    const canvas = h("canvas", { class: "paper" });
    const painter = createPainter(canvas);
    let stop = () => {};
    const play = () => {
      stop();
      stop = replay(ink, (drawn) => painter.show(drawn, drawing.giveaway));
    };
    painter.show(finished(ink), drawing.giveaway);
    ends.push(() => (stop(), painter.destroy()));
    const seen = drawing.top[0]?.category ?? drawing.category;
    const story = text.over.moment(kind, drawing.name, drawing.category, value, seen);
    const title = text.category(drawing.category);
    const keepsake = () => ({ ink, giveaway: drawing.giveaway, title, note: story });
    return h(
      "li",
      { class: "sheet" },
      h("button", { class: "again", title: text.reveal.replay, "aria-label": text.reveal.replay, onclick: play }, canvas),
      h("h3", {}, text.over.kinds[kind]),
      h("p", {}, story),
      createKeep(keepsake),
    );
  }

  return {
    element,
    update(view) {
      rematch.hidden = !isHost(view);
      wait.hidden = isHost(view);
      if (view.gameOver === shown || !view.gameOver) return;
      shown = view.gameOver;
      say(title, headlineOf(shown.standings));
      podium.show(shown.standings, (row) => doubtAbout(row, view));
      const found = momentsOf(session.album());
      best.hidden = !found.length;
      replace(moments, ...found.map(souvenir));
      celebrate(element);
    },
    destroy() {
      for (const end of ends) end();
    },
  };
}
