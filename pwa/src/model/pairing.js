// Officers to places: the pairing of docs/draw-spec.md, the browser's twin of backend/draws/pairing.py.

/** @typedef {{object: string, slot: number}} Place */
/** @typedef {{pid: string, dept: string, quals: string[], counties: string[], load: number}} Person */
/** @typedef {{dept: string|null, qual: string|null}} Slot */

/**
 * Serve every (object, slot). `ticket(kind, ...fields)` is the draw's ticket in hex; `compare` orders ids as UTF-8 bytes.
 * @param {(kind: string, ...fields: string[]) => string} ticket
 * @param {[string, string][]} objects (id, county) of the drawn
 * @param {Slot[]} slots @param {Person[]} people
 * @param {Set<string>} recusals `${id}|${pid}`
 * @param {(a: string, b: string) => number} compare
 * @returns {{teams: Record<string, (string|null)[]>, exceptions: [string, number][]}}
 */
export function pairPeople(ticket, objects, slots, people, recusals, compare) {
  const county = new Map(objects);
  const load = new Map(people.map((p) => [p.pid, p.load]));
  /** @type {Map<string, Place[]>} */
  const holds = new Map(people.map((p) => [p.pid, []]));
  const bound = new Map(people.map((p) => [p.pid, 0]));
  /** object -> officer -> the place they hold there @type {Map<string, Map<string, Place>>} */
  const taken = new Map(objects.map(([id]) => [id, new Map()]));
  let highest = Math.max(0, ...load.values());
  /** @type {Map<Place, string[]>} */
  const candidates = new Map();

  /** @template T @param {T[]} items @param {(item: T) => string} key @param {(a: T, b: T) => number} tie */
  const sorted = (items, key, tie) =>
    items
      .map((item) => /** @type {[string, T]} */ ([key(item), item]))
      .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : tie(x, y)))
      .map(([, item]) => item);

  /** @param {Place} place */
  const cand = (place) => {
    let found = candidates.get(place);
    if (found === undefined) {
      const { object, slot } = place;
      const { dept, qual } = slots[slot];
      const where = /** @type {string} */ (county.get(object));
      const fit = people
        .filter((p) => (dept === null || p.dept === dept) && (qual === null || p.quals.includes(qual)) && p.counties.includes(where))
        .map((p) => p.pid)
        .filter((pid) => !recusals.has(`${object}|${pid}`));
      found = sorted(fit, (pid) => ticket("pair", object, String(slot), pid), compare);
      candidates.set(place, found);
    }
    return found;
  };
  const held = (/** @type {string} */ pid) => /** @type {Place[]} */ (holds.get(pid));
  const at = (/** @type {string} */ object) => /** @type {Map<string, Place>} */ (taken.get(object));

  /** @param {Place} x @param {Place} place @param {string} pid @param {number} level @param {Set<Place>} places @param {Set<string>} seen */
  const takeOver = (x, place, pid, level, places, seen) => {
    if (!augment(x, level, places, seen)) return false;
    held(pid)[held(pid).indexOf(x)] = place;
    if (at(x.object).get(pid) === x) at(x.object).delete(pid);
    at(place.object).set(pid, place);
    return true;
  };

  /** @param {Place} place @param {number} level @param {Set<Place>} places @param {Set<string>} seen @returns {boolean} */
  const augment = (place, level, places, seen) => {
    places.add(place);
    for (const pid of cand(place)) {
      const twin = at(place.object).get(pid);
      if (twin !== undefined) {
        if (!places.has(twin) && takeOver(twin, place, pid, level, places, seen)) return true;
        continue;
      }
      if (seen.has(pid) || /** @type {number} */ (bound.get(pid)) >= level) continue;
      seen.add(pid);
      const carried = /** @type {number} */ (load.get(pid));
      if (carried < level) {
        held(pid).push(place);
        at(place.object).set(pid, place);
        load.set(pid, carried + 1);
        highest = Math.max(highest, carried + 1);
        return true;
      }
      for (const x of [...held(pid)]) if (!places.has(x) && takeOver(x, place, pid, level, places, seen)) return true;
    }
    return false;
  };

  /** @param {Place} place */
  const serve = (place) => {
    let level = at(place.object).size ? 1 : Math.min(...(cand(place).length ? cand(place).map((pid) => Number(bound.get(pid))) : [0])) + 1;
    for (; level <= highest + 1; level += 1) {
      /** @type {Set<string>} */
      const seen = new Set();
      if (augment(place, level, new Set(), seen)) return true;
      for (const pid of seen) bound.set(pid, Math.max(Number(bound.get(pid)), level));
    }
    return false;
  };

  const places = sorted(
    objects.flatMap(([object]) => slots.map((_, slot) => ({ object, slot }))),
    (p) => ticket("place", p.object, String(p.slot)),
    (a, b) => compare(a.object, b.object) || a.slot - b.slot,
  );
  /** @type {[string, number][]} */
  const exceptions = [];
  for (const place of places) if (!serve(place)) exceptions.push([place.object, place.slot]);
  /** @type {Record<string, (string|null)[]>} */
  const teams = Object.fromEntries(objects.map(([id]) => [id, slots.map(() => /** @type {string|null} */ (null))]));
  for (const [pid, list] of holds) for (const { object, slot } of list) teams[object][slot] = pid;
  return { teams, exceptions };
}
