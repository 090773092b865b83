/**
 * Whom one does not want to hear in a room. The page's alone: nobody else learns of it. It is kept as
 * long as the tab is, for one room, by seat and name: a seat can have somebody else in it after a
 * reload, and who goes out and comes in again is still the same nuisance.
 */

const KEPT_AS = "inkling.muted";

/**
 * @typedef {{seat: number | null, name: string}} Muted seat null: not in the room just now
 * @typedef {{seat: number, name: string}} Sitting
 * @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Store
 */

/**
 * @param {string} code of the room
 * @param {() => Store} store asked each time: a browser may refuse to have one
 */
export function createMuting(code, store = () => sessionStorage) {
  /** @type {Muted[]} */
  let muted = load();

  /** @param {Muted[]} next */
  function keep(next) {
    muted = next;
    try {
      if (muted.length) store().setItem(KEPT_AS, JSON.stringify({ code, muted }));
      else store().removeItem(KEPT_AS);
    } catch {
      // Without storage it lasts as long as the page.
    }
  }

  /** @returns {Muted[]} */
  function load() {
    try {
      const kept = JSON.parse(store().getItem(KEPT_AS) ?? "null");
      return kept?.code === code && Array.isArray(kept.muted) ? kept.muted : [];
    } catch {
      return [];
    }
  }

  /** @param {number} seat */
  const has = (seat) => muted.some((each) => each.seat === seat);

  /**
   * Somebody of a name that was muted has come in.
   * @param {Muted[]} among
   * @param {Sitting} sitting
   */
  const found = (among, { seat, name }) => {
    const at = among.findIndex((each) => each.seat === null && each.name === name);
    return among.map((each, index) => (index === at ? { seat, name } : each));
  };

  return {
    has,
    /** @param {Sitting} sitting @param {boolean} isMuted */
    set({ seat, name }, isMuted) {
      const others = muted.filter((each) => each.seat !== seat);
      keep(isMuted ? [...others, { seat, name }] : others);
    },
    /**
     * These people are in the room, whoever was before.
     * @param {Sitting[]} seats
     * @param {number} own
     */
    meet(seats, own) {
      if (!muted.length) return;
      const isSame = (/** @type {Muted} */ { seat, name }) => seats.some((each) => each.seat === seat && each.name === name);
      const known = muted.map((each) => (isSame(each) ? each : { ...each, seat: null }));
      const isFree = (/** @type {Sitting} */ { seat }) => seat !== own && !known.some((each) => each.seat === seat);
      keep(seats.filter(isFree).reduce(found, known));
    },
    /**
     * One seat changed: somebody came in, goes by another name, or left.
     * @param {Sitting & {state: string}} sitting
     * @param {boolean} isNew nobody had the seat before
     */
    notice({ seat, name, state }, isNew) {
      const isGone = state === "gone";
      if (isNew && !isGone) return keep(found(muted, { seat, name }));
      if (has(seat)) keep(muted.map((each) => (each.seat === seat ? { seat: isGone ? null : seat, name } : each)));
    },
  };
}
