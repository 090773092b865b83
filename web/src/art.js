/** The other pictures: the lettered name, a few icons and the sketch on the home page. */

import { s } from "./dom.js";
import { text } from "./strings.js";

/** One pen line per letter (the dots apart), written by hand on a grid of 250 by 90. */
const LETTERS = [
  "M16 20 Q28 15 41 19 M28 18 Q31 44 27 71 M13 72 Q28 67 43 71",
  "M56 40 Q59 55 56 71 M57 50 Q67 36 77 42 Q83 47 80 71",
  "M96 14 Q99 42 95 71 M117 38 Q107 50 98 54 Q108 59 119 71",
  "M134 14 Q131 40 133 62 Q135 72 144 68",
  "M157 40 Q155 54 158 71",
  "M174 40 Q177 55 174 71 M175 50 Q185 36 195 42 Q201 47 198 71",
  "M238 44 Q226 34 216 44 Q208 56 217 67 Q229 74 237 60 M239 40 Q243 66 236 80 Q227 91 211 83",
];

export const wordmark = () =>
  s(
    "svg",
    { class: "wordmark", viewBox: "4 4 248 90", role: "img", "aria-label": text.name },
    ...LETTERS.map((d) => s("path", { d })),
    s("path", {
      class: "drop",
      d: "M158 10 Q160 17 164 21 Q167 28 159 30 Q150 29 152 22 Q155 17 158 10 Z",
    }),
  );

/** The strokes of the demonstration on the home page, in the order they are drawn. */
export const CAKE = [
  "M34 116 C62 137 138 137 168 115",
  "M36 117 C34 104 37 92 36 79 C62 96 138 94 164 78 C165 92 163 104 166 116",
  "M36 79 C44 57 156 57 164 78",
  "M37 94 Q46 112 58 101 Q67 117 80 106 Q90 120 101 107 Q112 119 123 105 Q134 115 144 101 Q155 110 164 92",
  "M96 68 L97 40 L105 40 L104 68",
  "M101 35 C91 27 98 21 101 11 C106 20 110 28 101 35",
];

const ICONS = {
  undo: "M9 5 L4 10 L9 15 M4 10 H14 A6 5.5 0 0 1 14 21 H9",
  redo: "M15 5 L20 10 L15 15 M20 10 H10 A6 5.5 0 0 0 10 21 H15",
  eraser: "M9 20 L3.5 14.5 L13.5 4.5 L20.5 11.5 L12 20 Z M8.5 9.5 L15.5 16.5 M12 20 H20",
  sound: "M4 9.5 V14.5 H8 L13 19 V5 L8 9.5 Z M16.5 9 Q18.5 12 16.5 15 M19 6.5 Q22.5 12 19 17.5",
  mute: "M4 9.5 V14.5 H8 L13 19 V5 L8 9.5 Z M17 9.5 L22 14.5 M22 9.5 L17 14.5",
  save: "M12 3 V15 M7 10.5 L12 15.5 L17 10.5 M4 17 V21 H20 V17",
  clear: "M4 7 H20 M9 7 V4 H15 V7 M6 7 L7 21 H17 L18 7 M10.5 11 V17 M13.5 11 V17",
  home: "M3 12 L12 4 L21 12 M6 10 V20 H18 V10",
  chat: "M4 5 H20 V16 H11 L6 20 V16 H4 Z",
  close: "M6 6 L18 18 M18 6 L6 18",
  tick: "M5 13 L10 18 L20 6",
  copy: "M9 9 H20 V20 H9 Z M15 9 V4 H4 V15 H9",
  share: "M12 15 V3 M7 8 L12 3 L17 8 M5 12 V21 H19 V12",
  globe: "M3 12 H21 M12 3 A9 9 0 0 1 12 21 A9 9 0 0 1 12 3 A4.2 9 0 0 1 12 21 A4.2 9 0 0 1 12 3",
  people: "M9 11 A3.2 3.2 0 1 0 9 4.6 A3.2 3.2 0 1 0 9 11 M3 20 Q3 14 9 14 Q15 14 15 20 M16 10.6 A2.7 2.7 0 1 0 15.4 5.4 M17.5 14 Q21.5 14.6 21.5 19",
  crown: "M4 18 L3 7 L8.5 12 L12 5 L15.5 12 L21 7 L20 18 Z",
};

/** @param {keyof typeof ICONS} name */
export const icon = (name) =>
  s("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, s("path", { d: ICONS[name] }));
