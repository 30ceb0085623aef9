/**
 * The record an officer signs: built once from a draft, canonical, integers only. Pure except for the hash.
 * Shape: docs of PUT /field/api/submissions. Proven by pwa/test/record.test.js.
 *
 * @typedef {import("./types.js").Draft} Draft
 * @typedef {import("./types.js").Inspection} Inspection
 * @typedef {import("./types.js").Checklist} Checklist
 * @typedef {import("./types.js").Officer} Officer
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { encode } from "./jcs.js";
import { filesOf, photoEntry, voiceEntry } from "./evidence.js";
import { decimal, visible } from "./form.js";
import { hex } from "./text.js";

/** @param {string} text @returns {string} as canonical JSON wants it: NFC, no lone surrogates, no outer blanks */
export const clean = (text) => text.normalize("NFC").replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, "").trim();

/** @param {any} value @returns {string} hex SHA-256 of the canonical bytes */
export const digest = (value) => hex(sha256(encode(value)));

/**
 * The officers who sign: all of them, or those of this officer's own department in a joint visit of more than two.
 * @param {Inspection} inspection @returns {Officer[]} in slot order
 */
export function signing(inspection) {
  const all = [...inspection.officers].sort((a, b) => a.slot - b.slot);
  if (all.length <= 2) return all;
  const mine = all.find((o) => o.me)?.dept;
  const own = all.filter((o) => o.dept === mine);
  return own.length >= 2 ? own : all;
}

/** Whose phone has a file, where it is a colleague's. @param {{theirs?: string|null}} file */
const from = ({ theirs }) => (theirs ? { device: theirs } : {});
/** @param {{device?: string}} entry */
const own = ({ device }) => !device;

/**
 * The content of the record, without `strokes_sha256`: what the signers are shown the hash of.
 * Answers of questions that no longer apply are left out.
 * @param {{draft: Draft, inspection: Inspection, checklists: Record<string, Checklist>, device: {id: string, seq: number, prev: string|null}, now: number}} facts
 */
export function content({ draft, inspection, checklists, device, now }) {
  const rep = draft.representative;
  return {
    v: 1, alg: "ES256", submission: draft.submission, inspection: inspection.id, version: inspection.version,
    seq: device.seq + 1, device: device.id, sealed_entry: inspection.sealed_entry,
    scan: draft.scan,
    items: inspection.items.map((item) => {
      const given = draft.answers[item.code] ?? {};
      return {
        item: item.code, checklist: item.checklist,
        answers: visible(checklists[item.checklist], given).map((q) => {
          const { value = null, note = "" } = given[q.id] ?? {};
          const kept = value === null ? null : q.type === "number" ? decimal(value) : clean(value);
          return { q: q.id, value: kept, note: clean(note) };
        }),
      };
    }),
    outcomes: [...draft.outcomes], remark: clean(draft.remark),
    photos: draft.photos.map((p) => ({ ...photoEntry(p), ...from(p) })), voices: (draft.voices ?? []).map((v) => ({ ...voiceEntry(v, clean), ...from(v) })),
    parts: Object.entries(draft.heads ?? {}).map(([id, head]) => ({ device: id, ...head })).sort((a, b) => (a.device < b.device ? -1 : 1)), expects: (draft.expects ?? []).filter((o) => !Object.values(draft.heads ?? {}).some((h) => h.inspector === o)).sort(),
    gps: draft.gps, t_dev: now, started_t_dev: draft.started_t_dev ?? draft.made_at_ms, prev: device.prev,
    signers: [
      ...signing(inspection).map((o, i) => ({ key: `officer-${i + 1}`, role: "officer", inspector: o.inspector_id, name: clean(o.name) })),
      {
        key: "enterprise", role: "enterprise", name: clean(rep.name), refused: rep.refused,
        reason: rep.refused ? clean(rep.reason) : null, witness: rep.refused ? clean(rep.witness) : null,
      },
    ],
  };
}

/** @param {any} frozen content @returns {string[]} keys of those who must put their name under it by hand */
export const strokesOwed = (frozen) => frozen.signers.filter((/** @type {any} */ s) => !s.refused).map((/** @type {any} */ s) => s.key);

/**
 * The blob of one hand-written signature, bound to the content it was made under.
 * @param {{points: {x: number, y: number, time: number}[]}[]} groups as signature_pad gives them
 * @param {{w: number, h: number, content_sha256: string}} frame @returns {Uint8Array}
 */
export function strokesBlob(groups, { w, h, content_sha256 }) {
  const start = groups[0]?.points[0]?.time ?? 0;
  const strokes = groups.map((g) => g.points.map((p) => [Math.round(p.x), Math.round(p.y), Math.max(0, Math.round(p.time - start))]));
  return encode({ v: 1, w: Math.round(w), h: Math.round(h), content_sha256, strokes });
}

/** @param {any} record complete @returns {string[]} every blob it names and this phone sends, each once: a colleague's come from theirs */
export const named = (record) => [...new Set([...filesOf({ photos: record.photos.filter(own), voices: (record.voices ?? []).filter(own) }), ...Object.values(record.strokes_sha256)])];
