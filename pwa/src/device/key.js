/** This phone's signing key: ECDSA P-256, not extractable, made once and kept in IndexedDB. */
import { encode } from "../model/jcs.js";
import { digest } from "../model/record.js";
import { base64url } from "../model/text.js";
import { formerKey, replaceDevice } from "../store/outbox.js";
import { meta, setMeta } from "../store/work.js";

/** @typedef {import("../model/types.js").DeviceRow} DeviceRow */
const ALG = { name: "ECDSA", namedCurve: "P-256" };

/** @returns {string} what the office sees in its list of devices */
export function name() {
  const ua = navigator.userAgent;
  const system = /Android/.test(ua) ? "Android" : /iPhone|iPad/.test(ua) ? "iOS" : /Windows/.test(ua) ? "Windows" : /Mac/.test(ua) ? "macOS" : "Linux";
  const browser = /Edg\//.test(ua) ? "Edge" : /Firefox\//.test(ua) ? "Firefox" : /Chrome\//.test(ua) ? "Chrome" : "Safari";
  return `${system} ${browser}`;
}

/** @returns {Promise<DeviceRow>} made on first use; enrolled by the next sync round */
export async function device() {
  return navigator.locks.request("sunlot-device", async () => {
    const old = await meta("device");
    if (old) return old;
    const row = await make();
    await setMeta("device", row);
    return row;
  });
}

/** @returns {Promise<DeviceRow>} */
async function make() {
  const pair = await crypto.subtle.generateKey(ALG, false, ["sign", "verify"]);
  return { id: crypto.randomUUID(), private_key: pair.privateKey, public_jwk: await crypto.subtle.exportKey("jwk", pair.publicKey), name: name(), enrolled: false, seq: 0, prev: null };
}

/** This phone was reported lost and its officer has signed in on it again: it starts over with a new key. */
export async function renew() {
  await navigator.locks.request("sunlot-device", async () => {
    const old = await meta("device");
    if (old?.revoked_at_ms) await replaceDevice(await make());
  });
}

/** @param {any} record @returns {Promise<{signature: string, record_sha256: string}>} r||s as base64url over the canonical bytes */
export async function sign(record) {
  const mine = await device();
  const { private_key } = mine.id === record.device ? mine : await meta(formerKey(record.device)); // begun before a loss was reported
  const bytes = encode(record);
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, private_key, /** @type {BufferSource} */ (bytes));
  return { signature: base64url(signature), record_sha256: digest(record) };
}
