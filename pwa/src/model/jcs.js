// Canonical JSON: RFC 8785 under the profile of docs/draw-spec.md (ASCII keys, safe integers, NFC strings, no floats).
// The Python twin is backend/kernel/jcs.py; both run the shared vectors.

const UTF8 = new TextEncoder();
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

export class NotCanonical extends Error {}

/** @param {unknown} value @param {string} path @returns {string} */
function text(value, path) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new NotCanonical(`${path}: only integers below 2**53`);
    return String(value);
  }
  if (typeof value === "string") {
    if (LONE_SURROGATE.test(value)) throw new NotCanonical(`${path}: lone surrogate`);
    if (value.normalize("NFC") !== value) throw new NotCanonical(`${path}: not NFC`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item, i) => text(item, `${path}[${i}]`)).join(",")}]`;
  if (typeof value === "object" && value !== undefined) {
    const object = /** @type {Record<string, unknown>} */ (value);
    const keys = Object.keys(object).sort();
    for (const key of keys) {
      if (!/^[\x00-\x7f]*$/.test(key)) throw new NotCanonical(`${path}: key ${key} is not ASCII`);
    }
    return `{${keys.map((key) => `${JSON.stringify(key)}:${text(object[key], `${path}.${key}`)}`).join(",")}}`;
  }
  throw new NotCanonical(`${path}: ${typeof value} has no place in canonical JSON`);
}

/** The canonical text of a value. Throws NotCanonical with the path of the first part outside the profile. @param {unknown} value */
export function stringify(value) {
  return text(value, "$");
}

/** The canonical bytes of a value. @param {unknown} value @returns {Uint8Array<ArrayBuffer>} */
export function encode(value) {
  return /** @type {Uint8Array<ArrayBuffer>} */ (UTF8.encode(text(value, "$")));
}
