import assert from "node:assert/strict";
import { test } from "node:test";
import { byDistance, byRoute, distance, metres } from "../src/model/route.js";

const at = (name, lat, lon) => ({ name, lat_e7: lat === null ? null : Math.round(lat * 1e7), lon_e7: lon === null ? null : Math.round(lon * 1e7) });
const here = { lat_e7: 254900000, lon_e7: 1037960000, acc_cm: 500 }; // Qujing

test("a degree of latitude is 111.2 km, and an unknown place is far", () => {
  assert.ok(Math.abs(metres(at("a", 25, 103), at("b", 26, 103)) - 111_195) < 1);
  assert.ok(Math.abs(metres(at("a", 25, 103), at("b", 25, 104)) - 100_777) < 5);
  assert.equal(metres(here, at("x", null, null)), Infinity);
});

test("the nearest comes first, the unknown last", () => {
  const spots = [at("none", null, null), at("far", 25.9, 103.796), at("near", 25.5, 103.796), at("mid", 25.6, 103.796)];
  assert.deepEqual(byDistance(spots, here).map((s) => s.name), ["near", "mid", "far", "none"]);
});

const length = (way) => way.reduce((sum, s, i) => sum + metres(i ? way[i - 1] : here, s), 0);

test("a way visits each place once, and is never longer than going to the nearest each time", () => {
  let seed = 7;
  const random = () => { seed = (seed * 48271) % 2147483647; return seed / 2147483647; };
  for (let round = 0; round < 50; round += 1) {
    const spots = Array.from({ length: 2 + (round % 11) }, (_, i) => at(`s${i}`, 25.3 + random() * 0.4, 103.6 + random() * 0.4));
    const way = byRoute(spots, here);
    assert.deepEqual(new Set(way), new Set(spots));
    assert.equal(way.length, spots.length);
    const greedy = [], left = [...spots];
    for (let from = here; left.length;) { const [next] = left.splice(left.indexOf(byDistance(left, from)[0]), 1); greedy.push(next); from = next; }
    assert.ok(length(way) <= length(greedy) + 1);
  }
});

test("of small rounds it finds the best way nearly always", () => {
  const all = (list) => (list.length < 2 ? [list] : list.flatMap((x, i) => all([...list.slice(0, i), ...list.slice(i + 1)]).map((r) => [x, ...r])));
  let seed = 11, best = 0;
  const random = () => { seed = (seed * 48271) % 2147483647; return seed / 2147483647; };
  for (let round = 0; round < 30; round += 1) {
    const spots = Array.from({ length: 6 }, (_, i) => at(`s${i}`, 25.3 + random() * 0.4, 103.6 + random() * 0.4));
    const shortest = Math.min(...all(spots).map(length));
    const found = length(byRoute(spots, here));
    assert.ok(found <= shortest * 1.25);
    if (found < shortest + 1) best += 1;
  }
  assert.ok(best >= 20, `${best} of 30`);
});

test("distances are said as people say them", () => {
  assert.deepEqual([3, 120, 949, 1234, 12_345, Infinity].map(distance), ["50 m", "100 m", "950 m", "1.2 km", "12 km", ""]);
});
