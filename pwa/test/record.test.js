import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { clean, content, digest, named, signing, strokesBlob, strokesOwed } from "../src/model/record.js";

const officer = (slot, dept, me = false) => ({ inspector_id: `p${slot}`, slot, dept, name: `官${slot}`, me });
const inspection = {
  id: "i", version: 4, sealed_entry: "ab".repeat(32), officers: [officer(2, "x"), officer(1, "x", true)],
  items: [{ code: "I", checklist: "c" }],
};
const checklists = { c: { questions: [{ id: "a", type: "number" }, { id: "b", type: "yes_no_na", show_if: { q: "a", is: "9" } }, { id: "t", type: "text" }] } };
const draft = {
  submission: "s", inspection: "i", state: "open", made_at_ms: 50, scan: { how: "qr", value: "tok", t_dev: 60, reason: null }, started_t_dev: 60,
  answers: { I: { a: { value: "03.5", note: " n " }, b: { value: "yes", note: "" } } },
  photos: [{ sha256: "aa", bytes: 3, type: "image/webp", item: "I", q: "a", t_dev: 70, gps: null, url: "blob:never" }],
  outcomes: ["1"], remark: "e\u0301 \ud800", gps: { lat_e7: 1, lon_e7: 2, acc_cm: 3 }, representative: { name: "李", refused: true, reason: "不", witness: "王" },
  frozen: null, strokes: {}, copy_of: null,
};
const make = () => content({ draft, inspection, checklists, device: { id: "d", seq: 6, prev: null }, now: 99 });

test("the record holds what was asked, in its order, and nothing else", () => {
  const r = make();
  assert.deepEqual(Object.keys(r).sort(), ["alg", "device", "expects", "gps", "inspection", "items", "outcomes", "parts", "photos", "prev", "remark", "scan", "sealed_entry", "seq", "signers", "started_t_dev", "submission", "t_dev", "v", "version", "voices"]);
  assert.deepEqual([r.seq, r.version, r.t_dev, r.started_t_dev], [7, 4, 99, 60]);
  assert.deepEqual(r.items, [{ item: "I", checklist: "c", answers: [{ q: "a", value: "3.5", note: "n" }, { q: "t", value: null, note: "" }] }]);
  assert.deepEqual(Object.keys(r.photos[0]), ["sha256", "bytes", "type", "item", "q", "t_dev", "gps", "source", "claims", "marked", "marks"]);
  assert.deepEqual(r.voices, []);
  assert.equal(r.remark, "\u00e9");
  assert.deepEqual(r.signers.map((s) => [s.key, s.name]), [["officer-1", "官1"], ["officer-2", "官2"], ["enterprise", "李"]]);
});

test("who refuses owes no strokes, and the hash moves with every character", () => {
  const r = make();
  assert.deepEqual(strokesOwed(r), ["officer-1", "officer-2"]);
  assert.match(digest(r), /^[0-9a-f]{64}$/);
  assert.notEqual(digest(r), digest({ ...r, remark: "e" }));
  assert.deepEqual(named({ ...r, strokes_sha256: { "officer-1": "bb", "officer-2": "aa" } }), ["aa", "bb"]);
});

test("strokes are integers, bound to the content", () => {
  const bytes = strokesBlob([{ points: [{ x: 1.4, y: 2.6, time: 1000.7 }, { x: 3, y: 4, time: 1010 }] }], { w: 300.2, h: 200, content_sha256: "cc" });
  assert.equal(new TextDecoder().decode(bytes), '{"content_sha256":"cc","h":200,"strokes":[[[1,3,0],[3,4,9]]],"v":1,"w":300}');
  assert.equal(createHash("sha256").update(bytes).digest("hex").length, 64);
});

test("in a joint visit the own department's officers sign", () => {
  const joint = { officers: [officer(1, "x"), officer(2, "x"), officer(3, "y", true), officer(4, "y")] };
  assert.deepEqual(signing(joint).map((o) => o.slot), [3, 4]);
  assert.deepEqual(signing(inspection).map((o) => o.slot), [1, 2]);
  assert.equal(clean(" a\ud800b "), "ab");
});
