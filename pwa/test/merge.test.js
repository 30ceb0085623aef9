import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { absorb, conflicts, cut, decided, fields, history, noted, project, standing, union, unmerged } from "../src/model/merge.js";
import { digest } from "../src/model/record.js";
import { stringify } from "../src/model/jcs.js";

let ids = 0;
let clock = 1000;
const made = () => ({ now: clock++, id: () => `r${String(ids++).padStart(5, "0")}` });
const blank = () => ({ submission: "s", inspection: "i", state: "open", made_at_ms: 1, answers: {}, photos: [], outcomes: [], remark: "", scan: null, started_t_dev: null });
const answer = (draft, item, q, part) => {
  const of = (draft.answers[item] ??= {});
  of[q] = { ...(of[q] ?? { value: null, note: "" }), ...part };
  draft.revs = noted(draft, made());
};
/** One phone: a draft, and what it sends. */
const phone = (name) => ({ name, draft: blank(), sent: [], send() {
  const part = cut(this.draft, { device: name, inspector: `of-${name}`, now: clock++ });
  if (part) this.sent.push({ device: part.device, inspector: part.inspector, seq: part.seq, sha256: digest(part), revs: part.revs });
  return part;
} });
const meet = (a, b) => { a.send(); b.send(); absorb(a.draft, b.sent, made()); absorb(b.draft, a.sent, made()); };
const told = (draft) => [...standing(draft.revs ?? [])].map(([key, s]) => [key, s.value, s.rivals.map((r) => r.value)]).sort((a, b) => (a[0] < b[0] ? -1 : 1));

/** A small repeatable dice. */
function dice(seed) {
  let x = seed;
  return (n) => { x = (Math.imul(x, 1103515245) + 12345) >>> 0; return Math.floor((x / 2 ** 32) * n); };
}

test("parts of two phones that do not touch each other are simply put together", () => {
  const a = phone("a"), b = phone("b");
  answer(a.draft, "I", "1", { value: "yes" });
  answer(b.draft, "I", "2", { value: "no", note: "坏了" });
  meet(a, b);
  assert.deepEqual(fields(a.draft), { "a/I/1": "yes", "a/I/2": "no", "n/I/2": "坏了" });
  assert.deepEqual(fields(b.draft), fields(a.draft));
  assert.deepEqual(conflicts(a.draft.revs), []);
});

test("the same answer twice is one statement, a note beside it is no conflict", () => {
  const a = phone("a"), b = phone("b");
  answer(a.draft, "I", "1", { value: "yes" });
  answer(b.draft, "I", "1", { value: "yes", note: "旧" });
  meet(a, b);
  assert.deepEqual(conflicts(a.draft.revs), []);
  assert.equal(a.draft.answers.I["1"].note, "旧");
});

test("two answers are a conflict, each phone shows its own, and neither an edit beside it nor a repeat decides it", () => {
  const a = phone("a"), b = phone("b");
  answer(a.draft, "I", "1", { value: "yes" });
  answer(b.draft, "I", "1", { value: "no" });
  meet(a, b);
  assert.deepEqual(conflicts(a.draft.revs).map((c) => [c.key, c.rivals.map((r) => r.value)]), [["a/I/1", ["yes", "no"]]]);
  assert.deepEqual(conflicts(b.draft.revs).map((c) => c.key), ["a/I/1"]);
  assert.equal(a.draft.answers.I["1"].value, "yes");
  assert.equal(b.draft.answers.I["1"].value, "no");
  answer(a.draft, "I", "1", { value: "na" });
  meet(a, b);
  assert.deepEqual(conflicts(b.draft.revs)[0].rivals.map((r) => r.value).sort(), ["na", "no"]);
  assert.equal(absorb(a.draft, b.sent, made()), false);
});

test("a person decides over everything live, and the other phone follows", () => {
  const a = phone("a"), b = phone("b");
  answer(a.draft, "I", "1", { value: "yes" });
  answer(b.draft, "I", "1", { value: "no" });
  meet(a, b);
  a.draft.revs = decided(a.draft, "a/I/1", "no", made());
  project(a.draft);
  assert.equal(a.draft.answers.I["1"].value, "no");
  meet(a, b);
  assert.deepEqual(conflicts(b.draft.revs), []);
  assert.deepEqual(history(b.draft.revs, "a/I/1").map((r) => [r.by, r.value]), [["of-a", "yes"], ["of-b", "no"], ["of-a", "no"]]);
});

test("a decision made without knowing of the latest word does not swallow it", () => {
  const a = phone("a"), b = phone("b");
  answer(a.draft, "I", "1", { value: "yes" });
  answer(b.draft, "I", "1", { value: "no" });
  meet(a, b);
  a.draft.revs = decided(a.draft, "a/I/1", "yes", made());
  answer(b.draft, "I", "1", { value: "na" });
  meet(a, b);
  assert.deepEqual(conflicts(a.draft.revs)[0].rivals.map((r) => r.value).sort(), ["na", "yes"]);
});

test("different outcomes are a conflict, of two scans the first on site counts", () => {
  const a = phone("a"), b = phone("b");
  for (const [p, codes, t_dev, how] of [[a, ["1"], 90, "backfill"], [b, ["E"], 95, "qr"]]) {
    p.draft.outcomes = codes;
    p.draft.scan = { how, value: "x", t_dev, reason: null };
    p.draft.revs = noted(p.draft, made());
  }
  meet(a, b);
  assert.deepEqual(conflicts(a.draft.revs).map((c) => c.key), ["outcomes"]);
  assert.equal(a.draft.scan.how, "qr");
  assert.deepEqual(a.draft.scan, b.draft.scan);
});

