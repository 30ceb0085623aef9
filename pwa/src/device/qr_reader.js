/** Reads QR codes (zxing compiled to WebAssembly, our own copy). Runs in a worker where there are workers, else in the page: see qr.js. */
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
export async function read(picture) {
  const { readBarcodes } = await load();
  const found = await readBarcodes(picture, { formats: ["QRCode"], tryHarder: true, tryInvert: true, maxNumberOfSymbols: 1 });
  return found.find((f) => f.isValid && f.text)?.text ?? null;
}
