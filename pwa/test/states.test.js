import assert from "node:assert/strict";
import { test } from "node:test";
import { reconciled, blobAnswered, DAMAGE_LIMIT, isFinal, owing, submissionAnswered, unsent } from "../src/model/states.js";

const blob = (more = {}) => ({ sha256: "aa", type: "image/webp", bytes: 10, state: "sending", offset: 0, attempts: 0, next_at_ms: 0, error: null, made_at_ms: 0, ...more });
const row = (more = {}) => ({ id: "s1", inspection: "i1", record_sha256: "cc", hashes: ["aa"], state: "inflight", attempts: 0, next_at_ms: 0, error: null, receipt: null, sealed_at_ms: 0, durable_at_ms: null, ledger_index: null, ...more });
const receipt = { submission: "s1", record_sha256: "cc", ledger: { index: null } };

test("a blob is acked only when the server's hash and size are ours", () => {
  assert.equal(blobAnswered(blob(), { status: 201, body: { sha256: "aa", bytes: 10 } }, 0, 0).state, "acked");
  for (const body of [{ sha256: "bb", bytes: 10 }, { sha256: "aa", bytes: 9 }, null, {}]) {
    const next = blobAnswered(blob(), { status: 200, body }, 1000, 0.5);
    assert.equal(next.state, "stored");
    assert.ok(next.next_at_ms > 1000);
  }
});

test("silence, 5xx and 401 leave a blob waiting with its offset; damage starts it over and in the end sets it aside", () => {
  for (const status of [0, 401, 500, 503]) {
    const next = blobAnswered(blob({ offset: 4 }), { status, body: null }, 0, 0);
    assert.deepEqual([next.state, next.offset, next.attempts], ["stored", 4, 1]);
  }
  let b = blob({ offset: 4 });
  for (let i = 1; i < DAMAGE_LIMIT; i++) {
    b = blobAnswered(b, { status: 422, body: { code: "hash-mismatch" } }, 0, 0);
    assert.deepEqual([b.state, b.offset], ["stored", 0]);
  }
  b = blobAnswered(b, { status: 422, body: { code: "hash-mismatch" } }, 0, 0);
  assert.equal(b.state, "quarantined");
  assert.equal(blobAnswered(blob(), { status: 413, body: { code: "too-large" } }, 0, 0).state, "quarantined");
});

test("only a receipt that names our record takes a submission out of the outbox", () => {
  assert.equal(submissionAnswered(row(), { status: 201, body: receipt }, 0, 0).state, "applied");
  assert.equal(submissionAnswered(row(), { status: 200, body: receipt }, 0, 0).state, "duplicate");
  for (const body of [{ ...receipt, record_sha256: "dd" }, { ...receipt, submission: "s2" }]) {
    const next = submissionAnswered(row(), { status: 200, body }, 0, 0);
    assert.equal(next.state, "conflict");
    assert.ok(unsent(next));
  }
});

test("a success without any receipt is someone else's answer: asked again", () => {
  for (const body of [null, {}, { ok: true }]) {
    const next = submissionAnswered(row(), { status: 200, body }, 1000, 0);
    assert.deepEqual([next.state, next.attempts], ["ready", 1]);
    assert.ok(unsent(next) && next.next_at_ms > 1000);
  }
});

test("only our server's own word ends anything", () => {
  for (const status of [400, 403, 404, 409, 413, 422, 511]) {
    assert.equal(isFinal({ status, body: null }), false, `a stranger's ${status}`);
    assert.equal(submissionAnswered(row(), { status, body: null }, 0, 0).state, "ready", `a stranger's ${status}`);
    assert.equal(blobAnswered(blob(), { status, body: null }, 0, 0).state, "stored", `a stranger's ${status}`);
  }
  assert.equal(isFinal({ status: 404, body: { code: "not-found" } }), true);
});

test("a file that the line failed many times is not damaged by one wrong answer", () => {
  const next = blobAnswered(blob({ attempts: 9 }), { status: 422, body: { code: "hash-mismatch" } }, 0, 0);
  assert.equal(next.state, "stored");
});

test("what failed least goes first, so that a bad record holds up no other", () => {
  const blobs = new Map([["a", { state: "stored", attempts: 7 }], ["b", { state: "stored", attempts: 0 }], ["c", { state: "stored", attempts: 0 }], ["d", { state: "confirmed", attempts: 0 }]]);
  const rows = [
    row({ id: "bad", hashes: ["a"], state: "ready", record: { seq: 1 } }), row({ id: "late", hashes: ["c"], state: "ready", record: { seq: 3 } }),
    row({ id: "early", hashes: ["b"], state: "ready", record: { seq: 2 } }), row({ id: "done", hashes: ["d"], state: "applied", record: { seq: 4 } }),
    row({ id: "lost-there", hashes: ["c"], state: "applied", record: { seq: 5 } }), row({ id: "rejected", hashes: ["c"], state: "rejected", record: { seq: 6 } }),
  ];
  assert.deepEqual(owing(rows, blobs).map((r) => r.id), ["early", "late", "lost-there", "bad"]);
});

test("what may heal is tried again, what may not is shown", () => {
  const answer = (status, code) => submissionAnswered(row(), { status, body: code ? { code } : null }, 0, 0);
  for (const [status, code] of [[0], [401, "signed-out"], [429, "busy"], [502], [422, "missing-evidence"], [403, "unknown-device"]]) assert.equal(answer(status, code).state, "ready", `${status} ${code}`);
  for (const [status, code] of [[422, "invalid"], [422, "bad-signature"], [403, "forbidden"], [404, "not-found"]]) assert.equal(answer(status, code).state, "rejected", `${status} ${code}`);
  assert.equal(answer(409, "conflict").state, "conflict");
  assert.equal(answer(409, "already-submitted").state, "conflict");
});

test("what the office handed in for us is received, if it is ours byte for byte; what was lost there is not durable", () => {
  const told = { durable: true, ledger_index: 1234, receipt: { ...receipt, ledger: { index: 1234 } } };
  for (const state of ["ready", "inflight", "conflict", "rejected"]) {
    const next = reconciled(row({ state, attempts: 3, error: { status: 403, code: "unknown-device", title: "" } }), told, true, 99);
    assert.deepEqual([next.state, next.ledger_index, next.durable_at_ms, next.error, next.attempts], ["duplicate", 1234, 99, null, 0]);
    assert.ok(!unsent(next));
  }
  for (const foreign of [{ ...told, receipt: { ...receipt, record_sha256: "dd" } }, { ...told, receipt: { ...receipt, submission: "s2" } }, { durable: true }, { durable: false }, undefined]) {
    const mine = row({ state: "ready" });
    assert.equal(reconciled(mine, foreign, true, 99), mine);
  }
  const lost = reconciled(row({ state: "applied" }), told, false, 99);
  assert.deepEqual([lost.durable_at_ms, lost.ledger_index], [null, 1234]);
  assert.equal(reconciled(row({ state: "applied", durable_at_ms: 5 }), told, true, 99).durable_at_ms, 5);
});
