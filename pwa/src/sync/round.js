/**
 * One round of talking with the server: who am I, this phone's key, waiting calls, record by record its files and then
 * itself, what became durable, the fresh bundle, what may be deleted. Each file and record waits on its own clock, and
 * those that failed least go first: one bad record blocks nothing.
 */
import { due, postponed } from "../model/backoff.js";
import { blobAnswered, isFinal, owing, problemOf, reconciled, submissionAnswered, THERE, unsent } from "../model/states.js";
import { expired, lightenable, stillThere, summarise } from "../model/summary.js";
import * as api from "./api.js";
import { settle } from "./leave.js";
import { fetchRecords, releaseShared, sendParts, sharedPhotos } from "./parts.js";
import { upload } from "./upload.js";
import * as local from "../store/local.js";
import * as outbox from "../store/outbox.js";
import { using } from "../store/owner.js";
import { fits } from "../store/room.js";
import * as summary from "../store/summary.js";
import * as work from "../store/work.js";

/** "revoked": this phone was reported lost and nobody has signed in since; "renew": its officer has, and it needs a new key.
 * @typedef {"ok"|"offline"|"expired"|"other-account"|"revoked"|"renew"} Outcome */
/** @typedef {import("../model/types.js").SubmissionRow} SubmissionRow */
/** @typedef {import("../model/types.js").BlobRow} BlobRow */
const TIGHT_BYTES = 100_000_000;
/** A file that takes no longer than this shows a line that has room for more at once; on a thin one they would only starve each other. */
const QUICK_MS = 1500;
const LANES = 3;

/** Who is signed in on this browser, as last heard. @type {{account: import("../model/types.js").Account|null}} */
export const seen = { account: null };

/** @param {{hurry?: boolean}} [how] `hurry` ignores the waiting times, for the button @returns {Promise<Outcome>} */
export async function round({ hurry = false } = {}) {
  const account = local.account();
  if (!account) return "expired";
  if (account.id !== using()) return "other-account"; // another tab has signed somebody else in
  if (!(await settle())) return "offline";
  const device = await work.meta("device");
  const who = await api.session(device?.id);
  if (who.status !== 200) return "offline";
  seen.account = who.body.account;
  if (who.body.account && who.body.account.id !== account.id) return "other-account";
  if (who.body.revoked) {
    await outbox.noteRevoked(who.body.revoked.id, who.body.revoked.at_ms);
    return who.body.account ? "renew" : "revoked"; // the report ended every session here, so this one came after it
  }
  if (!who.body.account) return "expired";
  const line = new Line(hurry, account.id);
  await enrol(who.body.device);
  await sendActions(line);
  await learnOfBackup();
  await sendParts(line);
  await sendRecords(line);
  await sendShared(line);
  if (!line.over) {
    await reconcile((await outbox.submissions()).filter((s) => !unsent(s) && (s.durable_at_ms === null || s.ledger_index === null)));
    await pull(line);
    await fetchRecords(line);
    await purge();
    await releaseShared();
  }
  return line.end ?? "ok";
}

/** When the next row wants to be tried again, by this phone's clock; null when nothing waits. @returns {Promise<number|null>} */
export async function nextTry() {
  const blobs = new Map((await outbox.blobStates()).map((b) => [b.sha256, b]));
  const records = owing(await outbox.submissions(), blobs);
  const rows = [...await outbox.actions(), ...records, ...records.flatMap((r) => r.hashes.map((h) => blobs.get(h)).filter((b) => b?.state === "stored"))];
  return rows.length ? Math.min(...rows.map((r) => r?.next_at_ms ?? Infinity)) : null;
}

/** What this round has learnt about the line. */
class Line {
  /** @param {boolean} hurry @param {string} account */
  constructor(hurry, account) {
    this.hurry = hurry; this.account = account; this.silent = 0; this.lanes = 1;
    /** @type {Outcome|null} why the round stops, if it does */
    this.end = null;
  }
  get over() { return this.end !== null; }
  /** @param {{status: number, body?: any}} reply */
  heard({ status, body }) {
    this.silent = status === 0 ? this.silent + 1 : 0;
    if (status === 401) this.end = body?.code === "other-account" ? "other-account" : "expired";
  }
  /** @param {{next_at_ms: number}} row */
  due(row) { return this.hurry || due(row, Date.now()); }
  /**
   * After two calls without any answer: is it the line, or only what we send? Only a dead line ends the round.
   * @returns {Promise<boolean>} leave what is being sent for another round
   */
  async stuck() {
    if (this.silent < 2) return false;
    this.silent = 0;
    if ((await api.session()).status === 0) this.end = "offline";
    return true;
  }
  /** The browser's session may have become another person's since the round began: such an answer is not about us. */
  async mine() {
    const who = await api.session();
    if (who.status === 200 && who.body.account?.id === this.account) return true;
    this.end = who.status !== 200 ? "offline" : who.body.account ? "other-account" : "expired";
    return false;
  }
}

