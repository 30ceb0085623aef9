/** This phone's parts of its visits: cut from the drafts and queued in one step, so that no word leaves twice or never. */
import { absorb, cut, decided, project } from "../model/merge.js";
import * as local from "./local.js";
import { transaction } from "./db.js";

/** @typedef {import("../model/types.js").Draft} Draft */
/** @typedef {import("../model/types.js").ActionRow} ActionRow */

/** @param {Draft} draft @returns {boolean} something was said that has not left in a part */
const fresh = (draft) => (draft.revs ?? []).some((r) => r.mine && r.seq === null);

/** Queues what was said since the last part. @param {string} submission of the draft @returns {Promise<void>} */
export const queueParts = (submission) => transaction(["draft", "meta", "action"], "readwrite", async (s) => {
  /** @type {Draft|undefined} */
  const draft = await s.draft.get(submission);
  const device = await s.meta.get("device");
  const inspector = local.account()?.inspector_id;
  if (!draft || draft.state !== "open" || !device || !inspector || !fresh(draft)) return;
  const now = Date.now();
  for (let part; (part = cut(draft, { device: device.id, inspector, now })); ) {
    /** @type {ActionRow} */
    const row = {
      id: `part:${draft.inspection}:${device.id}:${String(part.seq).padStart(6, "0")}`, kind: "part", inspection: draft.inspection,
      path: `/inspections/${draft.inspection}/parts/${device.id}`, body: { part }, t_dev: now, attempts: 0, next_at_ms: 0, error: null,
    };
    await s.action.add(row);
  }
  await s.draft.put(draft);
});

/** Queues the parts of every open draft. */
export async function queueAllParts() {
  const waiting = await transaction(["draft"], "readonly", async (s) => (await s.draft.getAll()).filter((/** @type {Draft} */ d) => d.state === "open" && fresh(d)).map((/** @type {Draft} */ d) => d.submission));
  for (const submission of waiting) await queueParts(submission);
}

/** A person decides a conflict. @param {string} submission of the draft @param {string} key @param {any} value */
export const decide = (submission, key, value) => transaction(["draft"], "readwrite", async (s) => {
  /** @type {Draft|undefined} */
  const draft = await s.draft.get(submission);
  if (!draft || draft.state !== "open") throw new Error("this draft is closed to changes");
  const now = Date.now();
  draft.revs = decided(draft, key, value, { now, id: () => crypto.randomUUID() });
  project(draft);
  draft.changed_at_ms = now;
  await s.draft.put(draft);
});

/** Opens a frozen draft again; what colleagues said meanwhile comes in. @param {string} submission of the draft */
export const thaw = (submission) => transaction(["draft", "inspection"], "readwrite", async (s) => {
  /** @type {Draft|undefined} */
  const draft = await s.draft.get(submission);
  if (!draft || draft.state !== "frozen") throw new Error("only a frozen draft can be opened again");
  const now = Date.now();
  Object.assign(draft, { state: "open", frozen: null, strokes: {}, changed_at_ms: now });
  absorb(draft, (await s.inspection.get(draft.inspection))?.parts, { now, id: () => crypto.randomUUID() });
  await s.draft.put(draft);
});

/** Queues something that this phone signed about a record. @param {"cosign"|"decide"} kind @param {string} inspection @param {string} path @param {any} body as it is sent */
export const queueSigned = (kind, inspection, path, body) => transaction(["action"], "readwrite", (s) => s.action.put(
  /** @type {ActionRow} */ ({ id: `${kind}:${path}`, kind, inspection, path, body, t_dev: Date.now(), attempts: 0, next_at_ms: 0, error: null })));

/** @param {string} inspection @param {string} device @returns {Promise<{seq: number, sha256: string}|undefined>} the last part of this phone, everything said being in parts */
export async function ownHead(inspection, device) {
  const mine = () => transaction(["draft"], "readonly", async (s) => /** @type {Draft[]} */ (await s.draft.index("inspection").getAll(inspection)));
  for (const d of await mine()) if (d.state === "open") await queueParts(d.submission);
  return (await mine()).map((d) => d.heads?.[device]).filter((h) => h !== undefined).sort((a, b) => b.seq - a.seq)[0];
}

/** The bytes of files that the server keeps go; where each stood, and its small picture, stay. @param {string[]} hashes */
export const release = (hashes) => transaction(["blob", "file"], "readwrite", async (s) => {
  for (const h of hashes) {
    const row = await s.blob.get(h);
    if (row?.state === "acked") await Promise.all([s.blob.put({ ...row, state: "purged" }), s.file.delete(h)]);
  }
});
