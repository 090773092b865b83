/** Lets the browser keep what this page runs, so that it opens without a network too. */

import { ROOT } from "./root.js";

/** Once the page has settled: by then the browser holds all of it, and nothing is fetched twice. */
export async function keepShell() {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(`${ROOT}offline.js`);
    const { active } = await navigator.serviceWorker.ready;
    const assets = performance
      .getEntriesByType("resource")
      .map(({ name }) => name)
      .filter((name) => new URL(name).pathname.startsWith(`${ROOT}static/`));
    const page = performance.getEntriesByType("navigation")[0]?.name ?? location.href;
    active?.postMessage({ page, assets: [...new Set(assets)] });
  } catch {
    // Private windows and insecure addresses have no such worker; the game needs none.
  }
}
