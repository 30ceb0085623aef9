/** Passkeys by plain navigator.credentials; options come and answers go as WebAuthn's JSON (bytes as base64url). */
import { base64url, fromBase64url } from "../model/text.js";

/** The officer said no or the time ran out; this phone holds one already; or the browser failed. @typedef {"refused"|"known"|"failed"} No */

/** @param {string|null} origin whose pages the server lets ask @returns {boolean} this page may ask for a passkey at all */
export const able = (origin) => !!origin && origin === location.origin && isSecureContext && "PublicKeyCredential" in globalThis;

/** @returns {Promise<boolean>} this phone unlocks by fingerprint, face or code, and can keep a passkey itself */
export const builtIn = async () => "PublicKeyCredential" in globalThis && (await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().catch(() => false));

/** @param {unknown} error @returns {No} */
const no = (error) => {
  const name = error instanceof DOMException ? error.name : "";
  return name === "NotAllowedError" || name === "AbortError" ? "refused" : name === "InvalidStateError" ? "known" : "failed";
};

/** @param {{id: string}} c */
const descriptor = (c) => ({ ...c, type: /** @type {const} */ ("public-key"), id: fromBase64url(c.id) });

/** Makes a passkey. Call from a tap only. @param {any} options @returns {Promise<any|No>} */
export async function make(options) {
  try {
    const made = /** @type {any} */ (await navigator.credentials.create({ publicKey: {
      ...options, challenge: fromBase64url(options.challenge), user: { ...options.user, id: fromBase64url(options.user.id) },
      excludeCredentials: (options.excludeCredentials ?? []).map(descriptor),
    } }));
    const { clientDataJSON, attestationObject } = made.response;
    return wire(made, { clientDataJSON: base64url(clientDataJSON), attestationObject: base64url(attestationObject), transports: made.response.getTransports?.() ?? [] });
  } catch (error) { return no(error); }
}

/** Signs a challenge with a passkey that the officer chooses. Call from a tap only. @param {any} options @returns {Promise<any|No>} */
export async function use(options) {
  try {
    const used = /** @type {any} */ (await navigator.credentials.get({ publicKey: {
      ...options, challenge: fromBase64url(options.challenge), allowCredentials: (options.allowCredentials ?? []).map(descriptor),
    } }));
    const { clientDataJSON, authenticatorData, signature, userHandle } = used.response;
    return wire(used, {
      clientDataJSON: base64url(clientDataJSON), authenticatorData: base64url(authenticatorData), signature: base64url(signature),
      userHandle: userHandle ? base64url(userHandle) : null,
    });
  } catch (error) { return no(error); }
}

/** @param {any} credential @param {any} response */
const wire = (credential, response) => ({ id: credential.id, rawId: base64url(credential.rawId), type: credential.type, response });
