// drand's quicknet beacon, verified offline: the browser's twin of backend/draws/beacon.py.
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { hexToBytes } from "@noble/hashes/utils.js";

const PUBLIC_KEY =
  "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a";
const DOMAIN = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";

/** Whether the network signed this round. @param {number} round @param {Uint8Array} signature */
export function isSigned(round, signature) {
  try {
    const counter = new Uint8Array(8);
    new DataView(counter.buffer).setBigUint64(0, BigInt(round));
    const { shortSignatures } = bls12_381;
    return shortSignatures.verify(signature, shortSignatures.hash(sha256(counter), DOMAIN), hexToBytes(PUBLIC_KEY));
  } catch {
    return false;
  }
}
