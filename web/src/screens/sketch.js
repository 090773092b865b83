/** The sketchpad: draw anything and watch the machine guess. No game, no clock, no company. */

import * as api from "../api.js";
import { icon } from "../art.js";
import { createAsker } from "../asking.js";
import { h, replace, say } from "../dom.js";
import { celebrate } from "../motion.js";
import { newPen } from "../pen.js";
import { whenPreferred } from "../preferences.js";
import { CANVAS, TOP_GUESSES } from "../protocol.js";
import { text } from "../strings.js";
import * as thoughts from "../thoughts.js";
import { createMachine } from "./machine.js";
import { createSheet } from "./sheet.js";

const TOLD = 20; // guesses; what was asked for is often among them before it leads
const SURE = 0.2; // as in a room whose host changed nothing
const BUSY = [429, 503];

/** Ideas until the server has told what it knows. */
const FIRST_IDEAS = ["cake", "house", "smiley face", "umbrella", "star", "fish"];

/**
 * @param {import("./screen.js").Actions} actions
 * @returns {import("./screen.js").Screen}
 */
export function createSketch(actions) {
  const pen = newPen();
  const machine = createMachine();
  const idea = h("strong", { testid: "idea" });
  const stamp = h("div", { class: "stamp", role: "status", testid: "knew" });
  const trouble = h("p", { class: "trouble", role: "status", testid: "trouble" });
  const sheet = createSheet(pen, { mayDraw: () => true, inked, changed });
  const easel = h("div", { class: "easel" }, sheet.canvas, stamp);
  const element = h(
    "div",
    { class: "round sketching" },
    h(
      "header",
      { class: "bar" },
      h("button", { class: "icon-button", "aria-label": text.over.home, onclick: actions.home }, icon("home")),
      h("h1", { class: "prompt" }, h("small", {}, text.sketch.title), text.sketch.idea, " ", idea),
      h("button", { class: "button", testid: "next-idea", onclick: nextIdea }, text.sketch.next),
    ),
    h("div", { class: "desk" }, easel, sheet.tools),
    machine.element,
    trouble,
    h("p", { class: "soft" }, text.sketch.kept),
  );
  const stopPreferring = whenPreferred(({ left }) => element.classList.toggle("left-handed", left));
  const asker = createAsker(() => api.predict(pen.drawing.strokes, CANVAS, TOLD), { heard, failed });
  let ideas = FIRST_IDEAS;
  let wanted = "";
  let isRecognised = false;
  /** @type {import("../messages.js").Guess | null} */
  let guess = null;
  let thought = thoughts.BLANK;
  let isOver = false;
  /** @type {ReturnType<typeof import("../ears.js").createPrivateEars> | null} */
  let ears = null;
  import("../ears.js").then(
    ({ createPrivateEars }) => isOver || (ears = createPrivateEars()),
    () => {}, // without a network it is drawn in silence
  );
  api.categories().then(
    (all) => (ideas = all.filter(({ level }) => level !== "hard").map(({ name }) => name)),
    () => {}, // the first ones will do
  );

  function nextIdea() {
    const others = ideas.filter((name) => name !== wanted);
    wanted = others[Math.floor(Math.random() * others.length)] ?? wanted;
    say(idea, text.named(wanted));
    isRecognised = false;
    replace(stamp);
    if (thought.kind === "knows") thought = thoughts.BLANK;
    if (guess) judge(guess);
    muse();
  }

  /** @param {number} x @param {number} y */
  function inked(x, y) {
    machine.look(x, y);
    machine.asked(performance.now());
    asker.changed();
  }

  function changed() {
    pen.queue.length = 0; // there is no room to tell
    if (pen.drawing.points) {
      machine.asked(performance.now());
      return asker.changed();
    }
    asker.forget();
    guess = null;
    thought = thoughts.BLANK;
    isRecognised = false;
    replace(stamp);
    return muse();
  }

  /** @param {api.Prediction} answer @param {number} ms */
  function heard({ guesses }, ms) {
    say(trouble, "");
    const top = guesses.map(({ category, probability }) => ({ category, p: probability }));
    judge({ type: "guess", frame: 0, prompt_p: 0, top, ms });
    muse();
  }

  /** @param {import("../messages.js").Guess} told */
  function judge(told) {
    const first = told.top[0];
    const prompt_p = told.top.find(({ category }) => category === wanted)?.p ?? 0;
    guess = { ...told, prompt_p };
    thought = thoughts.think(thought, guess, wanted);
    if (isRecognised || first?.category !== wanted || first.p < SURE) return;
    isRecognised = true;
    thought = thoughts.recognise(wanted);
    replace(stamp, h("b", {}, text.sketch.knew));
    celebrate(easel);
  }

  function muse() {
    const shown = guess && { ...guess, top: guess.top.slice(0, TOP_GUESSES) };
    machine.update({ thought, guess: shown, prompt: { type: "prompt", category: wanted, level: "easy" } });
    easel.classList.toggle("known", isRecognised);
    ears?.hear(thought);
  }

  /** @param {unknown} error */
  function failed(error) {
    if (!(error instanceof api.ApiError)) throw error;
    const isRefused = error.status >= 400 && error.status < 500 && !BUSY.includes(error.status);
    if (isRefused) asker.forget(); // the same ink would be refused again
    const isBusy = BUSY.includes(error.status); // the machine says so itself when it lasts
    say(trouble, isBusy ? "" : error.status ? text.errors.unexpected : text.sketch.offline);
  }

  const lookAgain = () => pen.drawing.points && asker.changed();
  addEventListener("online", lookAgain);
  nextIdea();
  sheet.show();

  return {
    element,
    title: text.sketch.title,
    tick(now) {
      if (trouble.textContent) machine.rest();
      machine.tick(now);
    },
    destroy() {
      isOver = true;
      ears?.end();
      removeEventListener("online", lookAgain);
      asker.forget();
      stopPreferring();
      sheet.destroy();
    },
  };
}
