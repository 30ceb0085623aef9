/** This phone's parts, decisions and co-signatures to the server, each on its own clock; and which photos colleagues wait for. */
import { postponed } from "../model/backoff.js";
import { filesOf } from "../model/evidence.js";
import { digest } from "../model/record.js";
import { problemOf } from "../model/states.js";
import { owed, releasable } from "../model/team.js";
import * as api from "./api.js";
import * as outbox from "../store/outbox.js";
import { fits } from "../store/room.js";
import { queueAllParts, release } from "../store/parts.js";
import * as work from "../store/work.js";

const KINDS = ["part", "decide", "cosign"];

/**
 * In the order of their numbers. One that the server does not take stays here and is tried again later: what was said is in
 * the draft as well, and the record that names it says that it is missing.
 * @param {{over: boolean, due: (row: {next_at_ms: number}) => boolean, heard: (reply: {status: number}) => void, mine: () => Promise<boolean>, stuck: () => Promise<boolean>}} line
 */
export async function sendParts(line) {
  await queueAllParts();
  /** @type {Set<string>} visits of which an earlier part waits */
  const held = new Set();
  const rows = (await outbox.actions()).filter((a) => KINDS.includes(a.kind)).sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || (a.id < b.id ? -1 : 1));
  for (const row of rows) {
    if (line.over) return;
    if (held.has(row.inspection) || !line.due(row)) { held.add(row.inspection); continue; }
    const reply = await api.put(row);
    line.heard(reply);
    const error = problemOf(reply);
    const over = reply.status === 200 || reply.status === 201 || ((reply.status === 404 || error.code === "stale-decision") && (await line.mine()));
    // Not of this visit any more: what was said stays in the draft. A stale decision: the bundle asks again, with what is new.
    if (over) await outbox.finishAction(row.id);
    else if (!line.over) {
      held.add(row.inspection);
      if (error.code === "unknown-device") await outbox.moveDevice({ enrolled: false });
      await outbox.putAction({ ...postponed(row, Date.now(), Math.random()), error: reply.status ? error : null });
    }
    await line.stuck();
  }
}

/** Files made here of which a colleague's record may speak: once both have said something, or the colleague's record is there. @returns {Promise<string[]>} hashes */
export async function sharedPhotos() {
  const visits = new Map((await work.inspections()).map((i) => [i.id, i]));
  return (await work.drafts()).filter((d) => d.state !== "sealed" && ((d.revs ?? []).some((r) => !r.mine) || ["submitted", "approved"].includes(visits.get(d.inspection)?.submission?.state ?? "")))
    .flatMap((d) => {
      const told = new Set((d.revs ?? []).filter((r) => r.mine && r.seq !== null).map((r) => r.key));
      return filesOf({ photos: d.photos.filter((p) => !p.theirs && told.has(`p/${p.sha256}`)), voices: (d.voices ?? []).filter((v) => !v.theirs && told.has(`v/${v.sha256}`)) });
    });
}

/**
 * Colleagues' records that wait for this phone's co-signature, so that they can be read without a signal. What does not
 * have the hash that the office gives is not kept.
 * @param {{over: boolean, heard: (reply: {status: number}) => void}} line
 */
export async function fetchRecords(line) {
  for (const i of await work.inspections()) {
    const s = owed(i, []) && i.submission;
    if (!s || line.over || (await work.meta(`record:${s.id}`))) continue;
    const reply = await api.record(s.id);
    line.heard(reply);
    if (reply.status === 200 && digest(reply.body.record) === s.record_sha256) await work.setMeta(`record:${s.id}`, reply.body.record);
  }
}

const ASKED = 400;
const TIGHT_BYTES = 100_000_000;

/** Photos of this phone's parts leave it after their visit is closed, once the server has said again that it keeps them. */
export async function releaseShared() {
  const free = releasable({ drafts: await work.drafts(), inspections: await work.inspections(), blobs: await outbox.blobStates(), now: Date.now(), tight: (await fits(TIGHT_BYTES)) === false }).slice(0, ASKED);
  if (!free.length) return;
  const reply = await api.reconcile([], free.map((b) => b.sha256));
  if (reply.status === 200) await release(free.filter((b) => reply.body.evidence?.[b.sha256] === b.bytes).map((b) => b.sha256));
}
