/**
 * A visit that goes on without a scan: to be scanned, or explained, within the days that the office's table of periods gives. Pure.
 * The office judges by the day on which it learns of it (backend/inspections/backfill_rules.py).
 *
 * @typedef {{days: number, unit: "natural"|"working", from: string, to: string|null}} ScanPeriod in force from a day up to, and no longer on, another
 */
import { dayOf, daysLeft } from "./text.js";

/** @param {string} day "YYYY-MM-DD" @param {ScanPeriod[]} periods @returns {number|null} natural days; null where the table, or the calendar of working days, is not on this phone */
export function daysAllowed(day, periods) {
  const found = periods.find((p) => p.from <= day && (p.to === null || day < p.to));
  return found?.unit === "natural" ? found.days : null;
}

/** @param {number} started_ms by this phone's clock @param {ScanPeriod[]} periods @returns {string|null} the last day in time, "YYYY-MM-DD" */
export function backfillDue(started_ms, periods) {
  const days = daysAllowed(dayOf(started_ms), periods);
  return days === null ? null : dayOf(started_ms + days * 86_400_000); // no day of China's calendar has had other than 24 hours since 1991
}

/**
 * @param {{unscanned?: {t_dev: number}|null, scan: any}|undefined} draft @param {{scan_due_on?: string|null, state?: string}} inspection
 * @param {Date} now @param {ScanPeriod[]} periods
 * @returns {{due: string|null, days: number}|null} what is owed and how many days are left (negative: overdue); no `due`: only the office knows; null when nothing is owed
 */
export function scanOwed(draft, inspection, now, periods) {
  if (draft?.scan || inspection.state === "on_site") return null; // a colleague has scanned in
  if (!inspection.scan_due_on && !draft?.unscanned) return null;
  const due = inspection.scan_due_on ?? (draft?.unscanned ? backfillDue(draft.unscanned.t_dev, periods) : null);
  return { due, days: due ? daysLeft(due, dayOf(now)) : 0 };
}
