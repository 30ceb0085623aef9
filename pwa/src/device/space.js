/** Room on this phone. Asked before a capture, because a store that is nearly full may hang instead of failing. */
export const RESERVE_BYTES = 30_000_000;

/** @returns {Promise<{usage: number, quota: number, kept: boolean}|null>} `kept`: the browser promised not to evict */
export async function space() {
  const told = await navigator.storage?.estimate?.().catch(() => undefined);
  if (!told) return null;
  return { usage: told.usage ?? 0, quota: told.quota ?? 0, kept: (await navigator.storage.persisted?.().catch(() => false)) ?? false };
}

/** @returns {Promise<boolean>} there is room for one more photo */
export async function roomy() {
  const s = await space();
  return !s || s.quota - s.usage > RESERVE_BYTES;
}

/** Asks the browser to keep our data; it may say no. @returns {Promise<boolean>} */
export const keep = async () => (await navigator.storage?.persist?.().catch(() => false)) ?? false;
