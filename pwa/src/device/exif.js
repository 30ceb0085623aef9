/** What a chosen picture says of itself, read before the canvas strips it. Loaded with the first picture from the gallery. */
import { claimsOf } from "../model/evidence.js";
import { hex } from "../model/text.js";

const TAKEN = 36867, OFFSET = 36881, ERROR_M = 31; // DateTimeOriginal, OffsetTimeOriginal, GPSHPositioningError
const WANTED = /** @type {any} */ ({
  tiff: true, ifd0: false, exif: { pick: [TAKEN, OFFSET] }, gps: { pick: [1, 2, 3, 4, ERROR_M] },
  translateKeys: false, translateValues: false, reviveValues: false, mergeOutput: false,
});

/** @param {Blob} file @returns {Promise<import("../model/types.js").Claims>} all empty but the hash where the file says nothing */
export async function readClaims(file) {
  const data = await file.arrayBuffer();
  const sha256 = hex(await crypto.subtle.digest("SHA-256", data));
  // @ts-ignore - the mini build, a third of the whole, comes without types
  const { parse } = await import("exifr/dist/mini.esm.mjs");
  // Formats without EXIF, and broken EXIF, are no trouble: the picture counts, not its words.
  const told = /** @type {any} */ (await parse(data, WANTED).catch(() => null)) ?? {};
  return claimsOf({
    taken: told.exif?.[TAKEN], offset: told.exif?.[OFFSET], latitude: told.gps?.latitude, longitude: told.gps?.longitude, error_m: told.gps?.[ERROR_M],
  }, { sha256, bytes: data.byteLength });
}
