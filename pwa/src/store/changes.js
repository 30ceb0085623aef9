/** Who wants to know that something here was saved, in this tab or in another one. */
const bus = new EventTarget();
/** @type {BroadcastChannel|null} */
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("sunlot");
if (channel) channel.onmessage = (e) => bus.dispatchEvent(new CustomEvent("change", { detail: e.data }));

/** @param {string} topic a store's name, or "storage-trouble" */
export function announce(topic) {
  bus.dispatchEvent(new CustomEvent("change", { detail: topic }));
  channel?.postMessage(topic);
}

/** @param {(topic: string) => void} hear @returns {() => void} stop */
export function listen(hear) {
  const on = (/** @type {Event} */ e) => hear(/** @type {CustomEvent} */ (e).detail);
  bus.addEventListener("change", on);
  return () => bus.removeEventListener("change", on);
}
