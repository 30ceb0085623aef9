import assert from "node:assert/strict";
import { test } from "node:test";
import { delay, due, FIRST_MS, LONGEST_MS, postponed } from "../src/model/backoff.js";

test("waits double, stay within a quarter of it, and end at ten minutes", () => {
  assert.equal(delay(1, 0.5), FIRST_MS);
  assert.equal(delay(3, 0.5), FIRST_MS * 4);
  assert.equal(delay(4, 0), FIRST_MS * 8 * 0.75);
  for (let n = 1; n < 60; n++) assert.ok(delay(n, 0.9999) <= LONGEST_MS * 1.25 && delay(n, 0) > 0);
});

test("a failure counts and moves the clock of this row alone", () => {
  const row = { attempts: 1, next_at_ms: 0, other: "kept" };
  assert.deepEqual(postponed(row, 1000, 0.5), { attempts: 2, next_at_ms: 1000 + FIRST_MS * 2, other: "kept" });
  assert.equal(row.attempts, 1);
});

test("a clock that was put back makes nothing wait for days", () => {
  const row = postponed({ attempts: 8, next_at_ms: 0 }, 1_000_000_000, 0.99);
  assert.equal(due(row, 1_000_000_000), false);
  assert.equal(due(row, row.next_at_ms), true);
  assert.equal(due(row, 1_000_000_000 - 86_400_000), true);
});
