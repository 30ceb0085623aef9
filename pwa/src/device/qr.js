/** Reads QR codes, in a worker that starts when a scanner first opens. */
import { scriptUrl } from "./ours.js";

/** @type {Worker|null|undefined} null: this browser gives us none */
let worker;
/** @type {Map<number, {done: (text: string|null) => void, failed: (error: Error) => void}>} */
const asked = new Map();
let count = 0;

function start() {
  if (worker !== undefined) return worker;
  try {
    worker = new Worker(scriptUrl("/field/app/device/qr_worker.js"), { type: "module" });
  } catch { worker = null; return worker; }
  worker.addEventListener("message", ({ data: { n, text, error } }) => {
    const one = asked.get(n);
    asked.delete(n);
    if (error === undefined) one?.done(text); else one?.failed(new Error(error));
  });
  worker.addEventListener("error", () => { // not loaded, or no module workers: from here on in the page
    worker = null;
    for (const one of asked.values()) one.failed(new Error("the worker did not start"));
    asked.clear();
  });
  return worker;
}

/** @param {Blob|ImageData} picture @returns {Promise<string|null>} the first code's text */
export async function decode(picture) {
  const beside = start();
  if (beside) {
    const answer = new Promise((/** @type {(text: string|null) => void} */ done, failed) => asked.set(++count, { done, failed }));
    beside.postMessage({ n: count, picture }, picture instanceof ImageData ? [picture.data.buffer] : []); // a frame is given away, not copied
    try { return await answer; } catch (error) { if (worker) throw error; }
  }
  return (await import("./qr_reader.js")).read(picture);
}

const LONGEST_PX = 960;

/**
 * Which part of a frame is read, and how large: in turn the whole of it made smaller, and its middle as sharp as the camera
 * has it, because a dense code that fills a fifth of the frame does not survive being made smaller.
 * @param {number} w @param {number} h of the frame @param {number} turn
 * @returns {{x: number, y: number, w: number, h: number, scale: number}}
 */
export function glance(w, h, turn) {
  const part = turn % 2 ? { x: Math.round(w / 4), y: Math.round(h / 4), w: Math.round(w / 2), h: Math.round(h / 2) } : { x: 0, y: 0, w, h };
  return { ...part, scale: Math.min(1, LONGEST_PX / Math.max(part.w, part.h)) };
}

/**
 * Looks at a running video until told to stop.
 * @param {HTMLVideoElement} video @param {(text: string) => void} seen called for every reading @returns {() => void} stop
 */
export function watch(video, seen) {
  let going = true;
  const canvas = document.createElement("canvas");
  const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  void (async () => {
    for (let turn = 0; going; turn++) {
      if (video.videoWidth && video.videoHeight) {
        const { x, y, w, h, scale } = glance(video.videoWidth, video.videoHeight, turn);
        canvas.width = Math.round(w * scale);
        canvas.height = Math.round(h * scale);
        ctx.drawImage(video, x, y, w, h, 0, 0, canvas.width, canvas.height);
        const text = await decode(ctx.getImageData(0, 0, canvas.width, canvas.height)).catch(() => null);
        if (text && going) seen(text);
      }
      await new Promise((r) => setTimeout(r, 150));
    }
  })();
  return () => { going = false; };
}
