/**
 * What an officer draws over a photo's copy: arrow, circle, blurred area. Coordinates are ten-thousandths of the
 * picture's width and height, so that they fit the picture at any size. Pure.
 * @typedef {import("./types.js").Mark} Mark
 */
export const FULL = 10_000;
/** Below this (both ways) a drag was a stray touch. */
const STRAY = 150;
const LEAST = 300;

const within = (/** @type {number} */ n) => Math.max(0, Math.min(FULL, Math.round(n)));

/**
 * @param {Mark["kind"]} kind @param {{x: number, y: number}} from @param {{x: number, y: number}} to parts of the picture, 0..1
 * @returns {Mark|null} null for a stray touch
 */
export function drawn(kind, from, to) {
  const m = { kind, x1: within(from.x * FULL), y1: within(from.y * FULL), x2: within(to.x * FULL), y2: within(to.y * FULL) };
  return Math.abs(m.x2 - m.x1) < STRAY && Math.abs(m.y2 - m.y1) < STRAY ? null : m;
}

/** @param {Mark["kind"]} kind @returns {Mark} in the middle, for whoever draws by keyboard */
export const placed = (kind) => ({ kind, x1: 4000, y1: 4000, x2: 6000, y2: 6000 });

/** @param {Mark} m @param {number} dx @param {number} dy ten-thousandths @returns {Mark} moved as a whole, never out of the picture */
export function moved(m, dx, dy) {
  const x = Math.max(-Math.min(m.x1, m.x2), Math.min(FULL - Math.max(m.x1, m.x2), dx));
  const y = Math.max(-Math.min(m.y1, m.y2), Math.min(FULL - Math.max(m.y1, m.y2), dy));
  return { ...m, x1: m.x1 + x, y1: m.y1 + y, x2: m.x2 + x, y2: m.y2 + y };
}

/** @param {Mark} m @param {number} dx @param {number} dy ten-thousandths @returns {Mark} its second point moved, never too small to see */
export function sized(m, dx, dy) {
  const next = { ...m, x2: within(m.x2 + dx), y2: within(m.y2 + dy) };
  return Math.abs(next.x2 - next.x1) < LEAST && Math.abs(next.y2 - next.y1) < LEAST ? m : next;
}
