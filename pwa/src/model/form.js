/**
 * What a checklist asks, given what was answered, and what is still missing. Pure.
 * @typedef {import("./types.js").Checklist} Checklist
 * @typedef {import("./types.js").Question} Question
 * @typedef {import("./types.js").Answer} Answer
 * @typedef {import("./types.js").Draft} Draft
 * @typedef {import("./types.js").Inspection} Inspection
 */

/**
 * The questions that apply: one with `show_if` only while the question it names is itself shown and has that answer.
 * @param {Checklist} checklist @param {Record<string, Answer>} answers @returns {Question[]}
 */
export function visible(checklist, answers) {
  const shown = new Set();
  return checklist.questions.filter((q) => {
    const ok = !q.show_if || (shown.has(q.show_if.q) && (answers[q.show_if.q]?.value ?? null) === q.show_if.is);
    if (ok) shown.add(q.id);
    return ok;
  });
}

/** @param {string} text as typed @returns {string|null} a plain decimal ("3.5"), or null when it is not a number */
export function decimal(text) {
  const plain = text.normalize("NFKC").trim().replace(/。/g, ".").replace(/^\+/, "");
  if (!/^-?\d{1,12}(\.\d{1,6})?$/.test(plain)) return null;
  return plain.replace(/^(-?)0+(?=\d)/, "$1");
}

/**
 * @param {Question} q @param {string|null|undefined} value
 * @returns {"unanswered"|"not-a-number"|"below"|"above"|null} what is wrong; a number outside its limits is noted, not refused
 */
export function fault(q, value) {
  // Free text is a remark unless its checklist asks for it.
  if (value === null || value === undefined || value === "") return q.type === "text" && !q.required ? null : "unanswered";
  if (q.type !== "number") return null;
  const plain = decimal(value);
  if (plain === null) return "not-a-number";
  if (q.min !== undefined && q.min !== null && Number(plain) < Number(q.min)) return "below";
  if (q.max !== undefined && q.max !== null && Number(plain) > Number(q.max)) return "above";
  return null;
}

/** @param {string} note @param {string} phrase ready words for a finding @returns {string} the note with them, once */
export function withPhrase(note, phrase) {
  const plain = note.trim();
  return plain.includes(phrase) ? plain : `${plain}${plain && !/[\s。.;；]$/.test(plain) ? "；" : ""}${phrase}`;
}

/** @param {Question} q @param {Answer|undefined} answer @returns {boolean} this answer needs a picture */
export const needsPhoto = (q, answer) => q.photo_required_when !== undefined && q.photo_required_when !== null && answer?.value === q.photo_required_when;

/**
 * @param {Checklist} checklist @param {string} item @param {Draft} draft
 * @returns {{done: number, all: number, photos: number}} answered of the shown questions, and pictures still owed
 */
export function progress(checklist, item, draft) {
  const answers = draft.answers[item] ?? {};
  const asked = visible(checklist, answers);
  const done = asked.filter((q) => !["unanswered", "not-a-number"].includes(fault(q, answers[q.id]?.value) ?? "")).length;
  return { done, all: asked.length, photos: asked.filter((q) => needsPhoto(q, answers[q.id]) && !hasPhoto(draft, item, q.id)).length };
}

/** @param {Draft} draft @param {string} item @param {string} q */
export const hasPhoto = (draft, item, q) => draft.photos.some((p) => p.item === item && p.q === q);

/**
 * Everything that stands between this draft and its signatures, in the order of the work.
 * @param {Inspection} inspection @param {Record<string, Checklist>} checklists @param {Draft} draft
 * @returns {{step: "receive"|"scan"|"item"|"photo"|"outcome", item?: string, q?: string, count?: number}[]}
 */
export function missing(inspection, checklists, draft) {
  /** @type {{step: "receive"|"scan"|"item"|"photo"|"outcome", item?: string, q?: string, count?: number}[]} */
  const gaps = [];
  if (!draft.scan) gaps.push({ step: "scan" });
  for (const item of inspection.items) {
    const checklist = checklists[item.checklist];
    if (!checklist) { gaps.push({ step: "item", item: item.code, count: 0 }); continue; }
    const { done, all, photos } = progress(checklist, item.code, draft);
    if (done < all) gaps.push({ step: "item", item: item.code, count: all - done });
    if (photos) gaps.push({ step: "photo", item: item.code, count: photos });
  }
  if (!draft.outcomes.length) gaps.push({ step: "outcome" });
  return gaps;
}

/**
 * Codes after one tap: "1" (nothing found) stands alone; a child brings its parent, a parent takes its children along.
 * @param {string[]} chosen @param {string} code @param {import("./types.js").OutcomeCode[]} tree @returns {string[]} in the tree's order
 */
export function toggled(chosen, code, tree) {
  const set = new Set(chosen);
  const parent = tree.find((c) => c.code === code)?.parent ?? null;
  if (set.has(code)) {
    set.delete(code);
    for (const c of tree) if (c.parent === code) set.delete(c.code);
  } else {
    if (code === "1") set.clear(); else set.delete("1");
    set.add(code);
    if (parent) set.add(parent);
  }
  return tree.map((c) => c.code).filter((c) => set.has(c));
}
