/**
 * A ZIP file written piece by piece, stored and not compressed: photos do not shrink, and nothing large is ever held twice.
 * Pure. APPNOTE.TXT 6.3.3 without ZIP64: below 4 GB and 65,535 entries. Proven by pwa/test/zip.test.js and tests/rooms/test_unsent_files.py.
 */
const TABLE = new Uint32Array(256).map((_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

/** @param {Uint8Array} bytes @returns {number} CRC-32 (IEEE 802.3) */
export function crc32(bytes) {
  let c = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) c = TABLE[(c ^ bytes[i]) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

const UTF8_NAME = 0x0800;

/** @param {[number, 2|4][]} fields value and width @returns {Uint8Array<ArrayBuffer>} little-endian */
function packed(fields) {
  const out = new DataView(new ArrayBuffer(fields.reduce((n, [, width]) => n + width, 0)));
  let at = 0;
  for (const [value, width] of fields) {
    if (width === 2) out.setUint16(at, value, true); else out.setUint32(at, value, true);
    at += width;
  }
  return new Uint8Array(out.buffer);
}

export class Zip {
  /** @param {Date} time of every entry, as this phone's clock shows it */
  constructor(time) {
    this.day = ((time.getFullYear() - 1980) << 9) | ((time.getMonth() + 1) << 5) | time.getDate();
    this.clock = (time.getHours() << 11) | (time.getMinutes() << 5) | (time.getSeconds() >> 1);
    /** @type {BlobPart[]} */
    this.parts = [];
    /** @type {Uint8Array<ArrayBuffer>[]} */
    this.directory = [];
    this.size = 0;
    this.count = 0;
  }

  /** @param {string} name @param {Uint8Array<ArrayBuffer>} bytes may be let go of afterwards */
  add(name, bytes) {
    const path = new TextEncoder().encode(name);
    /** @type {[number, 2|4][]} */
    const shared = [[20, 2], [UTF8_NAME, 2], [0, 2], [this.clock, 2], [this.day, 2], [crc32(bytes), 4], [bytes.length, 4], [bytes.length, 4], [path.length, 2], [0, 2]];
    const head = packed([[0x04034b50, 4], ...shared]);
    this.directory.push(packed([[0x02014b50, 4], [20, 2], ...shared, [0, 2], [0, 2], [0, 2], [0, 4], [this.size, 4]]), path);
    this.parts.push(head, path, new Blob([bytes])); // the browser keeps a Blob's bytes outside this page's memory
    this.size += head.length + path.length + bytes.length;
    this.count++;
  }

  /** @returns {Blob} */
  finish() {
    const length = this.directory.reduce((n, d) => n + d.length, 0);
    const end = packed([[0x06054b50, 4], [0, 2], [0, 2], [this.count, 2], [this.count, 2], [length, 4], [this.size, 4], [0, 2]]);
    return new Blob([...this.parts, ...this.directory, end], { type: "application/zip" });
  }
}
