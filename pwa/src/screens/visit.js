/** What every screen of one inspection reads: the inspection, its forms, the open draft, where it stands. */
import { latest, phase } from "../model/phase.js";
import { owed } from "../model/team.js";
import { t } from "../model/i18n.js";
import { transfer } from "../model/words.js";
import * as outbox from "../store/outbox.js";
import * as work from "../store/work.js";

/** @typedef {Awaited<ReturnType<typeof visit>>} Visit */

/** @param {string} id of the inspection */
export async function visit(id) {
  const [inspection, draft, subs, actions, checklists, codes, recused, states, periods] = await Promise.all([
    work.inspection(id), work.openDraft(id), outbox.submissions(), outbox.actions(), work.checklists(), work.outcomeCodes(), work.meta(`recused:${id}`), outbox.blobStates(), work.scanPeriods()]);
  const submission = latest(subs, id);
  const receiving = actions.some((a) => a.inspection === id && a.kind === "receive");
  return { id, inspection, draft, submission, way: submission ? transfer(submission, new Map(states.map((b) => [b.sha256, b]))) : null, receiving, recused, checklists, codes, periods, owed: inspection ? owed(inspection, actions) : null, stage: inspection ? phase(inspection, { draft, submission, receiving }) : null };
}

/** @param {string} id @returns {Promise<import("../model/types.js").Draft>} */
export const draftFor = (id) => work.ensureDraft(id, { submission: crypto.randomUUID(), now: Date.now() });

/** @param {string} id */
export const hub = (id) => `#/inspection/${id}`;

/** What a screen shows when its inspection is not on this phone. */
export const unknown = () => ({ title: t("找不到"), back: "#/", body: t("这户检查不在本机。请先同步。") });
