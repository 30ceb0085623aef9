/** A hand-written signature as SVG paths. Pure. */

/**
 * @param {ArrayBuffer|Uint8Array} bytes as `strokesBlob` of record.js made them
 * @returns {{w: number, h: number, content_sha256: string, paths: string[]}|null} null for what is no signature
 */
export function drawn(bytes) {
  try {
    const { w, h, content_sha256, strokes } = JSON.parse(new TextDecoder().decode(bytes));
    const paths = strokes.filter((/** @type {number[][]} */ s) => s.length).map((/** @type {number[][]} */ s) => `M${s.map(([x, y]) => `${Number(x)} ${Number(y)}`).join("L")}${s.length === 1 ? "h1" : ""}`);
    return { w: Number(w), h: Number(h), content_sha256, paths };
  } catch { return null; }
}
