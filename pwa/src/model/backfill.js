/**
 * A visit that goes on without a scan: to be scanned, or explained, within ten natural days of its beginning. Pure.
 * The office judges by the day on which it learns of it (backend/inspections/backfill_rules.py).
 */
import { dayOf, daysLeft } from "./text.js";

export const WINDOW_DAYS = 10;

/** @param {number} started_ms by this phone's clock @returns {string} the last day in time, "YYYY-MM-DD" */
export function backfillDue(started_ms) {
  return dayOf(started_ms + WINDOW_DAYS * 86_400_000); // no day of China's calendar has had other than 24 hours since 1991
}

/**
 * @param {{unscanned?: {t_dev: number}|null, scan: any}|undefined} draft @param {{scan_due_on?: string|null, state?: string}} inspection @param {Date} now
 * @returns {{due: string, days: number}|null} what is owed and how many days are left (negative: overdue); null when nothing is
 */
export function scanOwed(draft, inspection, now) {
  if (draft?.scan || inspection.state === "on_site") return null; // a colleague has scanned in
  const due = inspection.scan_due_on ?? (draft?.unscanned ? backfillDue(draft.unscanned.t_dev) : null);
  return due ? { due, days: daysLeft(due, dayOf(now)) } : null;
}
