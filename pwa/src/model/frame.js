// A draw's frame as it streams in: each line's bytes are a leaf's input, so rows are hashed as they come and never kept as text.
import { bytesToHex } from "@noble/hashes/utils.js";
import { Tree } from "./merkle.js";
import { compareUtf8, digestInto } from "./tickets.js";

/** @typedef {{id: string, county: string, cell: string, st: string, cc: string}} Row */

const STEP = 262_144;
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** The canonical text of a row, by docs/draw-spec.md. @param {Row} row */
const canonical = (row) =>
  `{"cc":${JSON.stringify(row.cc)},"cell":${JSON.stringify(row.cell)},"county":${JSON.stringify(row.county)},"id":${JSON.stringify(row.id)},"st":${JSON.stringify(row.st)}}`;

// A row whose texts need no escapes, which is nearly every one: what matches is canonical, and its fields are the groups.
const PLAIN = /^\{"cc":"([^"\\\x00-\x1f]*)","cell":"([^"\\\x00-\x1f]*)","county":"([^"\\\x00-\x1f]*)","id":"([^"\\\x00-\x1f]*)","st":"([^"\\\x00-\x1f]*)"\}$/;

/** @param {string} text @returns {{row: Row, isCanonical: boolean}} */
function parse(text) {
  const plain = PLAIN.exec(text);
  if (plain) return { row: { cc: plain[1], cell: plain[2], county: plain[3], id: plain[4], st: plain[5] }, isCanonical: true };
  const row = JSON.parse(text);
  return { row, isCanonical: canonical(row) === text };
}

export class FrameReader {
  constructor() {
    /** @type {Row[]} */
    this.rows = [];
    this.tree = new Tree();
    /** Why the lines are no frame: the first line that is not canonical, or out of order. */
    this.error = "";
    this.bytes = 0;
    this.rest = new Uint8Array();
    this.input = new Uint8Array(1024);
  }

  /** @param {Uint8Array} chunk */
  push(chunk) {
    this.bytes += chunk.length;
    let data = chunk;
    if (this.rest.length) {
      data = new Uint8Array(this.rest.length + chunk.length);
      data.set(this.rest);
      data.set(chunk, this.rest.length);
    }
    let start = 0;
    for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10, start)) {
      this.#line(data.subarray(start, end));
      start = end + 1;
    }
    this.rest = data.slice(start);
  }

  /** The frame, after the last chunk. @returns {{rows: Row[], root: string, error: string}} */
  finish() {
    if (this.rest.length) this.#line(this.rest);
    this.rest = new Uint8Array();
    return { rows: this.rows, root: bytesToHex(this.tree.root()), error: this.error };
  }

  /** @param {Uint8Array} line */
  #line(line) {
    if (line.length === 0 || this.error) return;
    const place = this.rows.length + 1;
    try {
      const text = UTF8.decode(line);
      const { row, isCanonical } = parse(text);
      if (!isCanonical) this.error = `line ${place} is not canonical`;
      if (place > 1 && compareUtf8(this.rows[place - 2].id, row.id) >= 0) this.error = `line ${place} is out of order`;
      this.rows.push(row);
    } catch (error) {
      this.error = `line ${place}: ${error instanceof Error ? error.message : error}`;
      return;
    }
    if (line.length + 1 > this.input.length) this.input = new Uint8Array(2 * line.length);
    this.input[0] = 0;
    this.input.set(line, 1);
    this.tree.push(digestInto(this.input.subarray(0, line.length + 1), new Uint8Array(32)));
  }
}

/**
 * Read a frame from a stream of bytes. @param {ReadableStream<Uint8Array>} stream @param {(rows: number, bytes: number) => void} [onProgress]
 */
export async function readFrame(stream, onProgress = () => {}) {
  const reader = new FrameReader();
  const source = stream.getReader();
  for (let { done, value } = await source.read(); !done; { done, value } = await source.read()) {
    // A chunk may be the whole frame.
    const chunk = /** @type {Uint8Array} */ (value);
    for (let at = 0; at < chunk.length; at += STEP) {
      reader.push(chunk.subarray(at, at + STEP));
      onProgress(reader.rows.length, reader.bytes);
    }
  }
  return reader.finish();
}
