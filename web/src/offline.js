/**
 * The page without a network. This service worker steps in only where the server cannot be
 * reached: online, everything but the address itself goes by it, so that after an update no old
 * module can ever stand beside a new one.
 *
 * What it keeps is what a page that has just started says it runs, taken from the browser's own
 * store without asking the server again. It is kept as a whole or not at all, and a page that was
 * opened from it gets all its files from it.
 */

const GATEWAY_ERRORS = [502, 503, 504]; // a proxy is there, the game behind it is not

/**
 * @typedef {object} Clients
 * @property {() => Promise<void>} claim
 *
 * @typedef {Event & {waitUntil: (work: Promise<unknown>) => void}} Lasting
 * @typedef {Lasting & {request: Request, clientId: string, resultingClientId: string,
 *   preloadResponse: Promise<Response | undefined>,
 *   respondWith: (answer: Promise<Response>) => void}} Fetching
 * @typedef {Lasting & {data: {page: string, assets: string[]}, source: {id: string} | null}} Told
 */

const worker =
  /** @type {{clients: Clients, skipWaiting: () => Promise<void>,
   *   registration: ServiceWorkerRegistration,
   *   addEventListener: (type: string, listener: (event: any) => void) => void}} */ (
    /** @type {unknown} */ (self)
  );
const home = worker.registration.scope;
const SHELL = `inkling-shell ${home} `; // one site may hold several games, each below a path

/** Pages that were opened from what is kept. @type {Set<string>} */
const stranded = new Set();
/** @type {Promise<void>} */
let keeping = Promise.resolve();

worker.addEventListener("install", (/** @type {Lasting} */ event) => event.waitUntil(worker.skipWaiting()));

worker.addEventListener("activate", (/** @type {Lasting} */ event) => {
  // The browser asks the server while this worker is still starting.
  const eager = worker.registration.navigationPreload?.enable() ?? Promise.resolve();
  event.waitUntil(Promise.all([eager, worker.clients.claim()]));
});

worker.addEventListener("message", (/** @type {Told} */ event) => {
  if (stranded.has(event.source?.id ?? "")) return; // that one has nothing new
  keeping = keeping.then(() => keep(event.data.page, event.data.assets));
  event.waitUntil(keeping);
});

worker.addEventListener("fetch", (/** @type {Fetching} */ event) => {
  if (event.request.mode === "navigate") event.respondWith(open(event));
  else if (stranded.has(event.clientId)) event.respondWith(kept(event.request));
});

/** @param {Fetching} event */
async function open(event) {
  let answer = Response.error();
  try {
    answer = (await event.preloadResponse) ?? (await fetch(event.request));
    if (!GATEWAY_ERRORS.includes(answer.status)) return answer;
  } catch {
    // No network: what is kept has to do.
  }
  const page = await caches.match(home);
  if (!page) return answer;
  stranded.add(event.resultingClientId);
  return page;
}

/** @param {Request} request */
const kept = async (request) => (await caches.match(request, { ignoreVary: true })) ?? fetch(request);

/**
 * @param {string} page the address it was opened at; all of them are the same page
 * @param {string[]} assets
 */
async function keep(page, assets) {
  const name = `${SHELL}${Date.now()} ${Math.random()}`;
  const shell = await caches.open(name);
  const put = async (/** @type {string} */ from, /** @type {string} */ as) => {
    const file = await fetch(from, { cache: "force-cache" });
    if (!file.ok || file.redirected) throw new TypeError(`${from}: ${file.status}`);
    await shell.put(as, file);
  };
  const isWhole = await Promise.all([put(page, home), ...assets.map((asset) => put(asset, asset))]).then(
    () => true,
    () => false,
  );
  for (const other of await caches.keys()) {
    if (other.startsWith(SHELL) && (other === name) !== isWhole) await caches.delete(other);
  }
}
