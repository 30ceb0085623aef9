/** Blobs, sealed submissions, waiting calls and this phone's key. Rows move by the rules of model/states.js. */
import { hex } from "../model/text.js";
import { filesOf } from "../model/evidence.js";
import { named } from "../model/record.js";
import { all, get, StorageTrouble, transaction } from "./db.js";

/** @typedef {import("../model/types.js").BlobRow} BlobRow */
/** @typedef {import("../model/types.js").KeptBlob} KeptBlob */
/** @typedef {import("../model/types.js").SubmissionRow} SubmissionRow */
/** @typedef {import("../model/types.js").ActionRow} ActionRow */
/** @typedef {import("../model/types.js").DeviceRow} DeviceRow */

/** @param {ArrayBuffer} data @returns {Promise<string>} */
const hash = async (data) => hex(await crypto.subtle.digest("SHA-256", data));

/**
 * Keeps one file: written, the transaction complete, read back and hashed again before anyone may rely on it.
 * @param {{data: ArrayBuffer, type: string, thumb?: ArrayBuffer|null}} file @returns {Promise<BlobRow>} in state `stored`
 */
export async function keepBlob({ data, type, thumb = null }) {
  const sha256 = await hash(data);
  await transaction(["blob", "file", "thumb"], "readwrite", async (s) => {
    const old = await s.blob.get(sha256);
    if (old && !["staged", "purged", "quarantined"].includes(old.state)) return;
    await s.file.put(data, sha256);
    if (thumb) await s.thumb.put(thumb, sha256);
    await s.blob.put({ sha256, type, bytes: data.byteLength, state: "staged", offset: 0, attempts: 0, next_at_ms: 0, error: null, made_at_ms: Date.now() });
  });
  const back = await blob(sha256);
  if (!back || !(await intact(back))) throw new StorageTrouble("failed");
  return /** @type {Promise<BlobRow>} */ (moveBlob(sha256, (row) => (row.state === "staged" ? { ...row, state: "stored" } : row)));
}

/** @param {string} sha256 @returns {Promise<KeptBlob|undefined>} where it stands, with its bytes */
export const blob = (sha256) => transaction(["blob", "file", "thumb"], "readonly", async (s) => {
  const [row, data, thumb] = await Promise.all([s.blob.get(sha256), s.file.get(sha256), s.thumb.get(sha256)]);
  return row && { ...row, data: data ?? row.data ?? new ArrayBuffer(0), thumb: thumb ?? row.thumb ?? null };
});
/** @param {KeptBlob} row @returns {Promise<boolean>} our own copy still has its hash */
export const intact = async (row) => (await hash(row.data)) === row.sha256;

/** @returns {Promise<BlobRow[]>} where every file stands, without a byte of them: 1,200 photos are a small list */
export const blobStates = () => all("blob");

/** @param {string} sha256 @param {(row: BlobRow) => BlobRow} change @returns {Promise<BlobRow|undefined>} */
export const moveBlob = async (sha256, change) => (await moveBlobs([sha256], change))[0];

/** All in one transaction. @param {string[]} hashes @param {(row: BlobRow) => BlobRow} change @returns {Promise<BlobRow[]>} those that are here */
export const moveBlobs = (hashes, change) => transaction(["blob"], "readwrite", async (s) => {
  const moved = [];
  for (const h of hashes) {
    const row = await s.blob.get(h);
    if (!row) continue;
    const next = change(row);
    if (next !== row) await s.blob.put(next);
    moved.push(next);
  }
  return moved;
});

/** Removes a file that no draft and no submission names. @param {string} sha256 */
export const dropBlob = (sha256) => transaction(["blob", "file", "thumb", "draft", "submission"], "readwrite", async (s) => {
  const drafts = await s.draft.getAll();
  if (drafts.some((/** @type {any} */ d) => filesOf(d).includes(sha256))) return;
  const subs = await s.submission.getAll();
  if (subs.some((/** @type {any} */ r) => r.hashes.includes(sha256))) return;
  await Promise.all([s.blob.delete(sha256), s.file.delete(sha256), s.thumb.delete(sha256)]);
});

/** @returns {Promise<SubmissionRow[]>} */
export const submissions = () => all("submission");
/** @param {string} id @returns {Promise<SubmissionRow|undefined>} */
export const submission = (id) => get("submission", id);
/** @param {string} id @param {(row: SubmissionRow) => SubmissionRow} change @returns {Promise<SubmissionRow|undefined>} */
export const moveSubmission = (id, change) => transaction(["submission"], "readwrite", async (s) => {
  const row = await s.submission.get(id);
  if (!row) return undefined;
  const next = change(row);
  await s.submission.put(next);
  return next;
});

/** After a restart nothing is in flight. */
export async function recover() {
  await transaction(["submission", "blob"], "readwrite", async (s) => {
    for (const row of await s.submission.getAll()) if (row.state === "inflight") await s.submission.put({ ...row, state: "ready" });
    for (const row of await s.blob.getAll()) if (row.state === "sending") await s.blob.put({ ...row, state: "stored" });
  });
  if (await get("meta", "unsplit")) await split();
}

/** Files of layout 1 move out of their rows, each in a transaction of its own: cut off at any point, all of them stay readable. */
async function split() {
  for (const h of await transaction(["blob"], "readonly", (s) => s.blob.getAllKeys()))
    await transaction(["blob", "file", "thumb"], "readwrite", async (s) => {
      const { data, thumb, ...rest } = (await s.blob.get(h)) ?? {};
      if (!data) return;
      if (data.byteLength) await s.file.put(data, h);
      if (thumb) await s.thumb.put(thumb, h);
      await s.blob.put(rest);
    });
  await transaction(["meta"], "readwrite", (s) => s.meta.delete("unsplit"));
}

