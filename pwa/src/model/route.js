// In which order to visit: by deadline, by distance from here, or as one round trip's way. Pure; straight lines, no road map offline.
/** @typedef {import("./types.js").Gps} Gps */
/** @typedef {{lat_e7: number|null, lon_e7: number|null}} Spot */

const EARTH = 6_371_008.8; // metres, IUGG mean radius

/** @param {Spot|Gps} a @param {Spot|Gps} b @returns {number} metres along the great circle (haversine); Infinity where a place is not known */
export function metres(a, b) {
  if (a.lat_e7 === null || a.lon_e7 === null || b.lat_e7 === null || b.lon_e7 === null) return Infinity;
  const [la, lb] = [a.lat_e7, b.lat_e7].map((e7) => (e7 / 1e7) * Math.PI / 180);
  const [dLat, dLon] = [lb - la, ((b.lon_e7 - a.lon_e7) / 1e7) * Math.PI / 180];
  return 2 * EARTH * Math.asin(Math.sqrt(Math.sin(dLat / 2) ** 2 + Math.cos(la) * Math.cos(lb) * Math.sin(dLon / 2) ** 2));
}

/** @template {Spot} T @param {T[]} spots @param {Gps} from @returns {T[]} the nearest first, unknown places last in the order given */
export const byDistance = (spots, from) => [...spots].sort((a, b) => { const [x, y] = [metres(from, a), metres(from, b)]; return x === y ? 0 : x - y; });

/**
 * One way through all places: always to the nearest, then every crossing undone (2-opt). Good for a day's visits, not proven shortest.
 * @template {Spot} T @param {T[]} spots @param {Gps} from @returns {T[]} unknown places last
 */
export function byRoute(spots, from) {
  const known = spots.filter((s) => s.lat_e7 !== null && s.lon_e7 !== null);
  const rest = spots.filter((s) => s.lat_e7 === null || s.lon_e7 === null);
  /** @type {T[]} */
  const way = [];
  const left = [...known];
  for (let here = /** @type {Spot} */ (from); left.length;) {
    const [next] = left.splice(left.indexOf(byDistance(left, /** @type {Gps} */ (here))[0]), 1);
    way.push(next);
    here = next;
  }
  for (let better = true; better;) {
    better = false;
    for (let i = 0; i < way.length - 1; i += 1) {
      for (let j = i + 1; j < way.length; j += 1) {
        const before = /** @type {Spot} */ (way[i - 1] ?? from), after = way[j + 1];
        const now = metres(before, way[i]) + (after ? metres(way[j], after) : 0);
        const then = metres(before, way[j]) + (after ? metres(way[i], after) : 0);
        if (then < now - 0.5) { way.splice(i, j - i + 1, ...way.slice(i, j + 1).reverse()); better = true; }
      }
    }
  }
  return [...way, ...rest];
}

/** @param {number} m @returns {string} as people say it; empty where it is not known */
export const distance = (m) => (m === Infinity ? "" : m < 950 ? `${Math.max(50, Math.round(m / 50) * 50)} m` : `${(m / 1000).toFixed(m < 9950 ? 1 : 0)} km`);
