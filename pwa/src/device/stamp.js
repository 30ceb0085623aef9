/** Draws a photo's copy: the officer's marks over the picture, the strip of facts at its foot. The original is only read. */
import { encoded } from "./photo.js";

/** @typedef {import("../model/types.js").Mark} Mark */
/** @typedef {OffscreenCanvasRenderingContext2D|CanvasRenderingContext2D} Pen */
export const COPY_PX = 1280;
const RED = "#e5231b";
/** A face is left with so few points that nobody can be told from another. */
const CELLS = 5;

/** @param {Mark} m @param {number} w @param {number} h @returns {{x: number, y: number, w: number, h: number}} the box in pixels */
function box({ x1, y1, x2, y2 }, w, h) {
  const left = (Math.min(x1, x2) * w) / 1e4, top = (Math.min(y1, y2) * h) / 1e4;
  return { x: left, y: top, w: Math.max(1, (Math.abs(x2 - x1) * w) / 1e4), h: Math.max(1, (Math.abs(y2 - y1) * h) / 1e4) };
}

/** @param {Pen} pen @param {Mark} m @param {number} w @param {number} h */
function blur(pen, m, w, h) {
  const b = box(m, w, h);
  const cell = Math.max(1, Math.max(b.w, b.h) / CELLS);
  const small = new OffscreenCanvas(Math.max(1, Math.round(b.w / cell)), Math.max(1, Math.round(b.h / cell)));
  const to = /** @type {OffscreenCanvasRenderingContext2D} */ (small.getContext("2d"));
  to.imageSmoothingQuality = "high";
  to.drawImage(pen.canvas, b.x, b.y, b.w, b.h, 0, 0, small.width, small.height);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, b.x, b.y, b.w, b.h);
  pen.imageSmoothingEnabled = true;
}

/** @param {Pen} pen @param {Mark} m @param {number} w @param {number} h */
function line(pen, m, w, h) {
  const stroke = () => {
    pen.beginPath();
    if (m.kind === "circle") {
      const b = box(m, w, h);
      pen.ellipse(b.x + b.w / 2, b.y + b.h / 2, b.w / 2, b.h / 2, 0, 0, 2 * Math.PI);
    } else {
      const [x1, y1, x2, y2] = [(m.x1 * w) / 1e4, (m.y1 * h) / 1e4, (m.x2 * w) / 1e4, (m.y2 * h) / 1e4];
      const turn = Math.atan2(y2 - y1, x2 - x1), head = Math.max(w, h) / 28;
      pen.moveTo(x1, y1);
      pen.lineTo(x2, y2);
      for (const side of [-0.5, 0.5]) {
        pen.moveTo(x2, y2);
        pen.lineTo(x2 - head * Math.cos(turn + side), y2 - head * Math.sin(turn + side));
      }
    }
    pen.stroke();
  };
  pen.lineCap = pen.lineJoin = "round";
  const thick = Math.max(3, Math.max(w, h) / 180);
  pen.strokeStyle = "#fff"; pen.lineWidth = thick * 1.9; stroke(); // a white edge, so that red shows on red
  pen.strokeStyle = RED; pen.lineWidth = thick; stroke();
}

/** @param {Pen} pen @param {Mark[]} shapes @param {number} w @param {number} h areas are blurred first: no mark is lost under one */
export function drawMarks(pen, shapes, w, h) {
  for (const m of shapes) if (m.kind === "blur") blur(pen, m, w, h);
  for (const m of shapes) if (m.kind !== "blur") line(pen, m, w, h);
}

/** @param {Pen} pen @param {string[]} lines @param {number} w @param {number} h */
function strip(pen, lines, w, h) {
  const size = Math.round(Math.max(14, Math.min(w, h) / 42)), step = Math.round(size * 1.4), edge = Math.round(size * 0.7);
  const tall = lines.length * step + edge;
  pen.fillStyle = "rgb(0 0 0 / 55%)";
  pen.fillRect(0, h - tall, w, tall);
  pen.font = `600 ${size}px system-ui, sans-serif`;
  pen.textBaseline = "middle";
  pen.fillStyle = "#fff";
  lines.forEach((text, n) => pen.fillText(text, edge, h - tall + edge / 2 + step * (n + 0.5), w - 2 * edge));
}

/**
 * @param {{data: ArrayBuffer, type: string}} original @param {string[]} lines @param {Mark[]} shapes
 * @returns {Promise<{data: ArrayBuffer, type: string, thumb: ArrayBuffer}>}
 */
export async function stamped({ data, type }, lines, shapes) {
  const bitmap = await createImageBitmap(new Blob([data], { type }));
  try {
    const scale = Math.min(1, COPY_PX / Math.max(bitmap.width, bitmap.height));
    const canvas = new OffscreenCanvas(Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)));
    const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
    pen.imageSmoothingQuality = "high";
    pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    drawMarks(pen, shapes, canvas.width, canvas.height);
    strip(pen, lines, canvas.width, canvas.height);
    return await encoded(canvas, 0.74);
  } finally { bitmap.close(); }
}
