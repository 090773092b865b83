/** How to bring friends: the code to read out, the link to send, the picture to point a phone at. */

import { icon } from "../art.js";
import { h, say } from "../dom.js";
import { codePicture, inviteLink } from "../root.js";
import { canShare, copy, share } from "../share.js";
import { text } from "../strings.js";

/** @returns {{element: HTMLElement, show: (code: string) => void}} */
export function createTicket() {
  const code = h("span", { class: "code", testid: "room-code" });
  const small = h("img", { alt: "", width: 96, height: 96 });
  const large = h("img", { alt: "", width: 480, height: 480 });
  const read = h("p", { class: "code" });
  const poster = h(
    "dialog",
    { class: "poster", "aria-label": text.lobby.invite, onclick: () => poster.close() },
    large,
    read,
    h("p", {}, text.lobby.qrHelp),
    h("button", { class: "button" }, text.round.close),
  );
  const picture = h(
    "button",
    { class: "picture", testid: "qr", "aria-label": text.lobby.qr, onclick: () => poster.showModal() },
    small,
  );
  // Without the picture there still are the code and the link.
  small.addEventListener("error", () => (picture.hidden = true));
  let shown = "";

  const element = h(
    "section",
    { class: "ticket sheet" },
    h(
      "div",
      { class: "stub" },
      h("h2", {}, text.lobby.invite),
      h("p", {}, h("span", { class: "unseen" }, `${text.lobby.code}: `), code),
    ),
    picture,
    h(
      "div",
      { class: "row" },
      h("button", { class: "button", onclick: () => copy(inviteLink(shown)) }, icon("copy"), text.lobby.copy),
      canShare() &&
        h(
          "button",
          { class: "button", onclick: () => share(inviteLink(shown), text.home.tagline) },
          icon("share"),
          text.lobby.share,
        ),
    ),
    poster,
  );

  return {
    element,
    show(next) {
      if (next === shown || !next) return;
      shown = next;
      say(code, next);
      say(read, next);
      small.src = large.src = codePicture(next);
    },
  };
}
