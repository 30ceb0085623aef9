import assert from "node:assert/strict";
import { test } from "node:test";
import { recordWord, transfer } from "../src/model/words.js";

const row = (more = {}) => ({ state: "ready", attempts: 0, ledger_index: null, hashes: ["a", "b", "c", "d", "e", "f"], ...more });
const blobs = (...states) => new Map(states.map((state, n) => ["abcdef"[n], { sha256: "abcdef"[n], state }]));
const word = (more, ...states) => recordWord(row(more), transfer(row(more), blobs(...states))).word;

test("the words of a record's life", () => {
  assert.equal(word({}, ...Array(6).fill("stored")), "已封存，待发送");
  assert.equal(word({ attempts: 2 }, ...Array(6).fill("stored")), "已封存，等待重试");
  assert.equal(word({}, "acked", "acked", "acked", "sending", "stored", "stored"), "发送中 3/7");
  assert.equal(word({}, "acked", "acked", "acked", "stored", "stored", "stored"), "已发送 3/7，待继续");
  assert.equal(word({ state: "inflight" }, ...Array(6).fill("acked")), "发送中 6/7");
  assert.equal(word({ state: "applied" }, ...Array(6).fill("confirmed")), "已收到，编号待定");
  assert.equal(word({ state: "duplicate", ledger_index: 1234 }, ...Array(6).fill("purged")), "已收到，编号 1234");
  assert.equal(word({ state: "conflict" }), "有冲突，请处理");
  assert.equal(word({ state: "rejected" }), "未被接收，请处理");
});

test("what is set aside is told apart", () => {
  assert.deepEqual(transfer(row(), blobs("quarantined", "acked")).held.map((b) => b.sha256), ["a"]);
});
