import assert from "node:assert/strict";
import { test } from "node:test";
import { CHUNK_BYTES, upload, WHOLE_BYTES } from "../src/sync/upload.js";

/** A server that keeps what arrives and cuts the line after `cut` pieces. */
function server({ held = 0, complete = false, cut = Infinity } = {}) {
  const calls = [];
  let size = held, pieces = 0;
  const http = async (method, _path, send = {}) => {
    calls.push(method);
    if (method === "HEAD") return size || complete ? { status: 200, body: null, headers: { "upload-offset": String(size), "upload-complete": complete ? "?1" : "?0" } } : { status: 404, body: null, headers: {} };
    if (method === "PUT") return { status: 200, body: { ok: true }, headers: {} };
    const offset = Number(send.headers["upload-offset"]), total = Number(send.headers["upload-length"]);
    if (offset !== size) return { status: 409, body: null, headers: { "upload-offset": String(size) } };
    size += send.body.byteLength;
    if (++pieces >= cut) return { status: 0, body: null, headers: {} };
    return size === total ? { status: 200, body: { bytes: size }, headers: {} } : { status: 202, body: null, headers: { "upload-offset": String(size) } };
  };
  return { http, calls, size: () => size };
}
const row = (bytes, attempts = 0) => ({ sha256: "aa", type: "image/webp", bytes, data: new ArrayBuffer(bytes), attempts });
const deaf = async () => {};

test("small and fresh goes whole", async () => {
  const s = server();
  assert.equal((await upload(row(100), deaf, s.http)).status, 200);
  assert.deepEqual(s.calls, ["PUT"]);
});

test("large goes in pieces and goes on after a cut where the server stopped", async () => {
  const bytes = WHOLE_BYTES + CHUNK_BYTES, first = server({ cut: 2 });
  assert.equal((await upload(row(bytes), deaf, first.http)).status, 0);
  assert.equal(first.size(), 2 * CHUNK_BYTES);
  const told = [], second = server({ held: first.size() });
  assert.equal((await upload(row(bytes, 1), async (n) => { told.push(n); }, second.http)).status, 200);
  assert.equal(told[0], 3 * CHUNK_BYTES);
});

test("already there still asks for a receipt with our hash", async () => {
  const s = server({ held: 5, complete: true });
  await upload(row(CHUNK_BYTES + 1, 1), deaf, s.http);
  assert.deepEqual(s.calls, ["HEAD", "PUT"]);
});

test("what one piece holds is sent again without asking", async () => {
  const s = server();
  assert.equal((await upload(row(CHUNK_BYTES, 3), deaf, s.http)).status, 200);
  assert.deepEqual(s.calls, ["PUT"]);
});
