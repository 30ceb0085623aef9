/** Keeps each photo's copy in step with its facts and marks. The newest draft decides; one copy is drawn at a time. */
import { stampLines } from "../model/evidence.js";
import { blob, dropBlob, keepBlob } from "../store/outbox.js";
import { editDraft, openDraft } from "../store/work.js";
import { stamped } from "./stamp.js";

/** @typedef {import("../model/types.js").Inspection} Inspection */

/**
 * @param {Inspection} inspection @param {string} sha256 of the original
 * @returns {Promise<string|null>} the copy's hash; null where photo or picture is gone
 */
export const keepCopy = (inspection, sha256) => navigator.locks.request(`sunlot-copy-${inspection.id}`, async () => {
  const draft = await openDraft(inspection.id);
  const photo = draft?.photos.find((p) => p.sha256 === sha256);
  const original = photo && (await blob(sha256));
  if (!draft || draft.state !== "open" || !photo || !original?.data.byteLength) return null;
  const officer = inspection.officers.find((o) => o.me)?.name ?? "";
  const lines = stampLines(photo, { enterprise: inspection.enterprise.name, number: inspection.campaign.number, officer, zone: -new Date(photo.t_dev).getTimezoneOffset() });
  const copy = await keepBlob(await stamped(original, lines, photo.shapes ?? []));
  const before = photo.marked ?? null;
  await editDraft(draft.submission, (d) => { for (const p of d.photos) if (p.sha256 === sha256) p.marked = copy.sha256; });
  if (before && before !== copy.sha256) await dropBlob(before);
  return copy.sha256;
});

/**
 * Before the content is fixed: no photo goes without its copy because the phone was closed too soon.
 * A picture that cannot be drawn holds nothing up: its original counts.
 * @param {Inspection} inspection
 */
export async function keepCopies(inspection) {
  for (const { sha256, marked, theirs } of (await openDraft(inspection.id))?.photos ?? []) {
    if (!marked && !theirs) await keepCopy(inspection, sha256).catch((error) => console.error("copy", error));
  }
}
