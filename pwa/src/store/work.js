/** Inspections as dispatched, and the officer's drafts. Every change to a draft is one atomic read-change-write, so two tabs cannot lose each other's answers. */
import { absorb, noted } from "../model/merge.js";
import { all, get, transaction } from "./db.js";

/** @typedef {import("../model/types.js").Draft} Draft */
/** @typedef {import("../model/types.js").Inspection} Inspection */
/** @typedef {import("../model/types.js").Checklist} Checklist */
/** @typedef {import("../model/types.js").OutcomeCode} OutcomeCode */
/** @typedef {import("../model/types.js").InboxEntry} InboxEntry */

/** What a revision made now is called. */
const made = () => ({ now: Date.now(), id: () => crypto.randomUUID() });

/**
 * @param {any} bundle the whole current set; what is absent is closed, local work on it stays, colleagues' parts come into it. With `delta` only
 * what has changed since that bundle and, in `gone`, what is to be closed: of no use where another tab has saved another one meanwhile.
 */
export async function saveBundle(bundle) {
  await transaction(["inspection", "checklist", "inbox", "meta", "draft"], "readwrite", async (s) => {
    if (bundle.delta && (await s.meta.get("cursor")) !== bundle.delta) return;
    for (const i of bundle.inspections) if (i.parts?.length) await takeIn(s, i);
    const here = new Set(bundle.inspections.map((/** @type {Inspection} */ i) => i.id)), gone = new Set(bundle.gone ?? []);
    for (const old of await s.inspection.getAll()) if (!old.closed && (bundle.delta ? gone.has(old.id) : !here.has(old.id))) s.inspection.put({ ...old, closed: true });
    for (const i of bundle.inspections) s.inspection.put({ ...i, closed: false });
    for (const c of Object.values(bundle.checklists)) s.checklist.put(c);
    await s.inbox.clear();
    for (const m of bundle.inbox) s.inbox.put(m);
    s.meta.put(bundle.outcome_codes, "outcome_codes");
    s.meta.put(bundle.scan_periods ?? [], "scan_periods");
    s.meta.put(bundle.cursor, "cursor");
    // The log's key is pinned by the first bundle: a later one cannot replace it, only be seen to differ.
    const pinned = await s.meta.get("log");
    if (!pinned || pinned.vkey === bundle.log.vkey) s.meta.put(bundle.log, "log");
    s.meta.put(bundle.log.vkey, "log_vkey_told");
  });
}

/** @param {any} s stores @param {Inspection} i with what colleagues' phones said: into the open draft, or into a first one */
async function takeIn(s, i) {
  /** @type {Draft[]} */
  const rows = await s.draft.index("inspection").getAll(i.id);
  const open = rows.find((d) => d.state === "open");
  const begun = !rows.length && ["received", "on_site"].includes(i.state);
  const draft = open ?? (begun ? blank(i.id, crypto.randomUUID(), Date.now()) : null);
  if (draft && absorb(draft, i.parts, made())) await s.draft.put(draft);
}

/** @param {string} inspection @param {string} submission @param {number} now @returns {Draft} */
const blank = (inspection, submission, now) => ({
  submission, inspection, state: "open", made_at_ms: now, changed_at_ms: now, scan: null, started_t_dev: null, answers: {}, photos: [],
  outcomes: [], remark: "", gps: null, representative: { name: "", refused: false, reason: "", witness: "" }, frozen: null, strokes: {}, copy_of: null,
});

/** @param {string} key @returns {Promise<any>} */
export const meta = (key) => get("meta", key);
/** @param {string} key @param {any} value */
export const setMeta = (key, value) => transaction(["meta"], "readwrite", (s) => s.meta.put(value, key));

const SEEN_KEPT = 500;
/** The officer has opened this visit: it is no longer new. @param {string} id */
export const markSeen = (id) => transaction(["meta"], "readwrite", async (s) => {
  const seen = (await s.meta.get("seen")) ?? [];
  if (!seen.includes(id)) await s.meta.put([...seen, id].slice(-SEEN_KEPT), "seen");
});

/** @returns {Promise<Inspection[]>} */
export const inspections = () => all("inspection");
/** @param {string} id @returns {Promise<Inspection|undefined>} */
export const inspection = (id) => get("inspection", id);
/** @returns {Promise<OutcomeCode[]>} */
export const outcomeCodes = async () => (await meta("outcome_codes")) ?? [];
/** @returns {Promise<import("../model/backfill.js").ScanPeriod[]>} */
export const scanPeriods = async () => (await meta("scan_periods")) ?? [];
/** @returns {Promise<InboxEntry[]>} newest first */
export const inbox = async () => (await all("inbox")).sort((a, b) => b.created_at_ms - a.created_at_ms);
/** @returns {Promise<Record<string, Checklist>>} */
export const checklists = async () => Object.fromEntries((await all("checklist")).map((c) => [c.id, c]));

/** @param {string[]} ids */
export const markRead = (ids) => transaction(["inbox"], "readwrite", async (s) => {
  for (const id of ids) {
    const m = await s.inbox.get(id);
    if (m) s.inbox.put({ ...m, read: true });
  }
});

/** @returns {Promise<Draft[]>} */
export const drafts = () => all("draft");

/** @param {string} inspection @returns {Promise<Draft|undefined>} the one still being worked on */
export const openDraft = (inspection) => transaction(["draft"], "readonly", async (s) => /** @type {Draft|undefined} */ (
  (await s.draft.index("inspection").getAll(inspection)).find((/** @type {Draft} */ d) => d.state !== "sealed")));

/**
 * The open draft of an inspection, made if there is none: its submission id is chosen here, once.
 * After a return it starts as a copy of the last sealed one, with every answer and photo.
 * @param {string} inspection @param {{submission: string, now: number}} fresh @returns {Promise<Draft>}
 */
export const ensureDraft = (inspection, { submission, now }) => transaction(["draft", "inspection"], "readwrite", async (s) => {
  /** @type {Draft[]} */
  const rows = await s.draft.index("inspection").getAll(inspection);
  const open = rows.find((d) => d.state !== "sealed");
  if (open) return open;
  const last = rows.sort((a, b) => b.changed_at_ms - a.changed_at_ms)[0];
  /** @type {Draft} */
  const draft = last ? { ...last, submission, state: /** @type {const} */ ("open"), made_at_ms: now, changed_at_ms: now, frozen: null, strokes: {}, copy_of: last.submission } : blank(inspection, submission, now);
  absorb(draft, (await s.inspection.get(inspection))?.parts, made());
  await s.draft.put(draft);
  return draft;
});

/**
 * @param {string} submission @param {(draft: Draft) => void} change edits in place, without awaiting
 * @param {{frozen?: boolean}} [may] only signing steps may touch a frozen draft @returns {Promise<Draft>}
 */
export const editDraft = (submission, change, may = {}) => transaction(["draft"], "readwrite", async (s) => {
  /** @type {Draft|undefined} */
  const draft = await s.draft.get(submission);
  if (!draft || draft.state === "sealed" || (draft.state === "frozen" && !may.frozen)) throw new Error("this draft is closed to changes");
  change(draft);
  if (draft.state === "open") draft.revs = noted(draft, made());
  draft.changed_at_ms = Date.now();
  await s.draft.put(draft);
  return draft;
});
