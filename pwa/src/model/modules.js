/** The dark modules of a code as SVG path data. Pure. */
import { fromBase64url } from "./text.js";

/** @param {number} side modules in a row @param {string} bits the modules row by row, the most significant bit first @returns {string} horizontal runs */
export function pathOf(side, bits) {
  const raw = fromBase64url(bits);
  const dark = (/** @type {number} */ n) => (raw[n >> 3] >> (7 - (n & 7))) & 1;
  let path = "";
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (!dark(y * side + x)) continue;
      const from = x;
      while (x + 1 < side && dark(y * side + x + 1)) x++;
      path += `M${from} ${y}h${x - from + 1}v1h${from - x - 1}z`;
    }
  }
  return path;
}
