/** From a camera frame or a picture file to the bytes that are kept: at most 1600 px, WebP or JPEG, hashed by the store. */
export const LONGEST_PX = 1600;
const THUMB_PX = 240;

/** @param {ImageBitmap} bitmap @param {number} longest @param {number} quality @returns {Promise<Blob>} */
async function shrunk(bitmap, longest, quality) {
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)));
  const ctx = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  ctx.imageSmoothingQuality = "high";
  ctx.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return written(canvas, quality);
}

/** @param {OffscreenCanvas} canvas @param {number} quality @returns {Promise<Blob>} */
async function written(canvas, quality) {
  const webp = await canvas.convertToBlob({ type: "image/webp", quality });
  return webp.type === "image/webp" ? webp : canvas.convertToBlob({ type: "image/jpeg", quality });
}

/** @param {OffscreenCanvas} canvas @param {number} quality @returns {Promise<{data: ArrayBuffer, type: string, thumb: ArrayBuffer}>} */
export async function encoded(canvas, quality) {
  const full = await written(canvas, quality);
  const bitmap = await createImageBitmap(canvas);
  try {
    const thumb = await shrunk(bitmap, THUMB_PX, 0.7);
    return { data: await full.arrayBuffer(), type: full.type, thumb: await thumb.arrayBuffer() };
  } finally { bitmap.close(); }
}

/**
 * @param {HTMLVideoElement|Blob} source
 * @returns {Promise<{data: ArrayBuffer, type: string, thumb: ArrayBuffer}>} @throws when a file is not a picture
 */
export async function take(source) {
  const bitmap = await createImageBitmap(source, source instanceof Blob ? { imageOrientation: "from-image" } : undefined);
  try {
    const full = await shrunk(bitmap, LONGEST_PX, 0.82);
    const thumb = await shrunk(bitmap, THUMB_PX, 0.7);
    return { data: await full.arrayBuffer(), type: full.type, thumb: await thumb.arrayBuffer() };
  } finally { bitmap.close(); }
}