/** Registers this phone's key, and lets a fresh session know which phone it is on. @param {string|null} bound the phone it is on already */
async function enrol(bound) {
  const device = await work.meta("device");
  if (!device || (device.enrolled && device.id === bound)) return;
  const reply = await api.enrol(device);
  if (reply.status === 200 || reply.status === 201) await outbox.moveDevice({ enrolled: true });
}

/** @param {Line} line */
async function sendActions(line) {
  for (const row of await outbox.actions()) {
    if (line.over) return;
    if (!line.due(row) || !["receive", "arrive", "recuse", "unscanned"].includes(row.kind)) continue;
    const reply = row.kind === "recuse" ? await api.recuse(row) : row.kind === "arrive" ? await api.arrive(row) : row.kind === "unscanned" ? await api.unscanned(row) : await api.receive(row.inspection, row.t_dev);
    line.heard(reply);
    if (reply.status === 200) await outbox.finishAction(row.id, row.kind === "receive" || row.kind === "arrive" ? reply.body : null);
    else if (isFinal(reply) && (await line.mine())) await outbox.finishAction(row.id); // moved on without us: the bundle tells
    else if (!line.over) await outbox.putAction({ ...postponed(row, Date.now(), Math.random()), error: problemOf(reply) });
    await line.stuck();
  }
}

/** What colleagues wait for: photos of this phone's part. @param {Line} line */
async function sendShared(line) {
  const wanted = new Set(line.over ? [] : await sharedPhotos());
  for (const b of wanted.size ? await outbox.blobStates() : []) {
    if (line.over) return;
    if (!wanted.has(b.sha256) || b.state !== "stored" || !line.due(b)) continue;
    await sendFile(b.sha256, line);
    await line.stuck();
  }
}

/**
 * Only files that a sealed record names leave the phone, or a colleague's may name; a draft's photos may still be deleted. One
 * file alone until the line has proved quick, then several at once, of the next record too: a file that hangs holds up only its own.
 * @param {Line} line
 */
async function sendRecords(line) {
  const blobs = new Map((await outbox.blobStates()).map((b) => [b.sha256, b]));
  const records = owing(await outbox.submissions(), blobs);
  /** Records to be left for another round, and those that went. @type {Set<string>} */
  const settled = new Set();
  const asked = new Set();
  const close = async (/** @type {SubmissionRow} */ row) => {
    if (settled.has(row.id) || row.state !== "ready" || !line.due(row) || !row.hashes.every((h) => THERE.includes(blobs.get(h)?.state ?? ""))) return;
    settled.add(row.id);
    await sendRecord(row, line);
  };
  const bring = async (/** @type {SubmissionRow} */ row, /** @type {string} */ h) => {
    const sent = await sendFile(h, line);
    if (sent) blobs.set(h, sent);
    if (await line.stuck()) settled.add(row.id);
    if (!line.over) await close(row);
  };
  /** @type {Set<Promise<void>>} */
  const running = new Set();
  const start = async (/** @type {() => Promise<void>} */ step) => {
    while (running.size >= line.lanes) await Promise.race(running);
    if (line.over) return;
    const run = step().finally(() => running.delete(run));
    running.add(run);
  };
  for (const row of records) {
    const todo = row.hashes.filter((h) => { const known = blobs.get(h); return known?.state === "stored" && line.due(known) && !asked.has(h); });
    for (const h of todo) {
      asked.add(h);
      await start(async () => { if (!settled.has(row.id)) await bring(row, h); });
    }
    if (!todo.length) await start(() => close(row));
    if (line.over) break;
  }
  await Promise.all(running);
}

/** @param {string} sha256 @param {Line} line @returns {Promise<BlobRow|undefined>} */
async function sendFile(sha256, line) {
  await outbox.moveBlob(sha256, (b) => ({ ...b, state: "sending" }));
  const row = await outbox.blob(sha256);
  if (!row) return undefined;
  if (!(await outbox.intact(row))) return outbox.moveBlob(sha256, (b) => ({ ...b, state: "quarantined", error: { status: 0, code: "damaged-here", title: "" } }));
  const began = performance.now();
  const reply = await upload(row, (offset) => outbox.moveBlob(sha256, (b) => ({ ...b, offset })));
  line.lanes = reply.status !== 0 && performance.now() - began <= QUICK_MS ? LANES : 1;
  line.heard(reply);
  return outbox.moveBlob(sha256, (b) => blobAnswered(b, reply, Date.now(), Math.random()));
}