/**
 * Seals a frozen draft: the submission, the draft's end and the device's chain move in one transaction.
 * @param {{draft: string, record: any, signature: string, record_sha256: string, enterprise: string, now: number}} sealed
 */
export const seal = ({ draft, record, signature, record_sha256, enterprise, now }) => transaction(["draft", "submission", "meta"], "readwrite", async (s) => {
  const d = await s.draft.get(draft);
  const place = (await s.meta.get("device")).id === record.device ? "device" : formerKey(record.device);
  /** @type {DeviceRow} */
  const device = await s.meta.get(place);
  if (!d || d.state !== "frozen") throw new Error("only a frozen draft can be sealed");
  if (device.seq + 1 !== record.seq || device.prev !== record.prev) throw new Error("another record was sealed in between");
  /** @type {SubmissionRow} */
  const row = {
    id: record.submission, inspection: record.inspection, enterprise, device: record.device, record, signature, record_sha256,
    content_sha256: d.frozen.content_sha256, hashes: named(record), state: "ready", attempts: 0, next_at_ms: 0, error: null, receipt: null,
    sealed_at_ms: now, durable_at_ms: null, ledger_index: null,
  };
  await s.submission.add(row);
  await s.draft.put({ ...d, state: "sealed", changed_at_ms: now });
  await s.meta.put({ ...device, seq: record.seq, prev: record_sha256 }, place);
});

/** Where the key of a phone's earlier enrolment stays, for the record that is being signed under it. @param {string} id */
export const formerKey = (id) => `device:${id}`;
/** The office has reported this phone as lost. @param {string} id of the device @param {number} at_ms by the server's clock */
export const noteRevoked = (id, at_ms) => transaction(["meta"], "readwrite", async (s) => {
  const row = await s.meta.get("device");
  if (row?.id === id && row.revoked_at_ms !== at_ms) await s.meta.put({ ...row, enrolled: false, revoked_at_ms: at_ms }, "device");
});
/**
 * A new key takes the place of one that was reported lost. Records that it has signed stay and are sent, marked; a word on a
 * colleague's record that has not left is withdrawn, so that the visit asks for it again. @param {DeviceRow} fresh
 */
export const replaceDevice = (fresh) => transaction(["meta", "action"], "readwrite", async (s) => {
  for (const a of await s.action.getAll()) if (a.kind === "cosign" || a.kind === "decide") await s.action.delete(a.id);
  const old = await s.meta.get("device");
  if (old) await s.meta.put(old, formerKey(old.id));
  await s.meta.put(fresh, "device");
});

/** The key's row also carries the chain of records, which a seal moves: never write it from an older reading. @param {Partial<DeviceRow>} part */
export const moveDevice = (part) => transaction(["meta"], "readwrite", async (s) => {
  const device = await s.meta.get("device");
  if (device) await s.meta.put({ ...device, ...part }, "device");
});

/** @returns {Promise<ActionRow[]>} */
export const actions = () => all("action");
/** @param {ActionRow} row */
export const putAction = (row) => transaction(["action"], "readwrite", (s) => s.action.put(row));
/** @param {string} inspection @param {number} now */
export const queueReceive = (inspection, now) => transaction(["action"], "readwrite", async (s) => {
  const id = `receive:${inspection}`;
  if (!(await s.action.get(id))) await s.action.put({ id, kind: "receive", inspection, t_dev: now, attempts: 0, next_at_ms: 0, error: null });
});
/** The officer has scanned in: from then on the enterprise's own page shows the visit. @param {string} inspection @param {string} how @param {number} now */
export const queueArrival = (inspection, how, now) => transaction(["action"], "readwrite", async (s) => {
  const id = `arrive:${inspection}`;
  if (!(await s.action.get(id))) await s.action.put({ id, kind: "arrive", inspection, body: { how }, t_dev: now, attempts: 0, next_at_ms: 0, error: null });
});
/**
 * An officer stands back from a visit; said once a visit, and remembered on the phone after it was sent.
 * @param {string} inspection @param {string} reason @param {{id: string, now: number}} made
 */
export const queueRecusal = (inspection, reason, { id, now }) => transaction(["action", "meta"], "readwrite", async (s) => {
  const mark = `recused:${inspection}`;
  if (await s.meta.get(mark)) return;
  await s.action.put({ id, kind: "recuse", inspection, reason, t_dev: now, attempts: 0, next_at_ms: 0, error: null });
  await s.meta.put(now, mark);
});
/** The visit goes on without a scan; the office is told once, so that it sees until when it is owed. @param {string} inspection @param {string} reason @param {number} now */
export const queueUnscanned = (inspection, reason, now) => transaction(["action"], "readwrite", async (s) => {
  const id = `unscanned:${inspection}`;
  if (!(await s.action.get(id))) await s.action.put({ id, kind: "unscanned", inspection, reason, t_dev: now, attempts: 0, next_at_ms: 0, error: null });
});
/** @param {string} id @param {any} [answer] {state, version} the server gave */
export const finishAction = (id, answer) => transaction(["action", "inspection"], "readwrite", async (s) => {
  const action = await s.action.get(id);
  await s.action.delete(id);
  const i = action && answer && (await s.inspection.get(action.inspection));
  if (i) await s.inspection.put({ ...i, state: answer.state, version: answer.version });
});
