/**
 * How far a position can be relied on. A phone's position is a claim: it is "unverified", never "false". Pure.
 * The office judges by the same rule (backend/inspections/position_rules.py); both run tests/vectors/position.json.
 * @typedef {import("./types.js").Gps} Gps
 */
import { t } from "./i18n.js";

/** Beyond this a position does not tell one door from the next. */
export const COARSE_CM = 10_000;

/**
 * @param {Gps|null|undefined} gps
 * @returns {"stated"|"none"|"zero"|"coarse"} `stated`: with an accuracy that can be true. No receiver is exact: an
 *   accuracy of 0 comes from programs that make positions up.
 */
export function trust(gps) {
  if (!gps) return "none";
  if (!(gps.acc_cm > 0)) return "zero";
  return gps.acc_cm > COARSE_CM ? "coarse" : "stated";
}

/** @param {Gps|null|undefined} gps @returns {string} */
export function placeWords(gps) {
  switch (trust(gps)) {
    case "none": return t("位置未核实：没有定位");
    case "zero": return t("位置未核实：没有给出精度");
    case "coarse": return t("位置未核实：精度只有 ±%(n)s 米", { n: metres(gps) });
    default: return t("定位 ±%(n)s 米", { n: metres(gps) });
  }
}

/** @param {Gps|null|undefined} gps @returns {number} */
export const metres = (gps) => Math.max(1, Math.round((gps?.acc_cm ?? 0) / 100));

/** @param {number} e7 degrees * 1e7 @returns {string} five digits after the point, about a metre */
export const degrees = (e7) => (e7 / 1e7).toFixed(5);
