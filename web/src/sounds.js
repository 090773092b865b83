/** Sounds made on the spot: each cue is a few notes for one small instrument. No files. */

import { preferences } from "./preferences.js";

/**
 * @typedef {object} Note
 * @property {number} hz
 * @property {number} at seconds into the cue
 * @property {number} lasts seconds
 * @property {OscillatorType} [wave]
 * @property {number} [to] the pitch it slides to
 * @property {number} [loud] 0..1
 */

/** @param {number} semitones above A4 */
const pitch = (semitones) => 440 * 2 ** (semitones / 12);

/**
 * Notes one after another.
 * @param {number[]} semitones
 * @param {number} step
 * @param {number} lasts
 * @param {Partial<Note>} [more]
 * @returns {Note[]}
 */
const run = (semitones, step, lasts, more = {}) =>
  semitones.map((each, index) => ({ hz: pitch(each), at: index * step, lasts, ...more }));

/** @type {Record<import("./cues.js").Cue, Note[]>} */
export const SCORE = {
  join: run([3, 10], 0.09, 0.16),
  count: [{ hz: pitch(-2), at: 0, lasts: 0.14, wave: "triangle" }],
  go: [{ hz: pitch(10), at: 0, lasts: 0.4, wave: "triangle" }, { hz: pitch(3), at: 0, lasts: 0.4, loud: 0.5 }],
  tick: [{ hz: pitch(19), at: 0, lasts: 0.045, wave: "square", loud: 0.25 }],
  idea: [{ hz: 300, to: 520, at: 0, lasts: 0.07, loud: 0.45 }],
  warm: [{ hz: 420, to: 880, at: 0, lasts: 0.16, loud: 0.6 }],
  match: [
    ...run([3, 7, 10, 15], 0.085, 0.24, { wave: "triangle" }),
    ...run([15, 19, 22], 0, 0.7, { loud: 0.35 }).map((note) => ({ ...note, at: 0.34 })),
  ],
  rival: run([10, 7], 0.1, 0.18, { wave: "triangle", loud: 0.6 }),
  time: [{ hz: 330, to: 165, at: 0, lasts: 0.5, wave: "sawtooth", loud: 0.3 }],
  reveal: run([-9, -2, 3, 7], 0.06, 0.34, { loud: 0.6 }),
  podium: [
    ...run([-2, 3, 7, 10, 7, 10], 0.13, 0.22, { wave: "triangle" }),
    ...run([3, 7, 10, 15], 0, 1.1, { loud: 0.4 }).map((note) => ({ ...note, at: 0.84 })),
  ],
  chat: [{ hz: 700, to: 900, at: 0, lasts: 0.06, loud: 0.4 }],
};

const ATTACK_S = 0.008;
const SILENCE = 0.0001;

/** @type {AudioContext | null} */
let context = null;

/** @param {import("./cues.js").Cue} cue */
export function play(cue) {
  const { volume, muted } = preferences();
  if (muted || !volume || document.hidden) return;
  context ??= new AudioContext();
  if (context.state === "suspended") {
    // Browsers want a touch of the page first; a sound that had to wait for it is not made up for.
    context.resume().catch(() => {});
    if (!navigator.userActivation?.hasBeenActive) return;
  }
  for (const note of SCORE[cue]) sound(context, note, volume * volume); // ears are logarithmic
}

/**
 * @param {AudioContext} audio
 * @param {Note} note
 * @param {number} volume
 */
function sound(audio, { hz, to, at, lasts, wave = "sine", loud = 1 }, volume) {
  const start = audio.currentTime + 0.01 + at;
  const tone = audio.createOscillator();
  const gain = audio.createGain();
  tone.type = wave;
  tone.frequency.setValueAtTime(hz, start);
  if (to) tone.frequency.exponentialRampToValueAtTime(to, start + lasts);
  gain.gain.setValueAtTime(SILENCE, start);
  gain.gain.exponentialRampToValueAtTime(Math.max(SILENCE, 0.32 * loud * volume), start + ATTACK_S);
  gain.gain.exponentialRampToValueAtTime(SILENCE, start + lasts);
  tone.connect(gain).connect(audio.destination);
  tone.start(start);
  tone.stop(start + lasts + 0.02);
}
