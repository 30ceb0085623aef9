import assert from "node:assert/strict";
import { test } from "node:test";
import { cosignature, owed } from "../src/model/team.js";

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
