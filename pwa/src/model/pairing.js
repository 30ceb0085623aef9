// Officers to places: the pairing of docs/draw-spec.md, the browser's twin of backend/draws/pairing.py.
import { ranked } from "./tickets.js";

/** `at`: who holds a place of the same object. @typedef {{object: string, slot: number, at: Map<number, Place>, order: Int32Array|null}} Place */
/** @typedef {{pid: string, dept: string, quals: string[], counties: string[], load: number}} Person */
/** @typedef {{dept: string|null, qual: string|null}} Slot */
/** A place on the way of a search: who is asked next, and whose places are being tried. @typedef {{place: Place, next: number, officer: number, held: Place[], tried: number, displaced: Place|null}} Step */

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
  // Officers go by their number in `people`: the search asks them by the million.
  const number = new Map(people.map((p, i) => [p.pid, i]));
  const load = Float64Array.from(people, (p) => p.load);
  const bound = new Float64Array(people.length);
  /** In which search an officer was last asked. */
  const asked = new Float64Array(people.length);
  let search = 0;
  /** @type {number[]} */
  let seen = [];
  /** @type {Place[][]} */
  const held = people.map(() => []);
  let highest = people.reduce((most, p) => Math.max(most, p.load), 0);
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

  /** @param {Place} place @returns {Int32Array} its candidates, by ticket */
  const candidates = (place) => {
    if (place.order === null) {
      const { object, slot } = place;
      const fit = fitting[slot].get(/** @type {string} */ (county.get(object))) ?? [];
      const open = recusals.size ? fit.filter((pid) => !recusals.has(`${object}|${pid}`)) : fit;
      place.order = Int32Array.from(ranked(prk, `pair|${object}|${slot}|`, open), (pid) => /** @type {number} */ (number.get(pid)));
    }
    return place.order;
  };

  /** The last place goes to `officer`; each one before it takes the position that its displaced place gives up. @param {Step[]} way @param {number} last */
  const settle = (way, last) => {
    const { place } = way[way.length - 1];
    held[last].push(place);
    place.at.set(last, place);
    load[last] += 1;
    highest = Math.max(highest, load[last]);
    for (const { place: taker, officer, displaced: x } of way.slice(0, -1).reverse()) {
      if (x === null) continue;
      held[officer][held[officer].indexOf(x)] = taker;
      if (x.at.get(officer) === x) x.at.delete(officer);
      taker.at.set(officer, taker);
    }
  };

  // A chain of displacements can be as long as there are officers, so the search keeps its own stack.
  /** @param {Place} start @param {number} level @returns {boolean} */
  const augment = (start, level) => {
    const been = new Set([start]);
    const step = (/** @type {Place} */ place) => /** @type {Step} */ ({ place, next: 0, officer: -1, held: [], tried: 0, displaced: null });
    const way = [step(start)];
    search += 1;
    seen = [];
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
      const order = candidates(top.place);
      if (top.next === order.length) {
        way.pop();
        continue;
      }
      const officer = order[top.next];
      top.next += 1;
      const twin = top.place.at.get(officer);
      if (twin === undefined) {
        if (asked[officer] === search || bound[officer] >= level) continue;
        asked[officer] = search;
        seen.push(officer);
        if (load[officer] < level) {
          settle(way, officer);
          return true;
        }
      }
      top.officer = officer;
      top.held = twin === undefined ? held[officer] : [twin];
      top.tried = 0;
    }
    return false;
  };

  /** @param {Place} place */
  const serve = (place) => {
    // An officer who already holds a place of this object is passed through that place, so no bound of theirs speaks.
    let proven = place.at.size ? 0 : Infinity;
    for (const officer of candidates(place)) proven = Math.min(proven, bound[officer]);
    for (let level = proven + 1; level <= highest + 1; level += 1) {
      if (augment(place, level)) return true;
      for (const officer of seen) bound[officer] = Math.max(bound[officer], level);
    }
    return false;
  };

  /** @type {Map<string, Place>} */
  const byName = new Map();
  for (const [object] of objects) {
    const at = new Map();
    for (const slot of slots.keys()) byName.set(`${object}|${slot}`, { object, slot, at, order: null });
  }
  const places = ranked(prk, "place|", [...byName.keys()]).map((name) => /** @type {Place} */ (byName.get(name)));
  /** @type {[string, number][]} */
  const exceptions = [];
  for (const place of places) if (!serve(place)) exceptions.push([place.object, place.slot]);
  /** @type {Record<string, (string|null)[]>} */
  const teams = Object.fromEntries(objects.map(([id]) => [id, slots.map(() => /** @type {string|null} */ (null))]));
  for (const [i, list] of held.entries()) for (const { object, slot } of list) teams[object][slot] = people[i].pid;
  return { teams, exceptions };
}
