/** Screens with an address of their own. Each is fetched when somebody goes there. */

/**
 * @typedef {object} Page
 * @property {string} name
 * @property {() => Promise<import("./screens/screen.js").Screen>} make
 *
 * @typedef {import("./screens/screen.js").Actions} Actions
 * @typedef {(actions: Actions, found: string) => ReturnType<Page["make"]>} Make
 */

/** @type {[RegExp, string, Make][]} */
const PAGES = [
  [/^boards\/?$/, "boards", async (actions) => (await import("./screens/boards.js")).createBoards(actions)],
  [/^player\/(\w+)\/?$/, "profile", async (actions, player) => (await import("./screens/profile.js")).createProfile(actions, player)],
  [/^category\/([^/]+)\/?$/, "category", async (actions, name) => (await import("./screens/category-page.js")).createCategoryPage(actions, name)],
  [/^sketch\/?$/, "sketch", async (actions) => (await import("./screens/sketch.js")).createSketch(actions)],
  [/^replay\/([\w-]+)\/?$/, "replay", async (actions, game) => (await import("./screens/replay-page.js")).createReplayPage(actions, game)],
];

/**
 * @param {string} path of the address, below where the page is mounted
 * @param {Actions} actions
 * @returns {Page | null}
 */
export function pageAt(path, actions) {
  for (const [address, name, make] of PAGES) {
    const found = address.exec(path);
    if (found) return { name, make: () => make(actions, found[1] ?? "") };
  }
  return null;
}
