import assert from "node:assert/strict";
import { test } from "node:test";
import { cosignature, owed, releasable } from "../src/model/team.js";

const visit = (outstanding, state = "submitted") => ({ id: "i", state, officers: [{ inspector_id: "a", me: false }, { inspector_id: "b", me: true }], submission: outstanding && { id: "s", outstanding } });
const nothing = { parts: [], photos: 0, cosignatures: [], differences: [] };

test("differences come before the co-signature, and what is on its way is not asked again", () => {
  const open = { ...nothing, cosignatures: ["b"], differences: [{ key: "remark" }] };
  assert.equal(owed(visit(open), []), "decide");
  assert.equal(owed(visit(open), [{ kind: "decide", inspection: "i" }]), "cosign");
  assert.equal(owed(visit(open), [{ kind: "decide", inspection: "i" }, { kind: "cosign", inspection: "i" }]), null);
  assert.equal(owed(visit(open), [{ kind: "decide", inspection: "other" }]), "decide");
});

test("nobody is asked for a colleague's co-signature, nor once the record is decided", () => {
  assert.equal(owed(visit({ ...nothing, cosignatures: ["a"] }), []), null);
  assert.equal(owed(visit({ ...nothing, cosignatures: ["b"] }, "returned"), []), null);
  assert.equal(owed(visit(null), []), null);
  assert.equal(owed({ ...visit({ ...nothing, cosignatures: ["b"] }), closed: true }, []), null);
});

test("a co-signature names the record and the part of this phone, or that there is none", () => {
  const facts = { record_sha256: "r", submission: "s", inspection: "i", inspector: "b", device: "d", now: 7 };
  assert.deepEqual(cosignature({ ...facts, head: undefined }), { v: 1, alg: "ES256", cosigns: "r", submission: "s", inspection: "i", inspector: "b", device: "d", part: null, t_dev: 7 });
  assert.deepEqual(cosignature({ ...facts, head: { inspector: "b", seq: 2, sha256: "h" } }).part, { seq: 2, sha256: "h" });
});

test("a colleague's files go only when their visit is closed, old, sent, and no other draft holds them", () => {
  const file = (sha256, state = "acked") => ({ sha256, state });
  const draft = (inspection, sha256, more = {}) => ({ inspection, state: "open", changed_at_ms: 0, photos: [{ sha256 }], ...more });
  const closed = { id: "i", closed: true, state: "submitted", submission: { mine: false } };
  const late = 15 * 86_400_000;
  const go = (drafts, inspections, now = late, tight = false) => releasable({ drafts, inspections, blobs: [file("a"), file("b", "stored")], now, tight }).map((b) => b.sha256);
  assert.deepEqual(go([draft("i", "a"), draft("i", "b")], [closed]), ["a"]);
  assert.deepEqual(go([draft("i", "a")], [closed], 1000), []);
  assert.deepEqual(go([draft("i", "a")], [closed], 1000, true), ["a"]);
  assert.deepEqual(go([draft("i", "a"), draft("j", "a")], [closed]), []);
  assert.deepEqual(go([draft("i", "a", { state: "frozen" })], [closed]), []);
  for (const other of [{ closed: false }, { state: "returned" }, { submission: { mine: true } }, { submission: null }]) assert.deepEqual(go([draft("i", "a")], [{ ...closed, ...other }]), []);
});
