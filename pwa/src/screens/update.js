import { scriptUrl } from "../device/ours.js";

/** A new version waits until the officer taps; nothing reloads under a half-written answer. */
export let ready = false;
/** @type {ServiceWorkerRegistration|null} */
let registration = null;

/** @param {() => void} changed */
export async function watch(changed) {
  if (!("serviceWorker" in navigator)) return;
  let asked = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => { if (asked) location.reload(); });
  applyHook = () => { asked = true; };
  registration = await navigator.serviceWorker.register(scriptUrl("/field/sw.js"), { scope: "/field/" }).catch(() => null);
  if (!registration) return;
  const look = () => {
    ready = !!(registration?.waiting && navigator.serviceWorker.controller);
    changed();
  };
  registration.addEventListener("updatefound", () => registration?.installing?.addEventListener("statechange", look));
  look();
  setInterval(() => void registration?.update().catch(() => {}), 3_600_000);
}

let applyHook = () => {};

export function apply() {
  applyHook();
  registration?.waiting?.postMessage("skipWaiting");
}