test("a colleague's photo is named, marked as theirs, follows its position, and is out once anybody takes it out", () => {
  const a = phone("a"), b = phone("b");
  const photo = { sha256: "ff", bytes: 3, type: "image/webp", item: "I", q: "1", t_dev: 5, gps: null };
  b.draft.photos.push(photo);
  b.draft.revs = noted(b.draft, made());
  meet(a, b);
  assert.deepEqual(a.draft.photos, [{ ...photo, theirs: "b" }]);
  assert.deepEqual(noted(a.draft, made()), a.draft.revs);
  b.draft.photos[0].gps = { lat_e7: 1, lon_e7: 2, acc_cm: 3 };
  b.draft.revs = noted(b.draft, made());
  a.draft.photos = [];
  a.draft.revs = noted(a.draft, made());
  meet(a, b);
  assert.deepEqual([a.draft.photos, b.draft.photos], [[], []]);
});

test("typing is one revision until it leaves the phone", () => {
  const a = phone("a");
  for (const text of ["很", "很好", "很好。 "]) { a.draft.remark = text; a.draft.revs = noted(a.draft, made()); }
  assert.deepEqual(a.draft.revs.map((r) => r.value), ["很好。"]);
  a.send();
  a.draft.remark = "好";
  a.draft.revs = noted(a.draft, made());
  assert.equal(a.draft.revs.length, 2);
  assert.deepEqual(a.draft.revs[1].over, [a.draft.revs[0].rev]);
});

test("parts are numbered, chained, bounded, and never say a thing twice", () => {
  const a = phone("a");
  for (let i = 0; i < 250; i++) { const of = (a.draft.answers.I ??= {}); of[`q${i}`] = { value: "yes", note: "" }; }
  a.draft.revs = noted(a.draft, made());
  const first = a.send(), second = a.send();
  assert.deepEqual([first.seq, first.prev, first.revs.length, second.seq, second.prev, second.revs.length, a.send()], [1, null, 200, 2, digest(first), 50, null]);
  assert.deepEqual(a.draft.heads, { a: { inspector: "of-a", seq: 2, sha256: digest(second) } });
  assert.equal(new Set([...first.revs, ...second.revs].map((r) => r.rev)).size, 250);
  const b = blank();
  assert.deepEqual(unmerged(b, a.sent.toReversed()).map((p) => p.seq), [1, 2]);
});

test("a draft of before there were parts keeps its own answers beside a colleague's", () => {
  const a = phone("a"), b = phone("b");
  answer(a.draft, "I", "1", { value: "yes" });
  a.send();
  b.draft.answers = { I: { 1: { value: "no", note: "" } } };
  absorb(b.draft, a.sent, made());
  assert.equal(b.draft.answers.I["1"].value, "no");
  assert.equal(conflicts(b.draft.revs).length, 1);
});

test("merging is commutative, associative and idempotent, whatever was said", () => {
  const random = dice(7);
  for (let round = 0; round < 60; round++) {
    const phones = ["a", "b", "c"].map(phone);
    for (let step = 0; step < 25; step++) {
      const p = phones[random(3)];
      const kind = random(6);
      if (kind < 3) answer(p.draft, "I", String(random(3)), { value: ["yes", "no", "na", null][random(4)] });
      else if (kind === 3) { p.draft.outcomes = [["1"], ["E"], []][random(3)]; p.draft.revs = noted(p.draft, made()); }
      else if (kind === 4) { const c = conflicts(p.draft.revs ?? [])[0]; if (c) { p.draft.revs = decided(p.draft, c.key, c.rivals[random(c.rivals.length)].value, made()); project(p.draft); } }
      else { const other = phones[random(3)]; other.send(); if (other !== p) absorb(p.draft, other.sent.slice(0, random(other.sent.length + 1)), made()); }
    }
    for (const p of phones) p.send();
    const [x, y, z] = phones.map((p) => p.draft.revs ?? []);
    const plain = (revs) => stringify(revs.map(({ mine: _, ...r }) => r));
    assert.equal(plain(union(x, y)), plain(union(y, x)));
    assert.equal(plain(union(union(x, y), z)), plain(union(x, union(y, z))));
    assert.equal(plain(union(x, x)), plain(x));
    // and every phone that has all parts, in any order, holds the same
    const all = phones.flatMap((p) => p.sent);
    const results = phones.map((p) => { absorb(p.draft, [...all].sort(() => random(3) - 1), made()); absorb(p.draft, all, made()); return stringify(told(p.draft)); });
    assert.equal(new Set(results).size, 1, `round ${round}`);
    for (const p of phones) assert.deepEqual(noted(p.draft, made()), p.draft.revs, "what is shown is what stands");
  }
});

test("what stands is what the office, which puts the parts together again, says too", () => {
  for (const { name, revs, standing: expected } of JSON.parse(readFileSync(new URL("../../tests/vectors/merge.json", import.meta.url), "utf8"))) {
    for (const told of [revs, revs.toReversed(), [...revs, ...revs]]) {
      const found = Object.fromEntries([...standing(union(told, []))].map(([key, s]) => [key, s.rivals.length > 1 ? s.rivals.map((r) => r.value) : [s.value]]));
      assert.deepEqual(found, expected, name);
    }
  }
});
