/** Small pure conversions between bytes, numbers and what people read. */
import { spoken, t } from "./i18n.js";

/** @param {Uint8Array|ArrayBuffer} bytes @returns {string} lower-case hex */
export function hex(bytes) {
  return Array.from(new Uint8Array(bytes), (b) => b.toString(16).padStart(2, "0")).join("");
}

/** @param {Uint8Array|ArrayBuffer} bytes @returns {string} base64url without padding */
export function base64url(bytes) {
  let text = "";
  for (const b of new Uint8Array(bytes)) text += String.fromCharCode(b);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** @param {string} text base64url @returns {Uint8Array<ArrayBuffer>} */
export function fromBase64url(text) {
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}

/** @param {number} bytes @returns {string} */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${Math.round(bytes / 1024)} KB`;
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
  return `${(bytes / 1024 ** 3).toFixed(1)} GB`;
}

const BEIJING = { timeZone: "Asia/Shanghai" };

/** @param {Intl.DateTimeFormatOptions} how @returns {Intl.DateTimeFormat} in the language spoken and in Beijing time, whatever zone the phone is set to: deadlines are days of China's calendar */
export const inBeijing = (how) => new Intl.DateTimeFormat(spoken() === "en" ? "en-GB" : "zh-CN", { ...how, ...BEIJING });

/** @param {number|null} ms @returns {string} month, day and time */
export function moment(ms) {
  if (ms === null) return "—";
  return inBeijing({ month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false }).format(ms);
}

/** @param {number} ms @returns {string} hours and minutes */
export function clockTime(ms) {
  return inBeijing({ hour: "2-digit", minute: "2-digit", hour12: false }).format(ms);
}

/**
 * Whole days from `today` to `due`, both "YYYY-MM-DD"; negative when overdue.
 * @param {string} due @param {string} today @returns {number}
 */
export function daysLeft(due, today) {
  return Math.round((Date.parse(`${due}T00:00Z`) - Date.parse(`${today}T00:00Z`)) / 86_400_000);
}

/** @param {number} days @returns {string} */
export function dueWords(days) {
  if (days < 0) return t("逾期 %(n)s 天", { n: -days });
  if (days === 0) return t("今天到期");
  return t("还剩 %(n)s 天", { n: days });
}

const DAY = new Intl.DateTimeFormat("sv-SE", BEIJING);

/** @param {Date|number} date a moment @returns {string} the day in China, "YYYY-MM-DD" */
export const dayOf = (date) => DAY.format(date);

/** @param {string} hash @returns {string} hex in groups of four, so that two people can compare it aloud */
export const grouped = (hash) => (hash.match(/.{1,4}/g) ?? []).join(" ");
