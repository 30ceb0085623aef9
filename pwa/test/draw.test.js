// The browser's draw against vectors that share no code with us.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { encode, stringify } from "../src/model/jcs.js";
import * as merkle from "../src/model/merkle.js";
import { encodeRandomness, explain, recompute, verifyBundle } from "../src/model/draw.js";

const vectors = (name) => JSON.parse(readFileSync(new URL(`../../tests/vectors/${name}.json`, import.meta.url), "utf8"));
const { bundles } = vectors("draw");
const hex = (text) => Uint8Array.from(Buffer.from(text, "hex"));

for (const bundle of bundles) {
  const id = bundle.announcement.draw_id;
  test(`${id} is recomputed to the byte`, () => {
    assert.equal(stringify(recompute(bundle)), stringify(bundle.result));
  });
  test(`${id} is verified, and nothing altered is`, async () => {
    assert.equal((await verifyBundle(bundle)).verdict, "verified");
    const alter = {
      frame: (b) => (b.frame[3].st = "X:OPEN"),
      row: (b) => b.frame.pop(),
      pool: (b) => (b.pool[0].load += 1),
      recusals: (b) => b.recusals.push({ h: "00".repeat(32) }),
      secret: (b) => (b.secret = `00${b.secret.slice(2)}`),
      randomness: (b) => b.randomness.reverse() && b.randomness.push(b.randomness.shift() + "1"),
      cells: (b) => b.result.cells.find((c) => c.order.length > 1).order.reverse(),
      teams: (b) => Object.values(b.result.teams)[0].reverse(),
      rates: (b) => (Object.values(b.announcement.rates)[0][0] += 1),
      classes: (b) => (Object.values(b.classes)[0].class = "Z"),
    };
    for (const [name, change] of Object.entries(alter)) {
      const copy = structuredClone(bundle);
      change(copy);
      assert.equal((await verifyBundle(copy)).verdict, "failed", name);
    }
  });
  test(`${id}: an officer who stands twice in the pool is found, even where it was announced so`, async () => {
    const copy = structuredClone(bundle);
    copy.pool.push({ ...copy.pool[0], load: 0 });
    copy.pool.sort((a, b) => (a.pid < b.pid ? -1 : 1));
    copy.announcement.pool_root = Buffer.from(merkle.root(copy.pool.map((p) => encode(p)))).toString("hex");
    const { checks } = await verifyBundle(copy);
    assert.equal(checks.find((c) => c.code === "pool").ok, false);
  });
  test(`${id} before its secret is revealed is incomplete`, async () => {
    const early = { ...bundle, secret: null, pool: null, recusals: null, classes: null, result: null };
    const { verdict, checks } = await verifyBundle(early);
    assert.equal(verdict, "incomplete");
    assert.equal(checks.find((c) => c.code === "frame")?.ok, true);
  });
}

test("an enterprise learns its place", () => {
  const cell = bundles[0].result.cells.find((c) => c.n > 0 && c.n < c.order.length);
  const first = explain(bundles[0], cell.order[0]);
  assert.deepEqual([first.place, first.drawn], [1, true]);
  assert.equal(explain(bundles[0], cell.order.at(-1)).drawn, false);
  assert.equal(explain(bundles[0], "no such code").inFrame, false);
});

test("randomness has the shape of RFC 3797", () => {
  assert.equal(new TextDecoder().decode(encodeRandomness([9319, [2, 5, 12, 8, 10], [9, 18, 26, 34, 41, 45]])), "9319./2.5.8.10.12./9.18.26.34.41.45./");
});

test("Merkle vectors of RFC 6962", () => {
  const v = vectors("merkle");
  const leaves = v.leaves.map(hex);
  for (const [size, expected] of v.roots.entries()) assert.deepEqual(merkle.root(leaves.slice(0, size)), hex(expected));
  const proof = v.inclusion.proof.map(hex);
  assert.ok(merkle.verifyInclusion(merkle.leafHash(leaves[5]), 5, 8, proof, hex(v.roots[8])));
  assert.ok(!merkle.verifyInclusion(merkle.leafHash(leaves[4]), 5, 8, proof, hex(v.roots[8])));
  assert.ok(!merkle.verifyInclusion(merkle.leafHash(leaves[5]), 8, 8, proof, hex(v.roots[8])));
});
