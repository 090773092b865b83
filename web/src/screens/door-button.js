/** The way to the people of a room and out of it; who plays alone goes straight home. */

import { icon } from "../art.js";
import { h } from "../dom.js";
import { isSolo } from "../state.js";
import { text } from "../strings.js";

/**
 * @param {import("../session.js").Session} session
 * @param {import("./screen.js").RoomActions} actions
 */
export const doorButton = (session, actions) =>
  isSolo(session.view())
    ? h("button", { class: "icon-button", "aria-label": text.over.home, onclick: actions.home }, icon("home"))
    : h(
        "button",
        {
          class: "icon-button",
          testid: "people",
          title: text.lobby.people,
          "aria-label": text.lobby.people,
          "aria-haspopup": "dialog",
          onclick: () => actions.people(),
        },
        icon("people"),
      );
