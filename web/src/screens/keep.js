/** A small menu under a drawing: keep it as a picture, as vectors, as a film. */

import { icon } from "../art.js";
import { h } from "../dom.js";
import { text } from "../strings.js";
import { toast } from "../toast.js";

/**
 * @param {() => import("../save.js").Keepsake} keepsake
 * @returns {HTMLElement}
 */
export function createKeep(keepsake) {
  const formats = /** @type {import("../save.js").Format[]} */ (["png", "svg", "film"]);
  const buttons = formats.map((format) =>
    h("button", { class: "button", testid: `save-${format}`, onclick: () => keep(format) }, text.reveal.formats[format]),
  );
  const menu = h(
    "details",
    { class: "keep", ontoggle: () => menu.open && learn() },
    h("summary", { testid: "save", title: text.reveal.save }, icon("save"), h("span", {}, text.reveal.save)),
    h("div", { class: "row" }, ...buttons),
  );

  /** Films need more than every browser has. */
  async function learn() {
    const { canFilm } = await import("../save.js");
    const film = buttons.at(-1);
    if (film) film.hidden = !canFilm();
  }

  /** @param {import("../save.js").Format} format */
  async function keep(format) {
    menu.inert = true;
    if (format === "film") toast(text.reveal.filming);
    try {
      const { save } = await import("../save.js");
      await save(keepsake(), format);
    } catch {
      toast(text.errors.unexpected);
    }
    menu.inert = false;
    menu.open = false;
  }
  return menu;
}
