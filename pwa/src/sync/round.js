/**
 * One round of talking with the server: who am I, this phone's key, waiting calls, files, submissions, what became
 * durable, the fresh bundle, what may be deleted. Each record waits on its own clock; one bad record blocks nothing.
 */
import { postponed } from "../model/backoff.js";
import { blobAnswered, problemOf, purgeable, queued, submissionAnswered, unsent } from "../model/states.js";
import * as api from "./api.js";
import { upload } from "./upload.js";
import * as local from "../store/local.js";
import * as outbox from "../store/outbox.js";
import * as work from "../store/work.js";

/** @typedef {"ok"|"offline"|"expired"|"other-account"} Outcome */
const TIGHT_BYTES = 100_000_000;

/** @param {{hurry?: boolean}} [how] `hurry` ignores the waiting times, for the button @returns {Promise<Outcome>} */
export async function round({ hurry = false } = {}) {
  const account = local.account();
  if (!account) return "expired";
  if (local.owesSignOut()) {
    const gone = await api.signOut();
    if (gone.status === 0) return "offline";
    local.setOwesSignOut(false);
  }
  const who = await api.session();
  if (who.status !== 200) return "offline";
  if (!who.body.account) return "expired";
  if (who.body.account.id !== account.id) return "other-account";
  const line = new Line(hurry);
  await enrol();
  await sendActions(line);
  await sendBlobs(line);
  await sendSubmissions(line);
  if (!line.dead && !line.expired) {
    await reconcile();
    await pull(line);
    await purge();
  }
  return line.expired ? "expired" : line.dead ? "offline" : "ok";
}

/** What this round has learnt about the line: two calls without any answer, one after the other, end it. */
class Line {
  /** @param {boolean} hurry */
  constructor(hurry) { this.hurry = hurry; this.silent = 0; this.expired = false; }
  get dead() { return this.silent >= 2; }
  get over() { return this.dead || this.expired; }
  /** @param {{status: number}} reply */
  heard({ status }) {
    this.silent = status === 0 ? this.silent + 1 : 0;
    if (status === 401) this.expired = true;
  }
  /** @param {{next_at_ms: number}} row */
  due(row) { return this.hurry || row.next_at_ms <= Date.now(); }
}

async function enrol() {
  const device = await work.meta("device");
  if (!device || device.enrolled) return;
  const reply = await api.enrol(device);
  if (reply.status === 200 || reply.status === 201) await work.setMeta("device", { ...(await work.meta("device")), enrolled: true });
}

/** @param {Line} line */
async function sendActions(line) {
  for (const row of await outbox.actions()) {
    if (line.over) return;
    if (!line.due(row)) continue;
    const reply = row.kind === "recuse" ? await api.recuse(row) : await api.receive(row.inspection, row.t_dev);
    line.heard(reply);
    if (reply.status === 200) await outbox.finishAction(row.id, row.kind === "receive" ? reply.body : null);
    else if ([403, 404, 409, 422].includes(reply.status)) await outbox.finishAction(row.id); // moved on without us: the bundle tells
    else if (reply.status !== 401) await outbox.putAction({ ...postponed(row, Date.now(), Math.random()), error: problemOf(reply) });
  }
}

/** Only files that a sealed record names leave the phone; a draft's photos may still be deleted. @param {Line} line */
async function sendBlobs(line) {
  const wanted = new Set((await outbox.submissions()).filter((s) => queued(s) || (!unsent(s) && s.durable_at_ms === null)).flatMap((s) => s.hashes));
  for (const { sha256 } of (await outbox.blobStates()).filter((b) => wanted.has(b.sha256) && b.state === "stored" && line.due(b))) {
    if (line.over) return;
    const row = await outbox.moveBlob(sha256, (b) => ({ ...b, state: "sending" }));
    if (!row) continue;
    if (!(await outbox.intact(row))) {
      await outbox.moveBlob(sha256, (b) => ({ ...b, state: "quarantined", error: { status: 0, code: "damaged-here", title: "" } }));
      continue;
    }
    const reply = await upload(row, (offset) => outbox.moveBlob(sha256, (b) => ({ ...b, offset })));
    line.heard(reply);
    await outbox.moveBlob(sha256, (b) => blobAnswered(b, reply, Date.now(), Math.random()));
  }
}

