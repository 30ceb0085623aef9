import assert from "node:assert/strict";
import { test } from "node:test";
import { KEEP_MS } from "../src/model/states.js";
import { expired, finished, lightenable, stillThere, summarise, SUMMARY_MS } from "../src/model/summary.js";

const row = (more = {}) => ({
  id: "s1", inspection: "i1", enterprise: "某店", record_sha256: "cc", hashes: ["aa", "bb"], state: "applied", attempts: 0, next_at_ms: 0, error: null, sealed_at_ms: 0, durable_at_ms: 5, ledger_index: 1234,
  receipt: { received_at_ms: 7 }, record: { items: [{ item: "SC01" }, { item: "XX" }], outcomes: ["1", "Z"], remark: "好", photos: [{ sha256: "aa", marked: "bb" }], strokes_sha256: {} }, ...more,
});
const blobs = [{ sha256: "aa", state: "confirmed", bytes: 10 }, { sha256: "bb", state: "confirmed", bytes: 20 }];
const facts = (sub = {}, more = {}) => ({ submissions: [row(sub)], blobs, closed: () => true, now: KEEP_MS, tight: false, ...more });

test("a record becomes light only after everything holds", () => {
  assert.equal(lightenable(facts()).length, 1);
  for (const state of ["ready", "inflight", "conflict", "rejected"]) assert.deepEqual(lightenable(facts({ state })), [], state);
  assert.deepEqual(lightenable(facts({ durable_at_ms: null })), []);
  assert.deepEqual(lightenable(facts({}, { closed: () => false })), []);
  assert.deepEqual(lightenable(facts({}, { now: KEEP_MS - 1 })), []);
  assert.equal(lightenable(facts({}, { now: 1, tight: true })).length, 1);
  for (const state of ["staged", "stored", "sending", "acked", "quarantined"]) assert.deepEqual(lightenable(facts({}, { blobs: [{ sha256: "aa", state }, blobs[1]] })), [], state);
  assert.equal(lightenable(facts({}, { blobs: [{ sha256: "aa", state: "purged" }] })).length, 1);
});

test("the server must name the record and every file once more", () => {
  const here = new Map(blobs.map((b) => [b.sha256, b]));
  const told = { submissions: { s1: { durable: true, receipt: { record_sha256: "cc" } } }, evidence: { aa: 10, bb: 20 } };
  assert.ok(stillThere(row(), here, told));
  for (const less of [{}, { ...told, submissions: {} }, { ...told, submissions: { s1: { durable: true } } }, { ...told, submissions: { s1: { durable: true, receipt: { record_sha256: "dd" } } } },
    { ...told, evidence: { aa: 10 } }, { ...told, evidence: { aa: 10, bb: 19 } }]) assert.equal(stillThere(row(), here, less), false);
});

test("a summary says who, what, when and under which number, and needs nothing else of the phone", () => {
  const visit = { enterprise: { code: "91X", address: "路 1 号" }, campaign: { name: "餐饮" }, items: [{ code: "SC01", name_zh: "食品", name_en: "Food" }] };
  const s = summarise(row(), visit, [{ code: "1", zh: "未发现问题", en: "No problem" }], true);
  assert.deepEqual([s.name, s.code, s.address, s.campaign, s.ledger_index, s.received_at_ms, s.photos, s.remark], ["某店", "91X", "路 1 号", "餐饮", 1234, 7, ["bb"], "好"]);
  assert.deepEqual(s.items, [{ zh: "食品", en: "Food" }, { zh: "XX", en: "XX" }]);
  assert.deepEqual(s.outcomes, [{ zh: "未发现问题", en: "No problem" }, { zh: "Z", en: "Z" }]);
  assert.equal("record" in s || "signature" in s, false);
  assert.equal(summarise(row(), undefined, [], true).code, "");
});

test("thirty days, then it may go; what is not light never goes by age", () => {
  const s = summarise(row(), undefined, [], true);
  assert.equal(expired(s, 7 + SUMMARY_MS), false);
  assert.equal(expired(s, 8 + SUMMARY_MS), true);
  assert.equal(expired({ ...s, light: false }, 8 + 9 * SUMMARY_MS), false);
});

test("one entry a visit, the newest record of it, the newest visit first", () => {
  const s = summarise(row(), undefined, [], true);
  const rows = [{ ...s, id: "a", received_at_ms: 1 }, { ...s, id: "b", received_at_ms: 3 }, { ...s, id: "c", inspection: "i2", received_at_ms: 9 }];
  assert.deepEqual(finished(rows).map((r) => r.id), ["c", "b"]);
});
