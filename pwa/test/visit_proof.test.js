// A visit's proof, checked by the browser's code against the vectors that Python's runs too.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { verify } from "../src/model/visit_proof.js";
import { hex } from "../src/model/text.js";

const { vkey, witnesses, cases } = JSON.parse(readFileSync(new URL("../../tests/vectors/visit_proof.json", import.meta.url), "utf8"));

for (const c of cases) {
  test(`a visit's proof: ${c.name}`, () => {
    const found = verify(c.text, "vkey" in c ? c.vkey : vkey, c.witnesses ?? witnesses);
    assert.equal(found.verdict, c.expect.verdict);
    assert.deepEqual(Object.fromEntries(found.checks.map((k) => [k.code, k.ok])), c.expect.checks);
    assert.deepEqual(found.cosigned.map((w) => [w.name, w.time]), c.expect.cosigned);
    if (!c.says) return;
    const p = found.proof;
    assert.deepEqual({ enterprise: p.enterprise, team: p.team, draw_id: p.drawId, at: p.at, index: p.index, size: p.size, n_drawn: p.rest.n_drawn, sealed_root: hex(p.sealedRoot) }, c.says);
  });
}

test("no single character of a proof can be changed", () => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const { text } = cases[1];
  for (let i = 0; i < text.length; i += 7) {
    const other = text.slice(0, i) + alphabet[(alphabet.indexOf(text[i]) + 1 + (i % 62)) % 64] + text.slice(i + 1);
    const found = verify(other, vkey, witnesses);
    assert.ok(found.verdict === "failed" || found.cosigned.length === 1, `character ${i}`); // or a witness became unknown and counts no more
  }
});

test("a proof in an address, and nonsense", () => {
  assert.equal(verify(` https://x.example/visit#${cases[0].text}\n`, vkey).verdict, "verified");
  for (const key of ["", "x", `${vkey}x`, vkey.replace("+", "-")]) assert.notEqual(verify(cases[0].text, key, ["nonsense"]).verdict, "verified");
  for (const text of ["", "#", "x".repeat(9000), "%F0%9F%98%80", "😀", "AQ"]) assert.equal(verify(text, vkey).verdict, "failed");
});
