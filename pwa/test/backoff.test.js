import assert from "node:assert/strict";
import { test } from "node:test";
import { delay, FIRST_MS, LONGEST_MS, postponed } from "../src/model/backoff.js";

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
