/** The way to sounds, voice, hand and keys: a small loudspeaker that shows whether it is mute. */

import { icon } from "../art.js";
import { h, replace } from "../dom.js";
import { whenPreferred } from "../preferences.js";
import { text } from "../strings.js";
import { toast } from "../toast.js";

/** Shows the panel, which is fetched when it is first wanted. */
export const openComfort = () =>
  import("./comfort.js").then(
    ({ showComfort }) => showComfort(),
    () => toast(text.errors.offline),
  );

/** @returns {{element: HTMLElement, destroy: () => void}} */
export function comfortButton() {
  const element = h("button", {
    class: "icon-button comfort-button",
    testid: "comfort",
    title: text.comfort.title,
    "aria-label": text.comfort.title,
    "aria-haspopup": "dialog",
    onclick: openComfort,
  });
  const destroy = whenPreferred(({ muted, volume }) => {
    replace(element, icon(muted || !volume ? "mute" : "sound"));
  });
  return { element, destroy };
}
