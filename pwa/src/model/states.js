/**
 * The life of a blob and of a submission on this phone. Pure: a row and an answer go in, the next row comes out.
 *
 * blob:       staged -> stored -> sending -> acked -> confirmed -> purgeable -> purged; aside: quarantined
 * submission: ready -> inflight -> applied | duplicate | conflict | rejected
 *
 * Invariants (pwa/test/states.test.js): a blob is acked only when the server's hash and size equal ours; only an
 * applied or duplicate submission leaves the outbox; nothing is purgeable before a later, separate reconcile.
 *
 * @typedef {import("./types.js").BlobRow} BlobRow
 * @typedef {import("./types.js").SubmissionRow} SubmissionRow
 * @typedef {import("./types.js").Problem} Problem
 * @typedef {{status: number, body: any, headers?: Record<string, string>}} Reply  status 0 = no answer at all
 */
import { postponed } from "./backoff.js";

/** How often an intact file may be called damaged by the server before it is set aside for a person to look at. */
export const DAMAGE_LIMIT = 3;
export const KEEP_MS = 14 * 86_400_000;

/** @param {Reply} reply @returns {Problem} */
export function problemOf(reply) {
  const { status, body } = reply;
  if (!body || typeof body !== "object" || typeof body.code !== "string") return { status, code: status ? `http-${status}` : "offline", title: "" };
  const { title, code, type, detail, status: _, ...extra } = body;
  return { status, code, title: title ?? detail ?? "", extra };
}

/** What asking again may heal: a token that is renewed, an address that an older server does not have yet, what we can send after. */
const CURABLE = ["http-403", "http-404", "http-405", "missing-evidence", "unknown-device", "device-revoked"];

/**
 * Only our server's own word ends anything: a hotel's sign-in page or a proxy before the server says 403, 404 and 413 too.
 * @param {Reply} reply @returns {boolean} asking again would give the same answer
 */
export function isFinal({ status, body }) {
  const ours = typeof body?.code === "string";
  return ours && status >= 400 && status < 500 && ![401, 408, 429].includes(status) && !CURABLE.includes(body.code) && !body.code.includes("csrf");
}

/**
 * @template {BlobRow} T
 * @param {T} row @param {Reply} reply to PUT or to the last PATCH @param {number} now @param {number} random @returns {T}
 */
export function blobAnswered(row, reply, now, random) {
  const { status, body } = reply;
  if (status === 200 || status === 201) {
    const same = body && body.sha256 === row.sha256 && body.bytes === row.bytes;
    if (same) return { ...row, state: "acked", offset: row.bytes, attempts: 0, damaged: 0, next_at_ms: 0, error: null };
    return { ...postponed(row, now, random), state: "stored", offset: 0, error: { status, code: "receipt-differs", title: "" } };
  }
  const error = problemOf(reply);
  const final = isFinal(reply);
  const damaged = (row.damaged ?? 0) + (final && status === 422 ? 1 : 0);
  if (final && (status === 413 || status === 409 || damaged >= DAMAGE_LIMIT)) return { ...row, state: "quarantined", damaged: 0, error };
  return { ...postponed(row, now, random), damaged, state: "stored", offset: status === 422 ? 0 : row.offset, error: status ? error : null };
}

/**
 * @template {SubmissionRow} T
 * @param {T} row @param {Reply} reply @param {number} now @param {number} random @returns {T}
 */
export function submissionAnswered(row, reply, now, random) {
  const { status, body } = reply;
  if (status === 201 || status === 200) {
    if (body?.submission === row.id && body?.record_sha256 === row.record_sha256)
      return { ...row, state: status === 201 ? "applied" : "duplicate", receipt: body, ledger_index: body.ledger?.index ?? null, attempts: 0, next_at_ms: 0, error: null };
    const error = { status, code: "receipt-differs", title: "" };
    if (typeof body?.record_sha256 === "string") return { ...row, state: "conflict", error };
    return { ...postponed(row, now, random), state: "ready", error }; // no receipt at all: someone else answered
  }
  const error = problemOf(reply);
  if (isFinal(reply)) return { ...row, state: status === 409 ? "conflict" : "rejected", error };
  return { ...postponed(row, now, random), state: "ready", error: status ? error : null };
}

/**
 * What the server says of a record when it is asked. A record that the office has handed in from this phone's backup is received
 * by that, if it is ours byte for byte.
 * @template {SubmissionRow} T
 * @param {T} row @param {{durable?: boolean, ledger_index?: number|null, receipt?: import("./types.js").Receipt}|undefined} told
 * @param {boolean} whole every file of it is readable there and has its hash @param {number} now @returns {T}
 */
export function reconciled(row, told, whole, now) {
  if (!told?.durable) return row;
  let next = row;
  if (unsent(row)) {
    if (told.receipt?.submission !== row.id || told.receipt.record_sha256 !== row.record_sha256) return row;
    next = { ...row, state: "duplicate", receipt: told.receipt, attempts: 0, next_at_ms: 0, error: null };
  }
  return { ...next, ledger_index: told.ledger_index ?? row.ledger_index, durable_at_ms: whole ? row.durable_at_ms ?? now : row.durable_at_ms };
}

/** @param {SubmissionRow} row @returns {boolean} it still has to reach the server, or a person has to decide */
export const unsent = (row) => row.state !== "applied" && row.state !== "duplicate";

/** @param {SubmissionRow} row @returns {boolean} the queue itself will send it */
export const queued = (row) => row.state === "ready" || row.state === "inflight";

/** States of a blob whose bytes the server has told it holds. */
export const THERE = ["acked", "confirmed", "purgeable", "purged"];

/**
 * The records that still owe the server something, in the order of trying: what failed least goes first, so that one bad
 * record holds up no other; among equals the older one.
 * @param {SubmissionRow[]} rows @param {Map<string, {attempts: number, state: string}>} blobs @returns {SubmissionRow[]}
 */
export function owing(rows, blobs) {
  const tries = (/** @type {SubmissionRow} */ r) => Math.max(r.attempts, ...r.hashes.map((h) => blobs.get(h)?.attempts ?? 0));
  const owes = (/** @type {SubmissionRow} */ r) => queued(r) || (!unsent(r) && r.hashes.some((h) => blobs.get(h)?.state === "stored"));
  return rows.filter(owes).map((r) => ({ r, n: tries(r) })).sort((a, b) => a.n - b.n || a.r.record.seq - b.r.record.seq).map(({ r }) => r);
}
