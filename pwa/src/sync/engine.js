/**
 * When rounds run: at start, when the network or the page comes back, on a timer while visible, after a seal, and on
 * the button. One at a time over all tabs (Web Locks). A phone without Background Sync loses nothing by it.
 */
import { delay } from "../model/backoff.js";
import { announce } from "../store/changes.js";
import * as local from "../store/local.js";
import { recover } from "../store/outbox.js";
import { nextTry, round } from "./round.js";

/** @typedef {{busy: boolean, outcome: import("./round.js").Outcome|null, failures: number}} Status */
/** @type {Status} */
export const status = { busy: false, outcome: null, failures: 0 };
const EVERY_MS = 60_000;
/** Between two rounds, so that a county's phones never beat on a server that just fell over. */
const LEAST_MS = 2_000;

/** @type {ReturnType<typeof setTimeout>|undefined} */
let timer;
/** @type {{hurry?: boolean}|null} asked for while a round was running */
let again = null;
/** Makes this phone's new key after it was reported lost. Given by the shell: keys live in another room. */
let renewKey = async () => {};

/** @param {{hurry?: boolean}} [how] @returns {Promise<void>} resolves when this tab's round is over */
export async function sync(how = {}) {
  const account = local.account();
  if (!account) return;
  if (status.busy) { again = { hurry: how.hurry || again?.hurry }; return; }
  status.busy = true;
  announce("sync");
  try {
    await navigator.locks.request(`sunlot-sync-${account.id}`, { ifAvailable: true }, async (lock) => {
      if (!lock) return;
      await recover();
      status.outcome = await round(how);
      if (status.outcome === "renew") { await renewKey(); status.outcome = await round(how); }
      status.failures = status.outcome === "offline" ? status.failures + 1 : 0;
    });
  } catch (error) {
    console.error("sync round", error);
    status.failures++;
  } finally {
    status.busy = false;
    announce("sync");
    void plan();
  }
  const next = again;
  again = null;
  if (next) void sync(next);
}

async function plan() {
  let wait = EVERY_MS;
  if (status.failures) { wait = delay(status.failures, Math.random()); void askSystem(); }
  else if (status.outcome === "ok" || status.outcome === null) {
    const at = await nextTry().catch(() => null);
    if (at !== null) wait = Math.max(LEAST_MS, at - Date.now());
    if (at !== null) void askSystem();
  }
  clearTimeout(timer);
  timer = setTimeout(() => { if (document.visibilityState === "visible") void sync(); else void plan(); }, Math.min(wait, EVERY_MS));
}

/** Background Sync, where there is one: the system tells us of a line also while this page sleeps. iOS has none. */
async function askSystem() {
  try {
    const registration = /** @type {any} */ (await navigator.serviceWorker?.getRegistration());
    await registration?.sync?.register("outbox");
  } catch { /* not allowed here: the timers above do it */ }
}

/** Starts listening; call once. @param {{renew: () => Promise<void>}} hooks */
export function start({ renew }) {
  renewKey = renew;
  addEventListener("online", () => void sync({ hurry: true }));
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") void sync(); });
  navigator.serviceWorker?.addEventListener("message", (e) => { if (e.data === "pushed") void sync(); else if (e.data === "line") void sync({ hurry: true }); });
  void sync();
}
