/**
 * Where one inspection stands on this phone: the server's state and our unsent work, in one word. Pure.
 * @typedef {"receive"|"work"|"frozen"|"waiting"|"conflict"|"rejected"|"returned"|"done"|"closed"} Phase
 * @typedef {import("./types.js").Inspection} Inspection
 * @typedef {import("./types.js").Draft} Draft
 * @typedef {import("./types.js").SubmissionRow} SubmissionRow
 */
import { queued } from "./states.js";

/**
 * @param {Inspection} inspection
 * @param {{draft?: Draft|undefined, submission?: SubmissionRow|undefined, receiving: boolean}} mine the open draft, the
 *   latest sealed submission, and whether a 签收 waits to be sent
 * @returns {Phase}
 */
export function phase(inspection, { draft, submission, receiving }) {
  if (draft?.state === "open" && handedIn(inspection)) return inspection.closed ? "closed" : "done";
  if (draft) return draft.state === "frozen" ? "frozen" : "work";
  if (submission) {
    if (queued(submission)) return "waiting";
    if (submission.state === "conflict" || submission.state === "rejected") return submission.state;
    // a bundle older than our receipt still says "returned": only a newer version is a new return
    return inspection.state === "returned" && inspection.version > submission.record.version ? "returned" : "done";
  }
  if (inspection.closed) return "closed";
  if (inspection.state === "dispatched" && !receiving) return "receive";
  if (inspection.state === "returned") return "returned";
  return ["dispatched", "received", "on_site"].includes(inspection.state) ? "work" : "done";
}

/** A colleague's record of this visit stands: what was said here is in it, or beside it. @param {Inspection} inspection @returns {boolean} */
const handedIn = (inspection) => inspection.submission?.mine === false && ["submitted", "under_review", "published"].includes(inspection.state);

/** @param {SubmissionRow[]} rows @param {string} inspection @returns {SubmissionRow|undefined} */
export const latest = (rows, inspection) => rows.filter((r) => r.inspection === inspection).sort((a, b) => b.record.seq - a.record.seq)[0];
