// Tickets by the hundred thousand: one hasher and one buffer for all of them, because a fresh object for each costs more than the hashing.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

const UTF8 = new TextEncoder();
const EMPTY = sha256.create();
const work = sha256.create();

/** SHA-256 of `message` into `out`, 32 bytes. @param {Uint8Array} message @param {Uint8Array} out */
export function digestInto(message, out) {
  EMPTY._cloneInto(work).update(message).digestInto(out);
  return out;
}

/** Ids are compared as UTF-8 bytes, which is code point order. @param {string} a @param {string} b */
export function compareUtf8(a, b) {
  const shorter = Math.min(a.length, b.length);
  let same = 0;
  while (same < shorter && a.charCodeAt(same) === b.charCodeAt(same)) same += 1;
  if (same === shorter) return a.length - b.length;
  const difference = a.charCodeAt(same) - b.charCodeAt(same);
  // Below the surrogates the units of a string are in the same order as its bytes.
  if (a.charCodeAt(same) < 0xd800 && b.charCodeAt(same) < 0xd800) return difference;
  const [x, y] = [UTF8.encode(a), UTF8.encode(b)];
  const n = Math.min(x.length, y.length);
  for (let i = 0; i < n; i += 1) if (x[i] !== y[i]) return x[i] - y[i];
  return x.length - y.length;
}

/** T(kind, f1, ..) in hex. @param {Uint8Array} prk @param {string} kind @param {...string} fields */
export function ticket(prk, kind, ...fields) {
  const tail = UTF8.encode([kind, ...fields].join("|"));
  const input = new Uint8Array(prk.length + tail.length);
  input.set(prk);
  input.set(tail, prk.length);
  return bytesToHex(digestInto(input, new Uint8Array(32)));
}

/**
 * `names` ascending by the ticket of `head + name`, then by their bytes. @param {Uint8Array} prk @param {string} head such as "obj|"
 * @param {string[]} names @returns {string[]}
 */
export function ranked(prk, head, names) {
  const lead = UTF8.encode(head);
  const start = prk.length + lead.length;
  let longest = 0;
  for (const name of names) longest = Math.max(longest, name.length);
  const input = new Uint8Array(start + 3 * longest);
  input.set(prk);
  input.set(lead, prk.length);
  const tail = input.subarray(start);
  const tickets = new Uint8Array(32 * names.length);
  const words = new DataView(tickets.buffer);
  // The first 52 bits decide but for one pair in millions of draws; the others are read only then.
  const keys = new Float64Array(names.length);
  for (let i = 0; i < names.length; i += 1) {
    const { written } = UTF8.encodeInto(names[i], tail);
    digestInto(input.subarray(0, start + written), tickets.subarray(32 * i, 32 * i + 32));
    keys[i] = words.getUint32(32 * i) * 0x100000 + (words.getUint32(32 * i + 4) >>> 12);
  }
  const rest = (/** @type {number} */ a, /** @type {number} */ b) => {
    for (let i = 0; i < 32; i += 1) if (tickets[32 * a + i] !== tickets[32 * b + i]) return tickets[32 * a + i] - tickets[32 * b + i];
    return compareUtf8(names[a], names[b]);
  };
  return Array.from(names.keys())
    .sort((a, b) => keys[a] - keys[b] || rest(a, b))
    .map((i) => names[i]);
}