/** @param {Line} line */
async function sendSubmissions(line) {
  const states = new Map((await outbox.blobStates()).map((b) => [b.sha256, b.state]));
  const there = (/** @type {string} */ h) => states.get(h) === "acked" || states.get(h) === "confirmed";
  const ready = (await outbox.submissions()).filter((s) => s.state === "ready").sort((a, b) => a.record.seq - b.record.seq);
  for (const row of ready) {
    if (line.over) return;
    if (!line.due(row) || !row.hashes.every(there)) continue;
    await outbox.moveSubmission(row.id, (s) => ({ ...s, state: "inflight" }));
    const reply = await api.submit(row);
    line.heard(reply);
    const next = await outbox.moveSubmission(row.id, (s) => submissionAnswered(s, reply, Date.now(), Math.random()));
    if (next && !unsent(next)) for (const h of next.hashes) await outbox.moveBlob(h, (b) => (b.state === "acked" ? { ...b, state: "confirmed" } : b));
    const code = next?.error?.code;
    if (code === "missing-evidence") for (const h of next?.error?.extra?.missing ?? []) await outbox.moveBlob(h, (b) => (b.state === "purged" ? b : { ...b, state: "stored", offset: 0, attempts: 0, next_at_ms: 0 }));
    if (code === "unknown-device") await work.setMeta("device", { ...(await work.meta("device")), enrolled: false });
  }
}

async function reconcile() {
  const asked = (await outbox.submissions()).filter((s) => !unsent(s) && (s.durable_at_ms === null || s.ledger_index === null));
  if (!asked.length) return;
  const reply = await api.reconcile(asked.map((s) => s.id), [...new Set(asked.flatMap((s) => s.hashes))]);
  if (reply.status !== 200) return;
  for (const s of asked) {
    const told = reply.body.submissions?.[s.id];
    if (!told?.durable) continue;
    const lost = s.hashes.filter((h) => !(h in (reply.body.evidence ?? {})));
    for (const h of lost) await outbox.moveBlob(h, (b) => (b.state === "confirmed" || b.state === "acked" ? { ...b, state: "stored", offset: 0, next_at_ms: 0 } : b));
    if (!lost.length) for (const h of s.hashes) await outbox.moveBlob(h, (b) => (b.state === "acked" ? { ...b, state: "confirmed" } : b));
    await outbox.moveSubmission(s.id, (row) => ({ ...row, ledger_index: told.ledger_index ?? row.ledger_index, durable_at_ms: lost.length ? row.durable_at_ms : row.durable_at_ms ?? Date.now() }));
  }
}

/** @param {Line} line */
async function pull(line) {
  const reply = await api.bundle((await work.meta("cursor")) ?? null);
  line.heard(reply);
  if (reply.status !== 200) return;
  if (!reply.body.unchanged) await work.saveBundle(reply.body);
  await work.setMeta("last_sync_ms", Date.now());
  await work.setMeta("clock_ahead_ms", Date.now() - reply.body.server_time_ms);
}

async function purge() {
  const closed = new Set((await work.inspections()).filter((i) => i.closed || i.state === "published").map((i) => i.id));
  const room = await navigator.storage?.estimate?.();
  const tight = !!room && (room.quota ?? Infinity) - (room.usage ?? 0) < TIGHT_BYTES;
  const open = (await work.drafts()).filter((d) => d.state !== "sealed");
  const draftHashes = new Set(open.flatMap((d) => d.photos.map((p) => p.sha256)));
  const hashes = purgeable({ submissions: await outbox.submissions(), blobs: await outbox.blobStates(), draftHashes, closed: (id) => closed.has(id), now: Date.now(), tight });
  if (hashes.length) await outbox.purgeBlobs(hashes);
}
