// Merkle trees of RFC 6962 / 9162, the browser's twin of backend/kernel/merkle.py.
import { sha256 } from "@noble/hashes/sha2.js";

export const EMPTY_ROOT = sha256(new Uint8Array());

/** @param {Uint8Array} a @param {Uint8Array} b */
export function equal(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** @param {Uint8Array} leaf */
export function leafHash(leaf) {
  const input = new Uint8Array(leaf.length + 1);
  input.set(leaf, 1);
  return sha256(input);
}

/** @param {Uint8Array} left @param {Uint8Array} right */
export function nodeHash(left, right) {
  const input = new Uint8Array(65);
  input[0] = 1;
  input.set(left, 1);
  input.set(right, 33);
  return sha256(input);
}

/** The root over leaf hashes given one by one, keeping only the right edge. */
export class Tree {
  constructor() {
    /** @type {Uint8Array[]} */
    this.edge = [];
    this.size = 0;
  }

  /** @param {Uint8Array} hash */
  push(hash) {
    this.size += 1;
    let node = hash;
    for (let size = this.size; size % 2 === 0; size /= 2) node = nodeHash(/** @type {Uint8Array} */ (this.edge.pop()), node);
    this.edge.push(node);
  }

  root() {
    if (this.edge.length === 0) return EMPTY_ROOT;
    return this.edge.reduceRight((right, left) => nodeHash(left, right));
  }
}

/** MTH over the leaves' bytes. @param {Iterable<Uint8Array>} leaves */
export function root(leaves) {
  const tree = new Tree();
  for (const leaf of leaves) tree.push(leafHash(leaf));
  return tree.root();
}

/**
 * The root that an inclusion path leads to (RFC 9162 section 2.1.3.2), or null where the path does not fit the place. `hash` is the leaf's hash.
 * @param {Uint8Array} hash @param {number} index @param {number} size @param {Uint8Array[]} proof @returns {Uint8Array|null}
 */
export function rootOfPath(hash, index, size, proof) {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return null;
  if ([hash, ...proof].some((h) => h.length !== 32)) return null;
  let place = index;
  let last = size - 1;
  let result = hash;
  const half = (/** @type {number} */ n) => Math.floor(n / 2);
  for (const sibling of proof) {
    if (last === 0) return null;
    if (place % 2 === 1 || place === last) {
      result = nodeHash(sibling, result);
      while (place % 2 === 0 && place !== 0) [place, last] = [half(place), half(last)];
    } else {
      result = nodeHash(result, sibling);
    }
    [place, last] = [half(place), half(last)];
  }
  return last === 0 ? result : null;
}

/**
 * What is malformed is not proven. `hash` is the leaf's hash.
 * @param {Uint8Array} hash @param {number} index @param {number} size @param {Uint8Array[]} proof @param {Uint8Array} expected
 */
export function verifyInclusion(hash, index, size, proof, expected) {
  const found = rootOfPath(hash, index, size, proof);
  return found !== null && equal(found, expected);
}
