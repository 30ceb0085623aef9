/** What a scanned or typed text says about the enterprise in front of the officer. Pure. */
import { isUscc } from "./uscc.js";

const CODE = /(?<![0-9A-Z])[0-9A-HJ-NP-RTUWXY]{18}(?![0-9A-Z])/g;
const LEGACY = /(?<!\d)\d{13,15}(?!\d)/g;
/** An ID-card number: a licence's text may carry one, and it is nobody's business here. */
const PERSON = /^\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]$/;

/** A code as the office signs it (backend/placards/rules.py); its signature only the server can check. */
const SIGNED = /^1[a-z2-7]{26}$/;

/** @typedef {{qr_token: string, code: string, name?: string, placards?: {code: string, ground: string}[]}} Door */

/** @param {string} text @returns {string} half-width, and with every escape of a URL undone, for a code may follow straight upon one ("%2291..") */
function plain(text) {
  let now = text.normalize("NFKC").trim();
  for (let i = 0; i < 3 && /%[0-9a-f]{2}/i.test(now); i++) {
    const before = now;
    try { now = decodeURIComponent(now); } catch { now = now.replace(/%[0-9a-f]{2}/gi, " "); }
    if (now === before) break;
  }
  return now;
}

/**
 * @param {string} text of a QR code, or typed
 * @returns {{token: string|null, code: string|null, codes: string[], text: string}} the door code's token (`<site>/e/<token>`) and every enterprise code in it, the sound ones first
 */
export function read(text) {
  const all = plain(text);
  const token = /\/e\/([A-Za-z0-9_-]{6,128})(?:[/?#]|$)/.exec(all)?.[1] ?? null;
  const upper = all.toUpperCase();
  const codes = [...(upper.match(CODE) ?? []).filter((c) => isUscc(c) || !PERSON.test(c)), ...(upper.match(LEGACY) ?? [])];
  codes.sort((a, b) => Number(isUscc(b)) - Number(isUscc(a)));
  return { token, code: codes[0] ?? null, codes, text: upper };
}

/** @param {string} token @param {Door} door @returns {""|"old"|"revoked"|"abuse"|null} null: not this door's code */
function hintOf(token, door) {
  const placard = door.placards?.find((p) => p.code === token);
  if (placard) return placard.ground === "" ? "" : placard.ground === "abuse" ? "abuse" : "revoked";
  // A card from before codes were signed is out of date once there is a signed one.
  return token === door.qr_token ? (door.placards?.some((p) => p.ground === "") ? "old" : "") : null;
}

/**
 * @param {string} text @param {Door} enterprise @param {Door[]} [known] other enterprises on this phone
 * @returns {{match: "door"|"licence"|"other"|"unreadable", value: string, name: string, hint: ""|"old"|"revoked"|"abuse"|"new"}} `value` is what the
 * record keeps, `name` of another enterprise if it is known. `hint`: the code is of this door and out of date, or was reported as misused; "new":
 * a signed code that this phone does not know, as one is that was issued after its last contact
 */
export function judge(text, enterprise, known = []) {
  const { token, codes, text: upper } = read(text);
  const own = enterprise.code.toUpperCase();
  if (token !== null) {
    const hint = hintOf(token, enterprise);
    if (hint !== null) return { match: "door", value: token, name: "", hint };
    const owner = known.find((k) => hintOf(token, k) !== null);
    return { match: "other", value: token, name: owner?.name ?? "", hint: !owner && SIGNED.test(token) ? "new" : "" };
  }
  // Eighteen characters do not stand in a text by chance, wherever they stand; a number of 13 to 15 digits may.
  if (codes.includes(own) || (own.length === 18 && upper.includes(own))) return { match: "licence", value: enterprise.code, name: "", hint: "" };
  const other = known.find((k) => codes.includes(k.code.toUpperCase()));
  if (other) return { match: "other", value: other.code, name: other.name ?? "", hint: "" };
  return codes.length ? { match: "other", value: codes[0], name: "", hint: "" } : { match: "unreadable", value: "", name: "", hint: "" };
}
