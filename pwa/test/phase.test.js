import assert from "node:assert/strict";
import { test } from "node:test";
import { latest, phase } from "../src/model/phase.js";

const inspection = (state, version = 3, closed = false) => ({ id: "i", state, version, closed });
const sub = (state, version = 3) => ({ inspection: "i", state, record: { version, seq: 1 } });
const none = { receiving: false };

test("an open draft comes first, whatever the server says", () => {
  assert.equal(phase(inspection("submitted"), { ...none, draft: { state: "open" } }), "work");
  assert.equal(phase(inspection("dispatched", 1, true), { ...none, draft: { state: "frozen" } }), "frozen");
});

test("without work of ours the server's state decides", () => {
  assert.equal(phase(inspection("dispatched"), none), "receive");
  assert.equal(phase(inspection("dispatched"), { receiving: true }), "work");
  for (const [state, want] of [["received", "work"], ["on_site", "work"], ["returned", "returned"], ["submitted", "done"], ["published", "done"]]) assert.equal(phase(inspection(state), none), want);
  assert.equal(phase(inspection("received", 3, true), none), "closed");
});

test("a stale bundle does not return what was just submitted again", () => {
  assert.equal(phase(inspection("returned", 5), { ...none, submission: sub("applied", 3) }), "returned");
  assert.equal(phase(inspection("returned", 5), { ...none, submission: sub("applied", 5) }), "done");
  assert.equal(phase(inspection("returned", 5), { ...none, submission: sub("ready", 3) }), "waiting");
  assert.equal(phase(inspection("on_site"), { ...none, submission: sub("rejected") }), "rejected");
});

test("the latest is the one sealed last", () => {
  const rows = [{ inspection: "i", record: { seq: 2 } }, { inspection: "i", record: { seq: 9 } }, { inspection: "j", record: { seq: 11 } }];
  assert.equal(latest(rows, "i").record.seq, 9);
  assert.equal(latest(rows, "k"), undefined);
});

test("where a colleague's record stands, nothing more is filled in here, until it is returned", () => {
  const draft = { state: "open" };
  const visit = (state, more = {}) => ({ state, version: 3, submission: { id: "s", mine: false }, ...more });
  assert.equal(phase(visit("submitted"), { draft, receiving: false }), "done");
  assert.equal(phase(visit("submitted", { closed: true }), { draft, receiving: false }), "closed");
  assert.equal(phase(visit("returned"), { draft, receiving: false }), "work");
  assert.equal(phase(visit("submitted"), { draft: { state: "frozen" }, receiving: false }), "frozen");
  assert.equal(phase(visit("submitted", { submission: { id: "s", mine: true } }), { draft, receiving: false }), "work");
});
