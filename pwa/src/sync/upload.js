/** One blob to the server: PUT when one piece holds it or it is small and fresh, otherwise ask where it stopped and PATCH on from there. */
import { call } from "./api.js";

/** @typedef {import("../model/types.js").KeptBlob} KeptBlob */
export const WHOLE_BYTES = 1_000_000;
export const CHUNK_BYTES = 256 * 1024;

/**
 * @param {KeptBlob} row @param {(offset: number) => Promise<unknown>} moved told after each piece that arrived
 * @param {typeof call} [http] @returns {Promise<import("../model/states.js").Reply>} the last answer
 */
export async function upload(row, moved, http = call) {
  const path = `/evidence/${row.sha256}`;
  const put = () => http("PUT", path, { body: row.data, headers: { "content-type": row.type } });
  if (row.bytes <= CHUNK_BYTES || (row.bytes <= WHOLE_BYTES && row.attempts === 0)) return put(); // asking first would cost as much as it could save
  const head = await http("HEAD", path);
  if (head.status === 0 || head.status === 401 || head.status >= 500) return head;
  if (head.status === 200 && head.headers?.["upload-complete"] === "?1") return put(); // only a receipt with our hash counts
  let offset = head.status === 200 ? Number(head.headers?.["upload-offset"] ?? 0) : 0;
  for (let restarts = 0; ; ) {
    if (!Number.isInteger(offset) || offset < 0 || offset >= row.bytes) offset = 0;
    const chunk = row.data.slice(offset, offset + CHUNK_BYTES);
    const reply = await http("PATCH", path, {
      body: chunk, headers: { "content-type": row.type, "upload-offset": String(offset), "upload-length": String(row.bytes) },
    });
    if (reply.status === 202) {
      offset = Number(reply.headers?.["upload-offset"] ?? offset + chunk.byteLength);
      await moved(offset);
    } else if (reply.status === 409 && reply.headers?.["upload-offset"] !== undefined && restarts < 3) {
      restarts++;
      offset = Number(reply.headers["upload-offset"]);
    } else return reply.status === 409 ? { ...reply, status: 503 } : reply;
  }
}
