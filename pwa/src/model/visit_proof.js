/**
 * 抽取证明: whether one visit was drawn, checked with nothing but the log's public key. Pure; never throws.
 * The twin of backend/draws/visit_proof.py (format: docs/draw-spec.md, "A visit's proof"); both run tests/vectors/visit_proof.json.
 *
 * @typedef {{keyId: Uint8Array, time: number, signature: Uint8Array}} Cosignature
 * @typedef {{origin: string, drawId: string, actor: string, at: number, announcement: Uint8Array, rest: Record<string, any>, entrySalt: Uint8Array,
 *   enterprise: string, team: (string|null)[], leafSalt: Uint8Array, sealedIndex: number, sealedPath: Uint8Array[], sealedRoot: Uint8Array,
 *   index: number, size: number, path: Uint8Array[], signature: Uint8Array, cosignatures: Cosignature[]}} VisitProof
 * @typedef {{code: "text"|"sealed"|"signed"|"cosigned", ok: boolean|null}} Check
 * @typedef {{verdict: "verified"|"failed"|"incomplete", checks: Check[], proof: VisitProof|null, cosigned: {name: string, time: number}[]}} Verdict
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { encode, stringify } from "./jcs.js";
import { leafHash, rootOfPath, verifyInclusion } from "./merkle.js";
import { base64url, fromBase64url, hex } from "./text.js";

const MOST = 4096;
const LATEST = 253402300799; // the last second of the year 9999
const ED25519 = 1, COSIGNATURE = 4;
const UTF8 = new TextEncoder();

class Reader {
  /** @param {Uint8Array} raw */
  constructor(raw) { this.raw = raw; this.at = 0; }

  /** @param {number} n */
  take(n) {
    if (this.at + n > this.raw.length) throw new Error("cut off");
    this.at += n;
    return this.raw.slice(this.at - n, this.at);
  }

  /** LEB128, shortest form. */
  uint() {
    let value = 0, scale = 1, bytes = 0, byte;
    do {
      [byte] = this.take(1);
      value += (byte & 0x7f) * scale;
      scale *= 128;
      bytes += 1;
      if (value > Number.MAX_SAFE_INTEGER || bytes > 8) throw new Error("a number too large");
    } while (byte & 0x80);
    if (byte === 0 && bytes > 1) throw new Error("a number in another form");
    return value;
  }

  text() {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.take(this.uint()));
  }

  hashes() {
    return this.many(() => this.take(32));
  }

  pid() {
    const n = this.uint();
    if (n !== 0 && n !== 8) throw new Error("no pid");
    return n ? hex(this.take(n)) : null;
  }

  /** @template T @param {() => T} one @returns {T[]} */
  many(one) {
    const n = this.uint();
    if (n > this.raw.length) throw new Error("cut off");
    return Array.from({ length: n }, one);
  }
}

/** Throws for anything but the one text that says this. @param {string} text @returns {VisitProof} */
export function decode(text) {
  if (!/^[\w-]+$/.test(text)) throw new Error("not base64url");
  const raw = fromBase64url(text);
  if (raw.length > MOST || base64url(raw) !== text) throw new Error("in another form");
  const r = new Reader(raw);
  if (r.take(1)[0] !== 1) throw new Error("another version");
  /** @type {VisitProof} */
  const p = {
    origin: r.text(), drawId: r.text(), actor: r.text(), at: r.uint(), announcement: r.take(32), rest: parsed(r.text()), entrySalt: r.take(32),
    enterprise: r.text(), team: r.many(() => r.pid()), leafSalt: r.take(32), sealedIndex: r.uint(), sealedPath: r.hashes(), sealedRoot: r.take(32),
    index: r.uint(), size: r.uint(), path: r.hashes(), signature: r.take(64),
    cosignatures: r.many(() => ({ keyId: r.take(4), time: r.uint(), signature: r.take(64) })),
  };
  if (r.at !== raw.length || p.at > LATEST || !Number.isSafeInteger(p.rest.n_drawn)) throw new Error("in another form");
  return p;
}

/** @param {string} text @returns {Record<string, any>} */
function parsed(text) {
  const value = JSON.parse(text);
  if (value === null || typeof value !== "object" || Array.isArray(value) || stringify(value) !== text) throw new Error("not canonical");
  return value;
}

