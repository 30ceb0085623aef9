/** Alerts to this phone. In mainland China a push service may be out of reach: it fails in time and says so; the inbox stays. */
import { fromBase64url } from "../model/text.js";

/** @returns {"unsupported"|NotificationPermission} */
export const permission = () => (!("PushManager" in globalThis) || !("Notification" in globalThis) ? "unsupported" : Notification.permission);

/** @param {string} vapid base64url @returns {Promise<{endpoint: string, keys: any}|"refused"|"unreachable">} call from a tap only */
export async function subscribe(vapid) {
  if ((await Notification.requestPermission()) !== "granted") return "refused";
  const registration = await navigator.serviceWorker.ready;
  const asked = (async () => (await registration.pushManager.getSubscription())
    ?? registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fromBase64url(vapid) }))();
  const told = await Promise.race([asked.catch(() => null), new Promise((r) => setTimeout(() => r(null), 15_000))]);
  if (!told) return "unreachable";
  const { endpoint, keys } = told.toJSON();
  return { endpoint, keys };
}
