/**
 * What several phones said about one visit, put together. Pure; proven by pwa/test/merge.test.js.
 *
 * Each phone only ever adds revisions. A revision replaces those that it names in `over`, as known when it was made; those
 * that nothing replaces are live. Live ones of one field with the same value are one statement, with different values a
 * conflict, which a person decides by a new revision over all of them. A set of revisions is all there is, so that merging
 * is a union: in whatever order, and however often, parts arrive, every phone comes to the same.
 *
 * Two fields are never in conflict: of several scans the first on site counts, and a photo or voice note that somebody took out is out.
 *
 * Keys: `a/<item>/<question>` an answer, `n/<item>/<question>` its note, `p/<sha256>` a photo, `v/<sha256>` a voice note, `outcomes`, `remark`, `scan`.
 * Values: as in the draft; null for nothing. The server's twin, as far as it needs one: backend/inspections/parts_rules.py.
 *
 * @typedef {import("./types.js").Draft} Draft
 * @typedef {import("./types.js").Revision} Revision
 * @typedef {import("./types.js").Part} Part
 * @typedef {{value: any, revs: Revision[]}} Rival
 * @typedef {{value: any, rivals: Rival[]}} Standing  two rivals or more: a conflict, and `value` is null
 */
import { stringify } from "./jcs.js";
import { clean, digest } from "./record.js";

/** @param {any} a @param {any} b @returns {boolean} the same value */
const same = (a, b) => stringify(a) === stringify(b);
const byTime = (/** @type {Revision} */ a, /** @type {Revision} */ b) => a.t_dev - b.t_dev || (a.rev < b.rev ? -1 : a.rev > b.rev ? 1 : 0);

/** @param {Draft} draft @returns {Record<string, any>} its fields that hold something, in canonical form */
export function fields(draft) {
  /** @type {Record<string, any>} */
  const found = {};
  for (const [item, answers] of Object.entries(draft.answers)) for (const [q, { value, note }] of Object.entries(answers)) {
    const kept = value === null || value === undefined ? "" : clean(value);
    if (kept) found[`a/${item}/${q}`] = kept;
    if (note && clean(note)) found[`n/${item}/${q}`] = clean(note);
  }
  for (const { theirs: _, ...photo } of draft.photos) found[`p/${photo.sha256}`] = JSON.parse(JSON.stringify(photo));
  for (const { theirs: _, ...voice } of draft.voices ?? []) found[`v/${voice.sha256}`] = { ...JSON.parse(JSON.stringify(voice)), text: clean(voice.text) };
  if (draft.outcomes.length) found.outcomes = [...draft.outcomes];
  if (draft.remark && clean(draft.remark)) found.remark = clean(draft.remark);
  if (draft.scan) found.scan = { ...draft.scan };
  return found;
}

/** @param {Revision[]} a @param {Revision[]} b @returns {Revision[]} each once, in order of time */
export function union(a, b) {
  const all = new Map(b.map((r) => [r.rev, r]));
  for (const r of a) all.set(r.rev, r);
  return [...all.values()].sort(byTime);
}

/** @param {Revision[]} revs @returns {Map<string, Standing>} by key */
export function standing(revs) {
  /** @type {Map<string, Revision[]>} */
  const byKey = new Map();
  for (const r of revs) byKey.set(r.key, [...(byKey.get(r.key) ?? []), r]);
  return new Map([...byKey].map(([key, of]) => {
    const gone = new Set(of.flatMap((r) => r.over.filter((id) => id !== r.rev)));
    /** @type {Map<string, Rival>} */
    const rivals = new Map();
    for (const r of of.filter((one) => !gone.has(one.rev)).sort(byTime)) {
      const text = stringify(r.value);
      rivals.set(text, { value: r.value, revs: [...(rivals.get(text)?.revs ?? []), r] });
    }
    return [key, judged(key, [...rivals.values()])];
  }));
}

