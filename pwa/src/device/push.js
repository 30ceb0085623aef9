/** Alerts to this phone. In mainland China a push service may be out of reach: it fails in time and says so; the inbox stays. */
import { base64url, fromBase64url } from "../model/text.js";

/** @typedef {{endpoint: string, keys: any}} Told what the server needs to reach this browser */
const PATIENCE_MS = 15_000;

/** @returns {"unsupported"|NotificationPermission} */
export const permission = () => (!("PushManager" in globalThis) || !("Notification" in globalThis) ? "unsupported" : Notification.permission);

/** @template T @param {Promise<T>} asked @returns {Promise<T|null>} null when the push service does not answer in time */
const inTime = (asked) => Promise.race([asked.catch(() => null), new Promise((/** @type {(v: null) => void} */ r) => setTimeout(() => r(null), PATIENCE_MS))]);

/** Asks the officer if need be, so call it from a tap only. @param {string} vapid base64url @returns {Promise<Told|"refused"|"unreachable">} */
export async function subscribe(vapid) {
  if ((await Notification.requestPermission()) !== "granted") return "refused";
  return renew(vapid);
}

/**
 * This browser's subscription under the server's key, made anew when there is none, when it was made under another key, or when
 * the push service has given the old one up (`fresh`). Never asks.
 * @param {string} vapid base64url @param {{fresh?: boolean}} [how] @returns {Promise<Told|"refused"|"unreachable">}
 */
export async function renew(vapid, { fresh = false } = {}) {
  if (permission() !== "granted") return "refused";
  const made = await inTime((async () => {
    const { pushManager } = await navigator.serviceWorker.ready;
    const old = await pushManager.getSubscription();
    const key = old?.options?.applicationServerKey;
    if (old && !fresh && (!key || base64url(key) === vapid)) return old;
    await old?.unsubscribe();
    return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fromBase64url(vapid) });
  })());
  if (!made) return "unreachable";
  const { endpoint, keys } = /** @type {Told} */ (made.toJSON());
  return { endpoint, keys };
}

/** Ends this browser's subscription. @returns {Promise<string|null>} the endpoint that the server shall forget */
export async function drop() {
  if (permission() !== "granted") return null;
  return inTime((async () => {
    const old = await (await navigator.serviceWorker.ready).pushManager.getSubscription();
    if (!old) return null;
    const { endpoint } = old;
    await Promise.race([old.unsubscribe().catch(() => {}), new Promise((r) => setTimeout(r, 3_000))]); // no signal: the server's word counts
    return endpoint;
  })());
}
