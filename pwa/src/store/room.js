/**
 * Whether so many bytes more would fit. Browsers no longer tell: since 2025 Chromium's `storage.estimate()` reports ten
 * gigabytes more than is used, whatever the disk says. So a file is stretched to that length and thrown away unwritten:
 * the browser checks its real limit, in a few milliseconds and without a byte on the disk.
 */

/** @param {number} bytes @returns {Promise<boolean|null>} null where the browser cannot be asked this way */
export async function fits(bytes) {
  try {
    const folder = await navigator.storage.getDirectory();
    const file = await folder.getFileHandle("room", { create: true });
    const writer = await file.createWritable();
    try {
      await writer.truncate(bytes);
      return true;
    } finally { await writer.abort().catch(() => {}); }
  } catch (error) {
    return error instanceof DOMException && error.name === "QuotaExceededError" ? false : null;
  }
}
