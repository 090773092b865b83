/** A turn of pictionary for those who guess: the drawing, large, and a place to type. */

import { createClock } from "../clock.js";
import { h, replace, say } from "../dom.js";
import { language } from "../guessing.js";
import { celebrate } from "../motion.js";
import { createPainter } from "../paint.js";
import { CHAT_CHARS, GUESS_CHARS } from "../protocol.js";
import { drawingOf } from "../state.js";
import { text } from "../strings.js";
import { mayGuess, solveOf } from "../turns.js";
import { blot } from "./blot.js";
import { createMachine } from "./machine.js";
import { doorButton } from "./players.js";
import { createTable } from "./table.js";
import { createTalk } from "./talk.js";

/**
 * @param {import("../session.js").Session} session
 * @param {import("./screen.js").RoomActions} actions
 * @returns {import("./screen.js").Screen}
 */
export function createGuesser(session, actions) {
  const clock = createClock();
  const table = createTable();
  const talk = createTalk();
  const machine = createMachine();
  const means = language();
  const round = h("small");
  const title = h("span");
  const category = h("strong", { testid: "answer" });
  const canvas = h("canvas", { class: "paper", testid: "seen", role: "img" });
  const painter = createPainter(canvas);
  const count = h("span", { class: "count" });
  const wait = h("p");
  const cover = h("div", { class: "cover" }, wait, count);
  const stamp = h("div", { class: "stamp", testid: "won" });
  const news = h("p", { class: "unseen", role: "status" });
  const easel = h("div", { class: "easel" }, canvas, cover, stamp, news);
  const mind = h("span");
  const status = h("p", { class: "puzzling", role: "status", testid: "machine-status" }, blot({ seat: null, name: text.name }), mind);
  const input = h("input", {
    testid: "guess",
    maxlength: GUESS_CHARS,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    enterkeyhint: "send",
  });
  const send = h("button", { class: "button primary" });
  const form = h("form", { class: "guess-form", onsubmit: submit }, input, send);
  const element = h(
    "div",
    { class: "round guesser" },
    h(
      "header",
      { class: "bar" },
      doorButton(session, actions),
      h("h1", { class: "prompt" }, round, title, " ", category),
      clock.element,
    ),
    h("div", { class: "desk" }, easel, status),
    h("div", { class: "says" }, machine.element, talk.element, form),
    table.element,
  );
  let hasSolved = solveOf(session.view(), session.view().seat) !== null;
  let isFirst = true;
  let isSending = false;

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    const said = input.value.trim();
    input.focus(); // the keyboard of a phone stays where it is
    if (!said || isSending) return;
    isSending = true;
    const isSent = mayGuess(session.view()) ? await guess(said) : session.send({ type: "chat", text: said });
    isSending = false;
    if (isSent && input.value.trim() === said) input.value = "";
  }

  /** @param {string} said */
  async function guess(said) {
    const { round: turn } = session.view();
    const meaning = await means(said);
    const view = session.view(); // the turn may be over by now
    return view.round === turn && mayGuess(view) && session.send({ type: "guess", text: said, ...meaning });
  }

  /** A keyboard on the screen takes the lower half; the drawing stays in view. */
  function fit() {
    const seen = visualViewport?.height ?? innerHeight;
    element.style.setProperty("--seen", `${Math.round(seen)}px`);
    element.classList.toggle("typing", seen < 0.75 * screen.height && document.activeElement === input);
    if (document.activeElement === input) scrollTo(0, 0);
  }
  visualViewport?.addEventListener("resize", fit);
  input.addEventListener("focus", fit);
  input.addEventListener("blur", fit);

  /** @param {import("../room-view.js").RoomView} view */
  function headline(view) {
    const name = view.turn?.name ?? "";
    if (view.prompt) return text.turn.itIs;
    return view.phase === "countdown" ? text.turn.drawsNext(name) : text.turn.draws(name);
  }

  return {
    element,
    update(view) {
      const solve = solveOf(view, view.seat);
      const guesses = !solve;
      say(round, text.turn.turn(view.round, view.rounds));
      say(title, headline(view));
      say(category, view.prompt ? text.category(view.prompt.category) : "");
      canvas.setAttribute("aria-label", text.round.canvasOf(view.turn?.name ?? ""));
      cover.hidden = view.phase === "drawing" || (view.phase === "judging" && !guesses);
      say(wait, view.phase === "judging" ? text.round.pensDown : text.turn.lookSharp);
      element.classList.toggle("solved", !guesses);
      machine.element.hidden = guesses;
      if (!guesses) machine.update(view);
      say(mind, solveOf(view, null) ? text.turn.machineKnows : text.turn.machinePuzzles);
      status.classList.toggle("early", view.phase === "countdown");
      status.classList.toggle("knows", solveOf(view, null) !== null);
      const ask = guesses ? text.turn.guess : text.turn.aside;
      input.placeholder = ask;
      input.setAttribute("aria-label", ask);
      input.maxLength = guesses ? GUESS_CHARS : CHAT_CHARS;
      say(send, guesses ? text.turn.send : text.chat.send);
      if (solve && !hasSolved) {
        celebrate(easel);
        const won = text.round.won(solve.points);
        replace(stamp, h("b", {}, won));
        say(news, won);
      }
      hasSolved = solve !== null;
      talk.update(view);
      table.update(view);
      if (isFirst && matchMedia("(hover: hover)").matches) input.focus({ preventScroll: true });
      isFirst = false;
      this.paint?.();
    },
    paint() {
      const view = session.view();
      const drawer = view.turn?.drawer;
      if (drawer !== null && drawer !== undefined) painter.show(drawingOf(view, drawer));
    },
    tick(now) {
      const { phase, endsAt, total } = session.view();
      const isCounting = phase === "countdown";
      clock.show(isCounting ? total : endsAt - now, phase === "drawing" ? total : 0);
      say(count, isCounting ? String(Math.max(1, Math.ceil((endsAt - now) / 1000))) : "");
      machine.tick(now);
    },
    destroy() {
      visualViewport?.removeEventListener("resize", fit);
      painter.destroy();
      table.destroy();
    },
  };
}