/** @typedef {{name: string, id: string, kind: number, key: Uint8Array}} Key */

/** A vkey, `<name>+<hex id>+<base64 of type and key>`. Throws for one that is malformed. @param {string} vkey @returns {Key} */
export function parseKey(vkey) {
  const [name, id, ...rest] = vkey.trim().split("+");
  const raw = fromBase64url(rest.join("+").replace(/=+$/, ""));
  const own = hex(sha256(Uint8Array.from([...UTF8.encode(`${name}\n`), ...raw])).slice(0, 4));
  if (raw.length !== 33 || ![ED25519, COSIGNATURE].includes(raw[0]) || own !== id) throw new Error("no verifier key");
  return { name, id, kind: raw[0], key: raw.slice(1) };
}

/** @param {string[]} vkeys @returns {Key[]} those that are keys */
const usable = (vkeys) => vkeys.flatMap((vkey) => { try { return [parseKey(vkey)]; } catch { return []; } });

/** The proof in an address, or in a text as copied. @param {string} text */
export const fragment = (text) => text.trim().slice(text.trim().lastIndexOf("#") + 1);

/** @param {number} seconds @returns {string} as the log writes times */
const rfc3339 = (seconds) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");

/** @param {VisitProof} p */
function isSealed(p) {
  try {
    const leaf = encode({ id: p.enterprise, team: p.team, salt: hex(p.leafSalt) });
    return verifyInclusion(leafHash(leaf), p.sealedIndex, p.rest.n_drawn, p.sealedPath, p.sealedRoot);
  } catch { return false; }
}

/** The checkpoint's text that this proof leads to, or null. @param {VisitProof} p */
function checkpoint(p) {
  try {
    const payload = { ...p.rest, draw_id: p.drawId, announcement_sha256: hex(p.announcement), sealed_root: hex(p.sealedRoot) };
    const ph = hex(sha256(Uint8Array.from([...p.entrySalt, ...encode(payload)])));
    const entry = encode({ v: 1, type: "draw.performed", at: rfc3339(p.at), actor: p.actor, subject: p.drawId, alg: "sha256", ph });
    const root = rootOfPath(leafHash(entry), p.index, p.size, p.path);
    return root && `${p.origin}\n${p.size}\n${btoa(String.fromCharCode(...root))}\n`;
  } catch { return null; }
}

/** @param {Uint8Array} signature @param {string} text @param {Uint8Array} key */
function holds(signature, text, key) {
  try { return ed25519.verify(signature, UTF8.encode(text), key, { zip215: false }); } catch { return false; }
}

/**
 * @param {string} given the proof, or the address that carries it
 * @param {string|null} vkey the log's key as known from elsewhere @param {string[]} [witnesses] keys of known witnesses
 * @returns {Verdict}
 */
export function verify(given, vkey, witnesses = []) {
  let p;
  try { p = decode(fragment(given)); } catch { return { verdict: "failed", checks: [{ code: "text", ok: false }], proof: null, cosigned: [] }; }
  const text = checkpoint(p);
  /** @type {boolean|null} */
  let signed = text === null ? false : null;
  if (text !== null && vkey) {
    const [key] = usable([vkey]);
    signed = !!key && key.name === p.origin && key.kind === ED25519 && holds(p.signature, text, key.key);
  }
  const known = usable(witnesses);
  const seen = text === null ? [] : p.cosignatures.flatMap((c) => known.filter((k) => k.id === hex(c.keyId)).map((k) => ({
    name: k.name, time: c.time, ok: k.kind === COSIGNATURE && holds(c.signature, `cosignature/v1\ntime ${c.time}\n${text}`, k.key),
  })));
  const broken = seen.some((s) => !s.ok);
  const cosigned = broken ? [] : seen.map(({ name, time }) => ({ name, time }));
  /** @type {Check[]} */
  const checks = [{ code: "text", ok: true }, { code: "sealed", ok: isSealed(p) }, { code: "signed", ok: signed }, { code: "cosigned", ok: broken ? false : cosigned.length ? true : null }];
  const verdict = checks.some((c) => c.ok === false) ? "failed" : checks.every((c) => c.ok || c.code === "cosigned") ? "verified" : "incomplete";
  return { verdict, checks, proof: p, cosigned };
}
