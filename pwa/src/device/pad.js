/** A field to sign in by hand. Keeps points, not a picture. */
import SignaturePad from "signature_pad";

/** @param {HTMLCanvasElement} canvas @param {() => void} changed */
export function openPad(canvas, changed) {
  const frame = canvas.getBoundingClientRect();
  const ratio = Math.max(1, devicePixelRatio || 1);
  canvas.width = Math.round(frame.width * ratio);
  canvas.height = Math.round(frame.height * ratio);
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).scale(ratio, ratio);
  const pad = new SignaturePad(canvas, { penColor: "#14202b", minWidth: 0.9, maxWidth: 2.8 });
  pad.addEventListener("endStroke", changed);
  return {
    /** @returns {{groups: any[], w: number, h: number}} */
    read: () => ({ groups: pad.toData(), w: frame.width, h: frame.height }),
    /** @returns {boolean} more than a stray touch */
    signed: () => pad.toData().reduce((n, g) => n + g.points.length, 0) >= 8,
    clear: () => { pad.clear(); changed(); },
    close: () => pad.off(),
  };
}
