/** A photo on the screen that can be drawn over. Tells drags in parts of the picture, whatever its size here. */
import { drawMarks } from "./stamp.js";

/** @typedef {import("../model/types.js").Mark} Mark */
/** @typedef {{draw: (shapes: Mark[]) => void, close: () => void}} Sheet */
const LONGEST_PX = 1280;

/**
 * @param {HTMLCanvasElement} canvas @param {{data: ArrayBuffer, type: string}} picture
 * @param {{drag: (from: {x: number, y: number}, to: {x: number, y: number}, done: boolean) => void, shapes: () => Mark[]}} hear
 * @returns {Promise<Sheet>}
 */
export async function sheet(canvas, { data, type }, { drag, shapes }) {
  const bitmap = await createImageBitmap(new Blob([data], { type }));
  const scale = Math.min(1, LONGEST_PX / Math.max(bitmap.width, bitmap.height));
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  /** @param {Mark[]} marks */
  const draw = (marks) => {
    pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    drawMarks(pen, marks, canvas.width, canvas.height);
  };
  /** @type {{x: number, y: number}|null} */
  let from = null;
  const at = (/** @type {PointerEvent} */ e) => {
    const r = canvas.getBoundingClientRect();
    return { x: (e.clientX - r.left) / r.width, y: (e.clientY - r.top) / r.height };
  };
  const down = (/** @type {PointerEvent} */ e) => { from = at(e); canvas.setPointerCapture(e.pointerId); };
  const move = (/** @type {PointerEvent} */ e) => { if (from) drag(from, at(e), false); };
  const up = (/** @type {PointerEvent} */ e) => { if (from) drag(from, at(e), true); from = null; };
  const lost = () => { from = null; draw(shapes()); };
  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", lost);
  draw(shapes());
  return {
    draw,
    close: () => {
      canvas.removeEventListener("pointerdown", down);
      canvas.removeEventListener("pointermove", move);
      canvas.removeEventListener("pointerup", up);
      canvas.removeEventListener("pointercancel", lost);
      bitmap.close();
    },
  };
}
