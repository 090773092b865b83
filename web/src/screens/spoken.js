/** Sentences with emphasis, as text nodes and elements. */

import { h } from "../dom.js";

/** @param {import("../grammar.js").Part[]} parts */
export const spoken = (parts) =>
  parts.map((part) => (typeof part === "string" ? part : h("strong", {}, part.strong)));
