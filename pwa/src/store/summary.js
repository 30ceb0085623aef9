/** Finished visits: the full record as long as it is here, a light summary afterwards. */
import { filesOf } from "../model/evidence.js";
import { unsent } from "../model/states.js";
import { finished, summarise } from "../model/summary.js";
import { all, get, transaction } from "./db.js";
import { inspections, outcomeCodes } from "./work.js";
import { submissions } from "./outbox.js";

/** @typedef {import("../model/summary.js").Summary} Summary */

/** @returns {Promise<Summary[]>} */
export const summaries = () => all("summary");

/** @returns {Promise<Summary[]>} every finished visit of this phone, the newest first */
export async function done() {
  const [light, subs, visits, codes] = await Promise.all([summaries(), submissions(), inspections(), outcomeCodes()]);
  return finished([...light, ...subs.filter((s) => !unsent(s)).map((s) => summarise(s, visits.find((i) => i.id === s.inspection), codes, false))]);
}

/** @param {string} sha256 @returns {Promise<ArrayBuffer|null>} the small picture of a photo */
export const thumb = async (sha256) => (await get("thumb", sha256)) ?? null;

/**
 * A record becomes its summary, all in one transaction: the files that nothing else here needs go, the small pictures of its photos stay.
 * @param {string} id of the submission @param {Summary} summary
 */
export const lighten = (id, summary) => transaction(["submission", "draft", "blob", "file", "thumb", "summary", "inspection"], "readwrite", async (s) => {
  const row = await s.submission.get(id);
  if (!row || unsent(row) || row.durable_at_ms === null) return;
  const others = (await s.submission.getAll()).filter((/** @type {any} */ o) => o.id !== id);
  const drafts = (await s.draft.getAll()).filter((/** @type {any} */ d) => d.submission !== id);
  const needed = new Set([...others.flatMap((/** @type {any} */ o) => o.hashes), ...drafts.filter((/** @type {any} */ d) => d.state !== "sealed").flatMap(filesOf)]);
  await s.summary.put(summary);
  await s.submission.delete(id);
  if ((await s.draft.get(id))?.state === "sealed") await s.draft.delete(id);
  for (const h of row.hashes) {
    if (needed.has(h)) continue;
    await Promise.all([s.file.delete(h), s.blob.delete(h), summary.photos.includes(h) ? null : s.thumb.delete(h)]);
  }
  const visit = await s.inspection.get(row.inspection);
  if (visit?.closed && ![...others, ...drafts].some((/** @type {any} */ o) => o.inspection === row.inspection)) await s.inspection.delete(row.inspection);
});

/** @param {Summary[]} old their thirty days have passed */
export const forget = (old) => transaction(["summary", "thumb", "blob"], "readwrite", async (s) => {
  for (const one of old) {
    await s.summary.delete(one.id);
    for (const h of one.photos) if (!(await s.blob.get(h))) await s.thumb.delete(h);
  }
});
