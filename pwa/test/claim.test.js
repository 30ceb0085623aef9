import assert from "node:assert/strict";
import { test } from "node:test";
import { mayHand, noCode } from "../src/model/claim.js";

test("a code is handed over where the officer has been, and by whoever has just scanned", () => {
  for (const state of ["on_site", "submitted", "under_review", "returned", "published"]) assert.equal(mayHand({ state }), true);
  for (const state of ["dispatched", "received"]) {
    assert.equal(mayHand({ state }), false);
    assert.equal(mayHand({ state }, { scan: null }), false);
    assert.equal(mayHand({ state }, { scan: { how: "qr" } }), true);
  }
});

test("no signal, the office's own words, and an answer that is not the office's are told apart", () => {
  assert.match(noCode({ status: 0, body: null }), /没有网络/);
  assert.equal(noCode({ status: 409, body: { code: "not-arrived", title: "服务器还没有收到" } }), "服务器还没有收到");
  assert.equal(noCode({ status: 503, body: null }), "服务器答复 http-503");
});
