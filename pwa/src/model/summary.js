/**
 * What stays on the phone of a finished visit once its photos have gone: a light summary, readable offline for thirty days.
 * Pure. Proven by pwa/test/summary.test.js.
 *
 * @typedef {import("./types.js").SubmissionRow} SubmissionRow
 * @typedef {import("./types.js").Inspection} Inspection
 * @typedef {import("./types.js").OutcomeCode} OutcomeCode
 * @typedef {{id: string, inspection: string, name: string, code: string, address: string, campaign: string, items: {zh: string, en: string}[],
 *   outcomes: {zh: string, en: string}[], remark: string, sealed_at_ms: number, received_at_ms: number, ledger_index: number|null,
 *   record_sha256: string, photos: string[], light: boolean}} Summary `photos`: hashes whose small pictures are kept; `light`: the record itself has gone
 */
import { shown } from "./evidence.js";
import { KEEP_MS, unsent } from "./states.js";

export const SUMMARY_MS = 30 * 86_400_000;

/**
 * @param {SubmissionRow} row received @param {Inspection|undefined} inspection @param {OutcomeCode[]} codes @param {boolean} light @returns {Summary}
 */
export function summarise(row, inspection, codes, light) {
  const { record } = row;
  return {
    id: row.id, inspection: row.inspection, name: row.enterprise, code: inspection?.enterprise.code ?? "", address: inspection?.enterprise.address ?? "",
    campaign: inspection?.campaign.name ?? "",
    items: (record.items ?? []).map((/** @type {any} */ given) => {
      const item = inspection?.items.find((i) => i.code === given.item);
      return { zh: item?.name_zh ?? given.item, en: item?.name_en ?? given.item };
    }),
    outcomes: (record.outcomes ?? []).map((/** @type {string} */ c) => { const found = codes.find((k) => k.code === c); return { zh: found?.zh ?? c, en: found?.en ?? c }; }),
    remark: record.remark ?? "", sealed_at_ms: row.sealed_at_ms, received_at_ms: row.receipt?.received_at_ms ?? row.sealed_at_ms, ledger_index: row.ledger_index,
    record_sha256: row.record_sha256, photos: (record.photos ?? []).map(shown), light,
  };
}

/**
 * The records that may become summaries: received, later found durable by a separate call, closed on the server, old enough or
 * space is short, and none of their files still owed.
 * @param {{submissions: SubmissionRow[], blobs: {sha256: string, state: string}[], closed: (inspection: string) => boolean, now: number, tight: boolean}} facts
 * @returns {SubmissionRow[]}
 */
export function lightenable({ submissions, blobs, closed, now, tight }) {
  const states = new Map(blobs.map((b) => [b.sha256, b.state]));
  return submissions.filter((s) => !unsent(s) && s.durable_at_ms !== null && closed(s.inspection) && (tight || now - s.sealed_at_ms >= KEEP_MS)
    && s.hashes.every((h) => ["confirmed", "purged", undefined].includes(states.get(h))));
}

/**
 * The server is asked once more before anything goes: it must name the record with our hash, and every file with our size.
 * @param {SubmissionRow} row @param {Map<string, {bytes: number, state: string}>} blobs
 * @param {{submissions?: Record<string, any>, evidence?: Record<string, number>}} told answer of POST /reconcile @returns {boolean}
 */
export function stillThere(row, blobs, told) {
  const record = told.submissions?.[row.id];
  return !!record?.durable && (record.receipt ?? {}).record_sha256 === row.record_sha256
    && row.hashes.every((h) => { const here = told.evidence?.[h]; return here !== undefined && here === (blobs.get(h)?.bytes ?? here); });
}

/** @param {Summary} s @param {number} now @returns {boolean} */
export const expired = (s, now) => s.light && now - s.received_at_ms > SUMMARY_MS;

/**
 * Everything finished, the newest first, one entry a visit.
 * @param {Summary[]} rows @returns {Summary[]}
 */
export function finished(rows) {
  /** @type {Map<string, Summary>} */
  const newest = new Map();
  for (const s of rows) if ((newest.get(s.inspection)?.received_at_ms ?? -1) < s.received_at_ms) newest.set(s.inspection, s);
  return [...newest.values()].sort((a, b) => b.received_at_ms - a.received_at_ms);
}
