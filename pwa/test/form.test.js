import assert from "node:assert/strict";
import { test } from "node:test";
import { decimal, fault, missing, progress, toggled, visible, withPhrase } from "../src/model/form.js";

const checklist = {
  id: "c", item: "I", version: 1, title_zh: "", title_en: "",
  questions: [
    { id: "a", zh: "", en: "", type: "choice", options: [] }, { id: "b", zh: "", en: "", type: "yes_no_na", show_if: { q: "a", is: "x" }, photo_required_when: "no" },
    { id: "c", zh: "", en: "", type: "text", required: true, show_if: { q: "b", is: "no" } },
  ],
};
const ids = (answers) => visible(checklist, answers).map((q) => q.id);
const said = (value) => ({ value, note: "" });

test("a question shows only while what brings it shows", () => {
  assert.deepEqual(ids({}), ["a"]);
  assert.deepEqual(ids({ a: said("x") }), ["a", "b"]);
  assert.deepEqual(ids({ a: said("x"), b: said("no") }), ["a", "b", "c"]);
  assert.deepEqual(ids({ a: said("y"), b: said("no") }), ["a"]);
});

test("numbers as people type them", () => {
  for (const [typed, plain] of [["3.50", "3.50"], ["3。5", "3.5"], ["-4", "-4"], ["007", "7"], ["0.5", "0.5"], ["+2", "2"]]) assert.equal(decimal(typed), plain);
  for (const typed of ["", "abc", "1e3", "1.2.3", "1,000", "--1", ".", "1234567890123"]) assert.equal(decimal(typed), null, typed);
  const q = { id: "n", zh: "", en: "", type: "number", min: 0, max: 8 };
  assert.deepEqual(["-1", "9.5", "8", "x", "", null].map((v) => fault(q, v)), ["below", "above", null, "not-a-number", "unanswered", "unanswered"]);
});

test("what is missing, in the order of the work, until nothing is", () => {
  const inspection = { items: [{ code: "I", checklist: "c" }, { code: "J", checklist: "gone" }] };
  const draft = { scan: null, answers: {}, photos: [], outcomes: [] };
  assert.deepEqual(missing(inspection, { c: checklist }, draft), [{ step: "scan" }, { step: "item", item: "I", count: 1 }, { step: "item", item: "J", count: 0 }, { step: "outcome" }]);
  const full = { scan: {}, answers: { I: { a: said("x"), b: said("no"), c: said("why") } }, photos: [], outcomes: ["E"] };
  const only = { items: [inspection.items[0]] };
  assert.deepEqual(missing(only, { c: checklist }, full), [{ step: "photo", item: "I", count: 1 }]);
  full.photos.push({ item: "I", q: "b" });
  assert.deepEqual(missing(only, { c: checklist }, full), []);
  assert.deepEqual(progress(checklist, "I", full), { done: 3, all: 3, photos: 0 });
});

test("outcomes: nothing-found stands alone, a child brings its parent", () => {
  const tree = [{ code: "1", parent: null }, { code: "E", parent: null }, { code: "A", parent: null }, { code: "B", parent: "A" }];
  assert.deepEqual(toggled([], "1", tree), ["1"]);
  assert.deepEqual(toggled(["1"], "E", tree), ["E"]);
  assert.deepEqual(toggled(["E"], "B", tree), ["E", "A", "B"]);
  assert.deepEqual(toggled(["A", "B"], "A", tree), []);
  assert.deepEqual(toggled(["E", "A"], "1", tree), ["1"]);
});

test("ready words go into a note once, after what stands there", () => {
  assert.equal(withPhrase("", "未公示。"), "未公示。");
  assert.equal(withPhrase("已指出", "未公示。"), "已指出；未公示。");
  assert.equal(withPhrase("已指出。", "未公示。"), "已指出。未公示。");
  assert.equal(withPhrase("未公示。已指出", "未公示。"), "未公示。已指出");
});
