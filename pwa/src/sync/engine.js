/**
 * When rounds run: at start, when the network or the page comes back, on a timer while visible, after a seal, and on
 * the button. One at a time over all tabs (Web Locks). A phone without Background Sync loses nothing by it.
 */
import { delay } from "../model/backoff.js";
import { announce } from "../store/changes.js";
import * as local from "../store/local.js";
import { recover } from "../store/outbox.js";
import { round } from "./round.js";

/** @typedef {{busy: boolean, outcome: import("./round.js").Outcome|null, failures: number}} Status */
/** @type {Status} */
export const status = { busy: false, outcome: null, failures: 0 };
const EVERY_MS = 60_000;

/** @type {ReturnType<typeof setTimeout>|undefined} */
let timer;
let again = false;

/** @param {{hurry?: boolean}} [how] @returns {Promise<void>} resolves when this tab's round is over */
export async function sync(how = {}) {
  const account = local.account();
  if (!account) return;
  if (status.busy) { again = true; return; }
  status.busy = true;
  announce("sync");
  try {
    await navigator.locks.request(`sunlot-sync-${account.id}`, { ifAvailable: true }, async (lock) => {
      if (!lock) return;
      await recover();
      status.outcome = await round(how);
      status.failures = status.outcome === "offline" ? status.failures + 1 : 0;
    });
  } catch (error) {
    console.error("sync round", error);
    status.failures++;
  } finally {
    status.busy = false;
    announce("sync");
    plan();
  }
  if (again) { again = false; void sync(); }
}

function plan() {
  clearTimeout(timer);
  const wait = status.failures ? Math.min(delay(status.failures, Math.random()), EVERY_MS) : EVERY_MS;
  timer = setTimeout(() => { if (document.visibilityState === "visible") void sync(); else plan(); }, wait);
}

/** Starts listening; call once. */
export function start() {
  addEventListener("online", () => void sync({ hurry: true }));
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") void sync(); });
  navigator.serviceWorker?.addEventListener("message", (e) => { if (e.data === "pushed") void sync(); });
  void sync();
}
