/** Feelings at a tap: the row of them, their pictures, and how one rises over the page. */

import { h, s } from "../dom.js";
import { isCalm } from "../motion.js";
import { reactionIn, SIGNS } from "../reactions.js";
import { text } from "../strings.js";

const REST_MS = 800; // the server takes five lines in five seconds, and talk is more than this
const RISE_MS = 2_600;
const AT_ONCE = 6;

/** @typedef {import("../reactions.js").Reaction} Reaction */

const FACE = "M12 2.8 A9.2 9.2 0 1 0 12 21.2 A9.2 9.2 0 1 0 12 2.8";

/** Filled, and drawn over that. @type {Record<Reaction, [string, string]>} */
const PICTURES = {
  love: ["M12 20.5 C3 14 2.4 9 5.2 6.2 C8 3.6 11 5.6 12 8.4 C13 5.6 16 3.6 18.8 6.2 C21.6 9 21 14 12 20.5 Z", ""],
  bravo: [
    "M6.5 11 L5 7.5 Q4.6 6 5.9 5.8 L8.5 9.6 L7.6 4.8 Q7.8 3.2 9.2 3.8 L11.3 8.8 L11.4 5 Q12 3.7 13.2 4.6 L15 11.5 L16.2 9.2 Q17.8 8.2 18.2 9.8 L17.6 15.8 Q16.4 20.8 11.6 20.8 Q8.6 20.6 7.4 17 Z",
    "M18.6 4.6 L17.2 6.2 M21.4 7.4 L19.6 8.2 M15.6 2.6 L15.2 4.2",
  ],
  laugh: [FACE, "M6.6 10.2 L8.4 8.6 L10 10.2 M14 10.2 L15.6 8.6 L17.4 10.2 M7 13 H17 Q16.4 18 12 18 Q7.6 18 7 13 Z"],
  wow: [FACE, "M8.6 8.4 V9.8 M15.4 8.4 V9.8 M12 12.6 A2.2 2.7 0 1 0 12 18 A2.2 2.7 0 1 0 12 12.6"],
  hot: ["M12.4 2.4 Q12.6 6.6 16 10 Q19 13.2 17.6 17 Q16 21.2 12 21.2 Q8 21.2 6.4 17.2 Q5.2 13.4 8.2 10.4 Q8.8 12.8 10.4 12.8 Q9.4 7 12.4 2.4 Z", ""],
  puzzled: [FACE, "M8.6 9.4 V10.6 M15.4 9.4 V10.6 M6.8 7 L9.6 6.2 M14.2 5.6 L17 7 M8.6 16.4 L15 15"],
};

/** @param {Reaction} kind */
const picture = (kind) =>
  s(
    "svg",
    { class: `feeling ${kind}`, viewBox: "0 0 24 24", role: "img", "aria-label": text.chat.reactions[kind] },
    ...PICTURES[kind].filter(Boolean).map((d, layer) => s("path", { d, class: layer ? "" : "ground" })),
  );

/**
 * What somebody said, with a picture where it is a feeling.
 * @param {string} said
 */
export function lineOf(said) {
  const kind = reactionIn(said);
  return kind ? picture(kind) : said;
}

/** @param {(said: string) => void} send */
export function createReactions(send) {
  let isResting = false;
  /** @param {Reaction} kind */
  function react(kind) {
    if (isResting) return;
    isResting = true;
    setTimeout(() => (isResting = false), REST_MS);
    send(SIGNS[kind]);
  }
  return h(
    "div",
    { class: "reactions", role: "group", "aria-label": text.chat.react },
    .../** @type {Reaction[]} */ (Object.keys(SIGNS)).map((kind) =>
      h("button", { class: "icon-button", type: "button", testid: `react-${kind}`, title: text.chat.reactions[kind], onclick: () => react(kind) }, picture(kind)),
    ),
  );
}

/** Where the feelings of everybody rise. */
export function createSky() {
  const element = h("div", { class: "sky", role: "status", testid: "sky" });
  let seen = 0;
  return {
    element,
    /** @param {import("../room-view.js").ChatLine[]} chat @param {boolean} isFirst what was said before is past */
    update(chat, isFirst) {
      const fresh = chat.filter(({ n }) => n > seen);
      seen = chat.at(-1)?.n ?? 0;
      if (isFirst) return;
      for (const { name, text: said } of fresh.slice(-AT_ONCE)) {
        const kind = reactionIn(said);
        if (kind) rise(kind, name);
      }
    },
  };

  /** @param {Reaction} kind @param {string} name */
  function rise(kind, name) {
    const one = h("p", { class: "rising" }, picture(kind), h("span", {}, name));
    one.style.insetInlineEnd = `${4 + Math.random() * 30}%`;
    element.append(one);
    while (element.children.length > AT_ONCE) element.firstElementChild?.remove();
    if (!isCalm()) {
      one.animate(
        [
          { transform: "translateY(40%) scale(0)" }, // no fading: a name stays as easy to read
          { transform: "translateY(-20%) scale(1.1)", offset: 0.15 },
          { transform: "translateY(-240%) rotate(6deg)", offset: 0.85 },
          { transform: "translateY(-260%) scale(0)" },
        ],
        { duration: RISE_MS, easing: "ease-out" },
      );
    }
    setTimeout(() => one.remove(), RISE_MS);
  }
}
