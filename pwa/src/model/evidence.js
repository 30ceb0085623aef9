/**
 * Photos and voice notes as the record names them. Pure.
 *
 * Of each photo there are two files: the original as it was taken, whose hash is the proof, and a copy that people
 * look at, with a strip of facts and the officer's marks drawn into it. The record names both.
 *
 * @typedef {import("./types.js").PhotoRef} PhotoRef
 * @typedef {import("./types.js").VoiceRef} VoiceRef
 * @typedef {import("./types.js").Claims} Claims
 * @typedef {import("./types.js").Mark} Mark
 */
import { degrees, metres, trust } from "./place.js";

/** @param {PhotoRef} p @returns {Record<string, any>} as it stands in the record */
export function photoEntry({ sha256, bytes, type, item, q, t_dev, gps, source = "camera", claims = null, marked = null, shapes = [] }) {
  return { sha256, bytes, type, item, q, t_dev, gps, source, claims, marked, marks: marked ? counts(shapes) : {} };
}

/** @param {VoiceRef} v @param {(text: string) => string} clean @returns {Record<string, any>} as it stands in the record */
export const voiceEntry = ({ sha256, bytes, type, item, q, t_dev, ms, text }, clean) => ({ sha256, bytes, type, item, q, t_dev, ms, text: clean(text) });

/** @param {Mark[]} shapes @returns {Record<string, number>} how many of each kind, without the absent ones */
export function counts(shapes) {
  /** @type {Record<string, number>} */
  const found = {};
  for (const { kind } of shapes) found[kind] = (found[kind] ?? 0) + 1;
  return found;
}

/** @param {{photos: any[], voices?: any[]}} work a draft or a record @returns {string[]} its files, signatures apart */
export const filesOf = ({ photos, voices = [] }) => [...photos.flatMap((p) => [p.sha256, p.marked]), ...voices.map((v) => v.sha256)].filter((h) => typeof h === "string");

/** @param {PhotoRef} p @returns {string} the file that people are shown */
export const shown = (p) => p.marked ?? p.sha256;

const whole = (/** @type {unknown} */ n) => (typeof n === "number" && Number.isFinite(n) ? Math.round(n) : null);

/**
 * What a picture file says of itself, as integers. Anyone can write that: it is kept as a claim and never shown as a fact.
 * @param {{taken?: unknown, offset?: unknown, latitude?: unknown, longitude?: unknown, error_m?: unknown}} exif DateTimeOriginal, OffsetTimeOriginal, degrees, GPSHPositioningError
 * @param {{sha256: string, bytes: number}} file as it was chosen, before it was made smaller
 * @returns {Claims} `taken` are the file's own digits, YYYYMMDDhhmmss, in a zone that it gives (`offset_min`) or not
 */
export function claimsOf(exif, { sha256, bytes }) {
  const at = /^(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)/.exec(String(exif.taken ?? ""));
  const zone = /^([+-])(\d\d):(\d\d)/.exec(String(exif.offset ?? ""));
  const here = typeof exif.latitude === "number" && typeof exif.longitude === "number" && Math.abs(exif.latitude) <= 90 && Math.abs(exif.longitude) <= 180;
  return {
    file_sha256: sha256, file_bytes: bytes,
    taken: at && Number(at[1]) > 0 ? Number(at.slice(1).join("")) : null,
    offset_min: zone ? (zone[1] === "-" ? -1 : 1) * (Number(zone[2]) * 60 + Number(zone[3])) : null,
    lat_e7: here ? whole(/** @type {number} */ (exif.latitude) * 1e7) : null, lon_e7: here ? whole(/** @type {number} */ (exif.longitude) * 1e7) : null,
    acc_cm: here ? whole(typeof exif.error_m === "number" ? exif.error_m * 100 : null) : null,
  };
}

/** @param {number} digits YYYYMMDDhhmmss @returns {string} */
export const takenWords = (digits) => String(digits).padStart(14, "0").replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, "$1-$2-$3 $4:$5:$6");

/** @param {number} ms @param {number} zone minutes east of UTC @returns {string} the phone's clock with its zone */
export function stampTime(ms, zone) {
  const there = new Date(ms + zone * 60_000).toISOString().slice(0, 19).replace("T", " ");
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return `${there} ${zone < 0 ? "-" : "+"}${two(Math.floor(Math.abs(zone) / 60))}:${two(Math.abs(zone) % 60)}`;
}

/**
 * The strip in a photo's copy. Chinese whatever the officer reads: the copy belongs to the office's file.
 * @param {PhotoRef} p @param {{enterprise: string, number: string, officer: string, zone: number}} facts
 * @returns {string[]} lines
 */
export function stampLines(p, { enterprise, number, officer, zone }) {
  const taken = p.source === "gallery" ? `相册选入 ${stampTime(p.t_dev, zone)}` : `拍摄 ${stampTime(p.t_dev, zone)}`;
  const claimed = p.source === "gallery" ? [p.claims?.taken ? `文件自称拍摄于 ${takenWords(p.claims.taken)}（未核实）` : "文件没有拍摄时间"] : [];
  const at = p.source === "gallery" ? "选入时" : "";
  const spot = p.gps && trust(p.gps) === "stated" ? `位置 ${degrees(p.gps.lat_e7)}, ${degrees(p.gps.lon_e7)} ±${metres(p.gps)} 米`
    : p.gps ? `位置未核实 ${degrees(p.gps.lat_e7)}, ${degrees(p.gps.lon_e7)}${trust(p.gps) === "coarse" ? ` ±${metres(p.gps)} 米` : ""}` : "位置未核实";
  return [enterprise, taken, ...claimed, at + spot, `任务 ${number}  执法人员 ${officer}`, `原图 ${p.sha256.slice(0, 16)}`];
}
