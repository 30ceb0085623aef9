/** Room on this phone. Asked before a capture, because a store that is nearly full may hang instead of failing. */
import { fits } from "../store/room.js";

export const RESERVE_BYTES = 30_000_000;
/** What the room left is measured with, smallest first. */
const STEPS = [RESERVE_BYTES, 100_000_000, 300_000_000, 1_000_000_000, 3_000_000_000];

/** @type {{at: number, told: Promise<{usage: number, quota: number, kept: boolean}|null>}|null} */
let last = null;
const FRESH_MS = 5_000; // a screen that redraws with every file that is sent need not measure each time

/** @returns {Promise<{usage: number, quota: number, kept: boolean}|null>} as `measured`, at most five seconds ago */
export function space() {
  if (!last || Date.now() - last.at > FRESH_MS) last = { at: Date.now(), told: measured() };
  return last.told;
}

/** @returns {Promise<{usage: number, quota: number, kept: boolean}|null>} `quota` is lowered to what really fits; `kept`: the browser promised not to evict */
async function measured() {
  const told = await navigator.storage?.estimate?.().catch(() => undefined);
  if (!told) return null;
  const usage = told.usage ?? 0;
  let quota = told.quota ?? 0, room = 0;
  for (const step of STEPS) {
    const there = await fits(step);
    if (there) room = step;
    else { if (there === false) quota = Math.min(quota, usage + room); break; }
  }
  return { usage, quota, kept: (await navigator.storage.persisted?.().catch(() => false)) ?? false };
}

/** @returns {Promise<boolean>} there is room for one more photo or voice note, and some left */
export async function roomy() {
  const there = await fits(RESERVE_BYTES);
  if (there !== null) return there;
  const told = await navigator.storage?.estimate?.().catch(() => undefined);
  return !told || (told.quota ?? Infinity) - (told.usage ?? 0) > RESERVE_BYTES;
}

/** Below this many bytes the screens warn: some three hundred photos. */
export const SPACE_TIGHT = 100_000_000;

/** @returns {Promise<number|null>} bytes left, null where the browser does not tell */
export async function left() {
  const s = await space();
  return s && Math.max(0, s.quota - s.usage);
}

/** Asks the browser to keep our data; it may say no. @returns {Promise<boolean>} */
export const keep = async () => (await navigator.storage?.persist?.().catch(() => false)) ?? false;
