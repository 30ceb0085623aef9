/** Reads QR codes (zxing compiled to WebAssembly, our own copy), loaded when a scanner first opens. */
const WASM = "/field/vendor/zxing-wasm/dist/reader/zxing_reader.wasm";

/** @type {Promise<typeof import("zxing-wasm/reader")>|null} */
let loading = null;
function load() {
  loading ??= import("zxing-wasm/reader").then((zxing) => {
    zxing.prepareZXingModule({ overrides: { locateFile: () => WASM } });
    return zxing;
  });
  loading.catch(() => { loading = null; });
  return loading;
}

/** @param {Blob|ImageData} picture @returns {Promise<string|null>} the first code's text */
export async function decode(picture) {
  const { readBarcodes } = await load();
  const found = await readBarcodes(picture, { formats: ["QRCode"], tryHarder: true, tryInvert: true, maxNumberOfSymbols: 1 });
  return found.find((f) => f.isValid && f.text)?.text ?? null;
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
