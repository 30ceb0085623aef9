/** Reads QR codes, in a worker that starts when a scanner first opens. */

/** @type {Worker|null|undefined} null: this browser gives us none */
let worker;
/** @type {Map<number, {done: (text: string|null) => void, failed: (error: Error) => void}>} */
const asked = new Map();
let count = 0;

function start() {
  if (worker !== undefined) return worker;
  try {
    worker = new Worker("/field/app/device/qr_worker.js", { type: "module" });
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
    beside.postMessage({ n: count, picture });
    try { return await answer; } catch (error) { if (worker) throw error; }
  }
  return (await import("./qr_reader.js")).read(picture);
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
    while (going) {
      const { videoWidth: w, videoHeight: h } = video;
      if (w && h) {
        const scale = Math.min(1, 960 / Math.max(w, h));
        canvas.width = Math.round(w * scale);
        canvas.height = Math.round(h * scale);
        ctx.drawImage(video, 0, 0, canvas.width, canvas.height);
        const text = await decode(ctx.getImageData(0, 0, canvas.width, canvas.height)).catch(() => null);
        if (text && going) seen(text);
      }
      await new Promise((r) => setTimeout(r, 150));
    }
  })();
  return () => { going = false; };
}
