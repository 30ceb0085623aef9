/**
 * A field to sign in by hand. Keeps points, not a picture. Who cannot draw on glass makes the same mark with keys: the arrows
 * move the pen (with Shift, finely), Enter or the space bar puts it down and lifts it. It is the signer's own mark either way.
 */
import SignaturePad from "signature_pad";

const STEP = 14, FINE = 3;
const ARROWS = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });

/** @param {HTMLCanvasElement} canvas @param {HTMLElement} nib shows where the keys' pen is @param {() => void} changed */
export function openPad(canvas, nib, changed) {
  const frame = canvas.getBoundingClientRect();
  const ratio = Math.max(1, devicePixelRatio || 1);
  canvas.width = Math.round(frame.width * ratio);
  canvas.height = Math.round(frame.height * ratio);
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).scale(ratio, ratio);
  const pad = new SignaturePad(canvas, { penColor: "#14202b", minWidth: 0.9, maxWidth: 2.8 });
  pad.addEventListener("endStroke", changed);
  const pen = { x: frame.width * 0.2, y: frame.height * 0.5, down: false };
  const show = () => { nib.hidden = document.activeElement !== canvas || !canvas.matches(":focus-visible"); nib.style.transform = `translate(${pen.x}px, ${pen.y}px)`; nib.classList.toggle("down", pen.down); };
  const point = () => ({ x: pen.x, y: pen.y, pressure: 0.5, time: Date.now() });

  function keys(/** @type {KeyboardEvent} */ e) {
    const way = ARROWS[e.key];
    if (!way && e.key !== "Enter" && e.key !== " ") return;
    e.preventDefault();
    const groups = pad.toData();
    if (!way) {
      pen.down = !pen.down;
      if (pen.down) groups.push({ points: [point()], penColor: "#14202b", dotSize: 0, minWidth: 0.9, maxWidth: 2.8, velocityFilterWeight: 0.7, compositeOperation: "source-over" });
    } else {
      const by = e.shiftKey ? FINE : STEP;
      pen.x = Math.min(frame.width - 6, Math.max(6, pen.x + way[0] * by));
      pen.y = Math.min(frame.height - 6, Math.max(6, pen.y + way[1] * by));
      if (pen.down) groups[groups.length - 1]?.points.push(point());
    }
    if (pen.down || !way) { pad.fromData(groups); changed(); }
    show();
  }
  canvas.addEventListener("keydown", keys);
  canvas.addEventListener("focus", show);
  canvas.addEventListener("blur", show);
  return {
    /** @returns {{groups: any[], w: number, h: number}} */
    read: () => ({ groups: pad.toData(), w: frame.width, h: frame.height }),
    /** @returns {boolean} more than a stray touch */
    signed: () => pad.toData().reduce((n, g) => n + g.points.length, 0) >= 8,
    clear: () => { pad.clear(); pen.down = false; show(); changed(); },
    close: () => { pad.off(); canvas.removeEventListener("keydown", keys); canvas.removeEventListener("focus", show); canvas.removeEventListener("blur", show); },
  };
}
