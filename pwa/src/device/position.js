/** Where the phone is, as integers, or nothing. A refused or slow position never holds up the work. */
/** @typedef {import("../model/types.js").Gps} Gps */

/** @type {{gps: Gps, at: number}|null} */
let last = null;

/** @param {{within?: number, timeout?: number}} [limits] milliseconds @returns {Promise<Gps|null>} */
export function position({ within = 30_000, timeout = 6_000 } = {}) {
  if (last && Date.now() - last.at < within) return Promise.resolve(last.gps);
  if (!navigator.geolocation) return Promise.resolve(null);
  return new Promise((done) => {
    const stop = setTimeout(() => done(null), timeout + 500); // some phones never call back while the question is open
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      clearTimeout(stop);
      // Kept as the phone tells it; what it is worth is judged where it is shown (model/place.js).
      const acc_cm = Number.isFinite(coords.accuracy) && coords.accuracy > 0 ? Math.round(coords.accuracy * 100) : 0;
      const gps = { lat_e7: Math.round(coords.latitude * 1e7), lon_e7: Math.round(coords.longitude * 1e7), acc_cm };
      last = { gps, at: Date.now() };
      done(gps);
    }, () => { clearTimeout(stop); done(null); }, { enableHighAccuracy: true, timeout, maximumAge: within });
  });
}
