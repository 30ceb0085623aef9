// The work of a verification, in a worker beside the page or, from a saved copy, in the page itself.
import { explain, verifyBundle } from "../src/model/draw.js";
import { readFrame } from "../src/model/frame.js";
import { isSigned } from "./beacon.js";

/** @typedef {Record<string, any>} Bundle */

export class Verification {
  constructor() {
    /** @type {Bundle} */
    this.bundle = {};
    /** @type {Bundle[]} */
    this.rows = [];
  }

  /**
   * @param {Bundle} bundle @param {ReadableStream<Uint8Array>|null} stream the frame, where the bundle has none
   * @param {(message: Bundle) => void} tell progress: {stage: "frame", rows} and {stage: "checks", done, total}
   */
  async run(bundle, stream, tell) {
    const frame = stream ? await readFrame(stream, (rows) => tell({ stage: "frame", rows })) : null;
    this.bundle = bundle;
    this.rows = frame?.rows ?? bundle.frame ?? [];
    const result = await verifyBundle(bundle, { frame, isSigned, onProgress: (done, total) => tell({ stage: "checks", done, total }) });
    return { ...result, rows: this.rows.length };
  }

  /** @param {string} code @param {{class: string, salt: string}|null} opened */
  why(code, opened) {
    return explain(this.bundle, code.trim().toUpperCase(), this.rows, opened);
  }
}
