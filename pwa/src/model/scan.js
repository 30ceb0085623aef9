/** What a scanned or typed text says about the enterprise in front of the officer. Pure. */

const CODE = /(?<![0-9A-Z])[0-9A-HJ-NP-RTUWXY]{18}(?![0-9A-Z])/;
const LEGACY = /(?<!\d)\d{13,15}(?!\d)/;

/**
 * @param {string} text of a QR code, or typed
 * @returns {{token: string|null, code: string|null}} the door code's token (`<site>/e/<token>`) and any enterprise code in it
 */
export function read(text) {
  const plain = text.normalize("NFKC").trim();
  const token = /\/e\/([A-Za-z0-9_-]{6,128})(?:[/?#]|$)/.exec(plain)?.[1] ?? null;
  const upper = plain.toUpperCase();
  const code = CODE.exec(upper)?.[0] ?? LEGACY.exec(upper)?.[0] ?? null;
  return { token, code };
}

/**
 * @param {string} text @param {{qr_token: string, code: string}} enterprise
 * @returns {{match: "door"|"licence"|"other"|"unreadable", value: string}} `value` is what the record keeps
 */
export function judge(text, enterprise) {
  const { token, code } = read(text);
  if (token !== null) return { match: token === enterprise.qr_token ? "door" : "other", value: token };
  if (code !== null) return { match: code === enterprise.code.toUpperCase() ? "licence" : "other", value: code };
  return { match: "unreadable", value: "" };
}
