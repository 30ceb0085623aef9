/**
 * What a record that arrived asks of this phone's officer, and what of its part may leave the phone afterwards. Pure.
 * @typedef {import("./types.js").Inspection} Inspection
 * @typedef {import("./types.js").ActionRow} ActionRow
 * @typedef {import("./types.js").Draft} Draft
 * @typedef {import("./types.js").BlobRow} BlobRow
 */
import { filesOf } from "./evidence.js";
import { KEEP_MS } from "./states.js";

/**
 * @param {Inspection} inspection @param {ActionRow[]} actions what already waits to be sent from here
 * @returns {"decide"|"cosign"|null} the next thing that this officer owes
 */
export function owed(inspection, actions) {
  const open = inspection.closed || inspection.state !== "submitted" ? null : inspection.submission?.outstanding;
  if (!open) return null;
  const queued = (/** @type {string} */ kind) => actions.some((a) => a.kind === kind && a.inspection === inspection.id);
  if (open.differences.length && !queued("decide")) return "decide";
  const me = inspection.officers.find((o) => o.me)?.inspector_id ?? "";
  return open.cosignatures.includes(me) && !queued("cosign") ? "cosign" : null;
}

/**
 * What a device signs under a colleague's record. docs/ledger-spec.md, "Parts and co-signatures".
 * @param {{record_sha256: string, submission: string, inspection: string, inspector: string, device: string, head: {seq: number, sha256: string}|undefined, now: number}} facts
 */
export const cosignature = ({ record_sha256, submission, inspection, inspector, device, head, now }) => ({
  v: 1, alg: "ES256", cosigns: record_sha256, submission, inspection, inspector, device, part: head ? { seq: head.seq, sha256: head.sha256 } : null, t_dev: now,
});

/**
 * An officer's decision on what came after the record.
 * @param {{record_sha256: string, submission: string, inspection: string, inspector: string, device: string, decision: string,
 *   choices: {key: string, over: string[], value: any, reason: string}[], now: number}} facts
 */
export const decision = ({ record_sha256, submission, inspection, inspector, device, decision: id, choices, now }) => ({
  v: 1, alg: "ES256", decides: record_sha256, decision: id, submission, inspection, inspector, device, choices, t_dev: now,
});

/**
 * Files of this phone's parts whose visit is closed with a colleague's record, old enough or space is short: they may go once
 * the server has shown that it keeps them.
 * @param {{drafts: Draft[], inspections: Inspection[], blobs: BlobRow[], now: number, tight: boolean}} facts @returns {BlobRow[]}
 */
export function releasable({ drafts, inspections, blobs, now, tight }) {
  const over = new Set(inspections.filter((i) => i.closed && i.submission?.mine === false && i.state === "submitted").map((i) => i.id));
  const may = new Set(), held = new Set();
  for (const d of drafts) {
    const free = d.state === "open" && over.has(d.inspection) && (tight || now - d.changed_at_ms >= KEEP_MS);
    for (const h of filesOf(d)) (free ? may : held).add(h);
  }
  return blobs.filter((b) => b.state === "acked" && may.has(b.sha256) && !held.has(b.sha256));
}