/** @param {SubmissionRow} row @param {Line} line */
async function sendRecord(row, line) {
  await outbox.moveSubmission(row.id, (s) => ({ ...s, state: "inflight" }));
  let reply = await api.submit(row);
  line.heard(reply);
  if (isFinal(reply) && !(await line.mine())) reply = { status: 0, body: null, headers: {} };
  const next = await outbox.moveSubmission(row.id, (s) => submissionAnswered(s, reply, Date.now(), Math.random()));
  if (next && !unsent(next)) await outbox.moveBlobs(next.hashes, confirmed);
  const code = next?.error?.code;
  if (code === "missing-evidence") await outbox.moveBlobs(next?.error?.extra?.missing ?? [], again);
  if (code === "unknown-device") await outbox.moveDevice({ enrolled: false });
  await line.stuck();
}

const confirmed = (/** @type {BlobRow} */ b) => (b.state === "acked" ? { ...b, state: /** @type {const} */ ("confirmed") } : b);
/** The server has read and hashed its copy: whoever brought it there, it is there. */
const there = (/** @type {BlobRow} */ b) => (b.state === "purged" ? b : { ...b, state: /** @type {const} */ ("confirmed"), error: null });
const again = (/** @type {BlobRow} */ b) => (b.state === "purged" || b.state === "sending" ? b : { ...b, state: /** @type {const} */ ("stored"), offset: 0, attempts: 0, next_at_ms: 0 });

/** The server answers for so many at once (MAX_ASKED there). */
const ASKED = 400;

/** What was exported the office may have handed in by now: asked for before it is sent once more over a thin line. */
async function learnOfBackup() {
  const exported = (await work.meta("exported_at_ms")) ?? 0;
  await reconcile((await outbox.submissions()).filter((s) => unsent(s) && s.sealed_at_ms <= exported));
}

/** @param {SubmissionRow[]} open */
async function reconcile(open) {
  for (const asked of portions(open)) {
    const reply = await api.reconcile(asked.map((s) => s.id), [...new Set(asked.filter((s) => s.durable_at_ms === null).flatMap((s) => s.hashes))]);
    if (reply.status !== 200) return;
    for (const s of asked) {
      const told = reply.body.submissions?.[s.id];
      const here = reply.body.evidence ?? {};
      const lost = s.durable_at_ms === null ? s.hashes.filter((h) => !(h in here)) : [];
      const next = reconciled(s, told, !lost.length, Date.now());
      if (next === s) continue;
      if (lost.length) await outbox.moveBlobs(lost, again);
      else if (s.durable_at_ms === null) await outbox.moveBlobs(s.hashes, (b) => (here[b.sha256] === b.bytes ? there(b) : b));
      await outbox.moveSubmission(s.id, (row) => reconciled(row, told, !lost.length, Date.now()));
    }
  }
}

/** @param {SubmissionRow[]} rows @returns {SubmissionRow[][]} each small enough for one question */
function portions(rows) {
  /** @type {SubmissionRow[][]} */
  const all = [];
  let files = ASKED;
  for (const row of rows) {
    files += 1 + row.hashes.length;
    if (files > ASKED) { all.push([]); files = 1 + row.hashes.length; }
    all[all.length - 1].push(row);
  }
  return all;
}

/** @param {Line} line */
async function pull(line) {
  const reply = await api.bundle((await work.meta("cursor")) ?? null, (await work.meta("device"))?.id ?? null);
  line.heard(reply);
  if (reply.status !== 200) return;
  if (!reply.body.unchanged) await work.saveBundle(reply.body);
  await work.setMeta("last_sync_ms", Date.now());
  await work.setMeta("clock_ahead_ms", Date.now() - reply.body.server_time_ms);
}

/** The server is asked once more, then records of closed visits become light summaries; old summaries go. */
async function purge() {
  const inspections = await work.inspections();
  const closed = new Set(inspections.filter((i) => i.closed || i.state === "published").map((i) => i.id));
  const tight = (await fits(TIGHT_BYTES)) === false;
  const blobs = new Map((await outbox.blobStates()).map((b) => [b.sha256, b]));
  const light = lightenable({ submissions: await outbox.submissions(), blobs: [...blobs.values()], closed: (id) => closed.has(id), now: Date.now(), tight });
  const codes = light.length ? await work.outcomeCodes() : [];
  for (const asked of portions(light)) {
    const reply = await api.reconcile(asked.map((s) => s.id), [...new Set(asked.flatMap((s) => s.hashes))]);
    if (reply.status !== 200) return;
    for (const s of asked) if (stillThere(s, blobs, reply.body)) await summary.lighten(s.id, summarise(s, inspections.find((i) => i.id === s.inspection), codes, true));
  }
  const old = (await summary.summaries()).filter((s) => expired(s, Date.now()));
  if (old.length) await summary.forget(old);
}