/** @param {string} key @param {Rival[]} rivals @returns {Standing} */
function judged(key, rivals) {
  if (rivals.length < 2) return { value: rivals[0]?.value ?? null, rivals };
  const one = (/** @type {any} */ value) => ({ value, rivals: [{ value, revs: rivals.flatMap((r) => r.revs).sort(byTime) }] });
  if (/^[pv]\//.test(key)) return one(rivals.some((r) => r.value === null) ? null : rivals[rivals.length - 1].value);
  if (key === "scan") {
    const rank = (/** @type {any} */ s) => (s === null ? 2 : s.how === "backfill" ? 1 : 0);
    return one(rivals.map((r) => r.value).sort((a, b) => rank(a) - rank(b) || (a?.t_dev ?? 0) - (b?.t_dev ?? 0) || (stringify(a) < stringify(b) ? -1 : 1))[0]);
  }
  return { value: null, rivals };
}

/** @param {Revision[]} revs @returns {{key: string, rivals: Rival[]}[]} what a person has to decide, in the order of keys */
export const conflicts = (revs) => [...standing(revs)].filter(([, s]) => s.rivals.length > 1).map(([key, s]) => ({ key, rivals: s.rivals })).sort((a, b) => (a.key < b.key ? -1 : 1));

/** @param {Revision[]} revs @param {string} key @returns {Revision[]} everything that was ever said of a field, oldest first */
export const history = (revs, key) => revs.filter((r) => r.key === key).sort(byTime);

/** What this phone shows while a field is in conflict: what its own officer said. @param {Standing|undefined} state @returns {Rival|undefined} */
const own = (state) => state && (state.rivals.find((r) => r.revs.some((one) => one.mine)) ?? state.rivals[state.rivals.length - 1]);

/** @param {Standing|undefined} state @returns {any} the value that this phone shows */
const shown = (state) => (!state ? null : state.rivals.length > 1 ? own(state)?.value : state.value);

/**
 * The log after an edit of the draft: one revision for each field that changed. One that has not left the phone yet is
 * changed in place, so that typing a word is one revision. An edit beside an open conflict does not decide it.
 * @param {Draft} draft after the edit @param {{now: number, id: () => string}} made @returns {Revision[]}
 */
export function noted(draft, { now, id }) {
  const revs = [...(draft.revs ?? [])];
  const stands = standing(revs);
  const is = fields(draft);
  for (const key of new Set([...Object.keys(is), ...stands.keys()])) {
    const rival = own(stands.get(key));
    const value = is[key] ?? null;
    if (same(value, shown(stands.get(key)))) continue;
    const last = rival?.revs.find((r) => r.mine && r.seq === null);
    if (last && rival?.revs.length === 1) revs[revs.indexOf(last)] = { ...last, value, t_dev: now };
    else revs.push({ rev: id(), key, over: rival ? rival.revs.map((r) => r.rev) : [], t_dev: now, value, mine: true, by: null, device: null, seq: null });
  }
  return revs.sort(byTime);
}

/** The log with a person's decision: one revision over everything live. @param {Draft} draft @param {string} key @param {any} value @param {{now: number, id: () => string}} made @returns {Revision[]} */
export function decided(draft, key, value, { now, id }) {
  const over = (standing(draft.revs ?? []).get(key)?.rivals ?? []).flatMap((r) => r.revs.map((one) => one.rev));
  return [...(draft.revs ?? []), { rev: id(), key, over, t_dev: now, value, mine: true, by: null, device: null, seq: null }].sort(byTime);
}

/** Writes what stands into the draft, where it differs. @param {Draft} draft edited in place */
export function project(draft) {
  const is = fields(draft);
  for (const [key, state] of standing(draft.revs ?? [])) {
    const value = shown(state);
    if (!same(value, is[key] ?? null)) write(draft, key, value);
  }
}

/** @param {Draft} draft @param {string} key @param {any} value */
function write(draft, key, value) {
  const [kind, item, q] = key.split("/");
  if (kind === "a" || kind === "n") {
    const answer = ((draft.answers[item] ??= {})[q] ??= { value: null, note: "" });
    if (kind === "a") answer.value = value; else answer.note = value ?? "";
  } else if (kind === "p") draft.photos = filed(draft, draft.photos, key, value);
  else if (kind === "v") draft.voices = filed(draft, draft.voices ?? [], key, value);
  else if (key === "outcomes") draft.outcomes = value ?? [];
  else if (key === "remark") draft.remark = value ?? "";
  else if (key === "scan") {
    draft.scan = value;
    if (value) draft.started_t_dev = Math.min(draft.started_t_dev ?? value.t_dev, value.t_dev);
  }
}

/**
 * A list of files with one put in, changed or taken out; a colleague's is marked with the device that has it.
 * @template {{sha256: string}} T
 * @param {Draft} draft @param {T[]} list @param {string} key @param {any} value @returns {T[]}
 */
function filed(draft, list, key, value) {
  const sha256 = key.slice(2);
  if (!value) return list.filter((f) => f.sha256 !== sha256);
  const first = history(draft.revs ?? [], key)[0];
  const file = first.mine ? value : { ...value, theirs: first.device };
  return list.some((f) => f.sha256 === sha256) ? list.map((f) => (f.sha256 === sha256 ? file : f)) : [...list, file];
}

/** @param {Draft} draft @param {Part[]|undefined} parts @returns {Part[]} those whose content this draft does not hold yet */
export const unmerged = (draft, parts) => (parts ?? []).filter((p) => p.seq > (draft.heads?.[p.device]?.seq ?? 0)).sort((a, b) => (a.device < b.device ? -1 : a.device > b.device ? 1 : a.seq - b.seq));

/**
 * Takes colleagues' parts into the draft.
 * @param {Draft} draft edited in place @param {Part[]|undefined} parts as the bundle brings them @param {{now: number, id: () => string}} made
 * @returns {boolean} something came
 */
export function absorb(draft, parts, made) {
  const fresh = unmerged(draft, parts);
  if (!fresh.length) return false;
  draft.revs = noted(draft, made); // a draft of before there were parts says its own first
  const told = fresh.flatMap(({ device, inspector, seq, revs }) => revs.map((r) => ({ ...r, mine: false, by: inspector, device, seq })));
  draft.revs = union(draft.revs, told);
  draft.heads = { ...draft.heads };
  for (const { device, inspector, seq, sha256 } of fresh) draft.heads[device] = { inspector, seq, sha256 };
  project(draft);
  return true;
}

/** How many revisions one part carries at most. */
export const PART_SIZE = 200;

/**
 * The next part of this phone: what it has said since the last one, under the next number, chained to it.
 * @param {Draft} draft edited in place: those revisions have left, and can no longer be changed in place
 * @param {{device: string, inspector: string, now: number}} from @returns {any} the part, or null when nothing is new
 */
export function cut(draft, { device, inspector, now }) {
  const fresh = (draft.revs ?? []).filter((r) => r.mine && r.seq === null).slice(0, PART_SIZE);
  if (!fresh.length) return null;
  const head = draft.heads?.[device];
  const part = {
    v: 1, kind: "part", inspection: draft.inspection, inspector, device, seq: (head?.seq ?? 0) + 1, prev: head?.sha256 ?? null, t_dev: now,
    revs: fresh.map(({ rev, key, over, t_dev, value }) => ({ rev, key, over, t_dev, value })),
  };
  const left = new Set(fresh);
  draft.revs = (draft.revs ?? []).map((r) => (left.has(r) ? { ...r, by: inspector, device, seq: part.seq } : r));
  draft.heads = { ...draft.heads, [device]: { inspector, seq: part.seq, sha256: digest(part) } };
  return part;
}
