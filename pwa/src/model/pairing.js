// Officers to places: the pairing of docs/draw-spec.md, the browser's twin of backend/draws/pairing.py.
import { ranked } from "./tickets.js";

/** @typedef {{object: string, slot: number}} Place */
/** @typedef {{pid: string, dept: string, quals: string[], counties: string[], load: number}} Person */
/** @typedef {{dept: string|null, qual: string|null}} Slot */
/** A place on the way of a search: who is asked next, and whose places are being tried. @typedef {{place: Place, next: number, officer: string, held: Place[], tried: number, displaced: Place|null}} Step */

/**
 * Serve every (object, slot). `prk` keys the tickets.
 * @param {Uint8Array} prk
 * @param {[string, string][]} objects (id, county) of the drawn
 * @param {Slot[]} slots @param {Person[]} people
 * @param {Set<string>} recusals `${id}|${pid}`
 * @returns {{teams: Record<string, (string|null)[]>, exceptions: [string, number][]}}
 */
export function pairPeople(prk, objects, slots, people, recusals) {
  const county = new Map(objects);
  const load = new Map(people.map((p) => [p.pid, p.load]));
  /** @type {Map<string, Place[]>} */
  const holds = new Map(people.map((p) => [p.pid, []]));
  const bound = new Map(people.map((p) => [p.pid, 0]));
  /** object -> officer -> the place they hold there @type {Map<string, Map<string, Place>>} */
  const taken = new Map(objects.map(([id]) => [id, new Map()]));
  let highest = people.reduce((most, p) => Math.max(most, p.load), 0);
  /** @type {Map<Place, string[]>} */
  const candidates = new Map();
  /** Who fits a slot in a county at all: shared by all objects there. @type {Map<string, string[]>[]} */
  const fitting = slots.map(({ dept, qual }) => {
    const fits = new Map();
    for (const p of people)
      if ((dept === null || p.dept === dept) && (qual === null || p.quals.includes(qual)))
        for (const where of p.counties) {
          if (!fits.has(where)) fits.set(where, []);
          fits.get(where).push(p.pid);
        }
    return fits;
  });

  /** @param {Place} place */
  const cand = (place) => {
    let found = candidates.get(place);
    if (found === undefined) {
      const { object, slot } = place;
      const where = /** @type {string} */ (county.get(object));
      const fit = fitting[slot].get(where) ?? [];
      found = ranked(prk, `pair|${object}|${slot}|`, recusals.size ? fit.filter((pid) => !recusals.has(`${object}|${pid}`)) : fit);
      candidates.set(place, found);
    }
    return found;
  };
  const held = (/** @type {string} */ pid) => /** @type {Place[]} */ (holds.get(pid));
  const at = (/** @type {string} */ object) => /** @type {Map<string, Place>} */ (taken.get(object));

  /** The last place goes to `pid`; each one before it takes the position that its displaced place gives up. @param {Step[]} way @param {string} pid */
  const settle = (way, pid) => {
    const { place: last } = way[way.length - 1];
    const carried = Number(load.get(pid)) + 1;
    held(pid).push(last);
    at(last.object).set(pid, last);
    load.set(pid, carried);
    highest = Math.max(highest, carried);
    for (const { place, officer, displaced: x } of way.slice(0, -1).reverse()) {
      if (x === null) continue;
      held(officer)[held(officer).indexOf(x)] = place;
      if (at(x.object).get(officer) === x) at(x.object).delete(officer);
      at(place.object).set(officer, place);
    }
  };

  // A chain of displacements can be as long as there are officers, so the search keeps its own stack.
  /** @param {Place} start @param {number} level @param {Set<string>} seen @returns {boolean} */
  const augment = (start, level, seen) => {
    const been = new Set([start]);
    const step = (/** @type {Place} */ place) => /** @type {Step} */ ({ place, next: 0, officer: "", held: [], tried: 0, displaced: null });
    const way = [step(start)];
    while (way.length) {
      const top = way[way.length - 1];
      while (top.tried < top.held.length && been.has(top.held[top.tried])) top.tried += 1;
      if (top.tried < top.held.length) {
        const x = top.held[top.tried];
        top.displaced = x;
        been.add(x);
        way.push(step(x));
        continue;
      }
      const order = cand(top.place);
      if (top.next === order.length) {
        way.pop();
        continue;
      }
      const pid = order[top.next];
      top.next += 1;
      const twin = at(top.place.object).get(pid);
      if (twin === undefined) {
        if (seen.has(pid) || /** @type {number} */ (bound.get(pid)) >= level) continue;
        seen.add(pid);
        if (/** @type {number} */ (load.get(pid)) < level) {
          settle(way, pid);
          return true;
        }
      }
      top.officer = pid;
      top.held = twin === undefined ? held(pid) : [twin];
      top.tried = 0;
    }
    return false;
  };

  /** @param {Place} place */
  const serve = (place) => {
    // An officer who already holds a place of this object is passed through that place, so no bound of theirs speaks.
    const proven = at(place.object).size ? 0 : cand(place).reduce((least, pid) => Math.min(least, Number(bound.get(pid))), Infinity);
    for (let level = proven + 1; level <= highest + 1; level += 1) {
      /** @type {Set<string>} */
      const seen = new Set();
      if (augment(place, level, seen)) return true;
      for (const pid of seen) bound.set(pid, Math.max(Number(bound.get(pid)), level));
    }
    return false;
  };

  const byName = new Map(objects.flatMap(([object]) => slots.map((_, slot) => [`${object}|${slot}`, { object, slot }])));
  const places = ranked(prk, "place|", [...byName.keys()]).map((name) => /** @type {Place} */ (byName.get(name)));
  /** @type {[string, number][]} */
  const exceptions = [];
  for (const place of places) if (!serve(place)) exceptions.push([place.object, place.slot]);
  /** @type {Record<string, (string|null)[]>} */
  const teams = Object.fromEntries(objects.map(([id]) => [id, slots.map(() => /** @type {string|null} */ (null))]));
  for (const [pid, list] of holds) for (const { object, slot } of list) teams[object][slot] = pid;
  return { teams, exceptions };
}
