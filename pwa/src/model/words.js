/**
 * The state of each record in words, the same on every screen: draft, sealed, sending 3 of 7, received no. 1234.
 * Pure. Proven by pwa/test/words.test.js.
 *
 * @typedef {import("./types.js").SubmissionRow} SubmissionRow
 * @typedef {{word: string, tone: string}} Word
 * @typedef {{files: number, sent: number, sending: boolean, held: any[]}} Transfer how far a record's files are; `held`: set aside for a person
 */
import { t } from "./i18n.js";
import { THERE } from "./states.js";

/** @param {SubmissionRow} s @param {Map<string, any>} blobs rows by hash @returns {Transfer} */
export function transfer(s, blobs) {
  const files = s.hashes.map((h) => blobs.get(h)).filter((b) => b !== undefined);
  return {
    files: files.length, sent: files.filter((b) => THERE.includes(b.state)).length, sending: s.state === "inflight" || files.some((b) => b.state === "sending"),
    held: files.filter((b) => b.state === "quarantined"),
  };
}

/** @param {number|null} index of the record in the ledger @returns {string} */
export const receivedWord = (index) => (index === null ? t("已收到，编号待定") : t("已收到，编号 %(n)s", { n: index }));

/**
 * The record itself counts as the last of its pieces: "3 of 7" is three of six files and one record.
 * @param {Pick<SubmissionRow, "state"|"attempts"|"ledger_index">} s @param {Pick<Transfer, "files"|"sent"|"sending">} way @returns {Word}
 */
export function recordWord(s, { files, sent, sending }) {
  if (s.state === "conflict") return { word: t("有冲突，请处理"), tone: "bad" };
  if (s.state === "rejected") return { word: t("未被接收，请处理"), tone: "bad" };
  if (s.state !== "ready" && s.state !== "inflight") return { word: receivedWord(s.ledger_index), tone: "good" };
  const of = { sent, all: files + 1 };
  if (sending) return { word: t("发送中 %(sent)s/%(all)s", of), tone: "wait" };
  if (sent) return { word: t("已发送 %(sent)s/%(all)s，待继续", of), tone: "wait" };
  return { word: s.attempts ? t("已封存，等待重试") : t("已封存，待发送"), tone: "wait" };
}
