/** A button that sends a game's replay to somebody. */

import { icon } from "../art.js";
import { h } from "../dom.js";
import { canShare, copy, share } from "../share.js";
import { text } from "../strings.js";

/** @param {() => string} link */
export const createShare = (link) =>
  h(
    "button",
    {
      class: "button",
      testid: "share-replay",
      onclick: () => (canShare() ? share(link(), text.replay.shareText) : copy(link())),
    },
    icon("share"),
    text.replay.share,
  );
