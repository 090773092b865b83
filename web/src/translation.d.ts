/** What a language is made of: the words of `strings.js`. A test wants all of them. */

import type { Text } from "./strings.js";

type Said<T> = T extends (...given: any) => unknown
  ? T
  : T extends readonly unknown[]
    ? T
    : T extends object
      ? { [Key in keyof T]?: Said<T[Key]> }
      : T;

export type Translation = Said<Text>;
