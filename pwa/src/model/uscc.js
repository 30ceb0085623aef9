/** Is this text a unified social credit code 统一社会信用代码 (GB 32100-2015)? Both checks, as backend/registry/uscc.py; tests/vectors/uscc.json. Pure. */

const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const INNER = [3, 7, 9, 10, 5, 8, 4, 2];

/** @param {string} code 18 characters, upper case @returns {boolean} outer check and that of the organisation code inside: ID-card numbers can pass the first */
export function isUscc(code) {
  if (!/^[0-9A-HJ-NP-RTUWXY]{2}\d{6}[0-9A-Z]{8}[0-9X][0-9A-HJ-NP-RTUWXY]$/.test(code)) return false;
  let sum = 0;
  for (let i = 0, weight = 1; i < 17; i++, weight = (weight * 3) % 31) {
    const value = ALPHABET.indexOf(code[i]);
    if (value < 0) return false;
    sum += value * weight;
  }
  if (ALPHABET[(31 - (sum % 31)) % 31] !== code[17]) return false;
  const inner = INNER.reduce((total, weight, i) => total + weight * parseInt(code[8 + i], 36), 0);
  return "0123456789X"[(11 - (inner % 11)) % 11] === code[16];
}
