// Passkeys by plain navigator.credentials; options come and answers go as WebAuthn's JSON (bytes as base64url).
const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
export const fromBase64url = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (ch) => ch.charCodeAt(0));
const descriptor = (c) => ({ ...c, type: "public-key", id: fromBase64url(c.id) });
const wire = (c, response) => ({ id: c.id, rawId: base64url(c.rawId), type: c.type, response });

/** What the server refused, in the reader's language. */
export class Refused extends Error {
  constructor(status, title) { super(title); this.status = status; }
}

/** Whether this page may ask for a passkey at all. `origin`: whose pages the server lets ask. */
export const able = (origin) => origin === location.origin && isSecureContext && "PublicKeyCredential" in globalThis;

export async function post(path, body) {
  const token = document.querySelector("[name=_csrf_token]").value;
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", "x-csrf-token": token },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Refused(answer.status, (await answer.json().catch(() => null))?.title ?? String(answer.status));
  return answer.status === 204 ? null : answer.json();
}

/** Makes a passkey. Call from a click only. */
export async function make(options) {
  const made = await navigator.credentials.create({ publicKey: {
    ...options, challenge: fromBase64url(options.challenge), user: { ...options.user, id: fromBase64url(options.user.id) }, excludeCredentials: (options.excludeCredentials ?? []).map(descriptor),
  } });
  const { clientDataJSON, attestationObject } = made.response;
  return wire(made, { clientDataJSON: base64url(clientDataJSON), attestationObject: base64url(attestationObject), transports: made.response.getTransports?.() ?? [] });
}

/** Signs a challenge with a passkey that its owner chooses. Call from a click only. */
export async function use(options) {
  const used = await navigator.credentials.get({ publicKey: { ...options, challenge: fromBase64url(options.challenge), allowCredentials: (options.allowCredentials ?? []).map(descriptor) } });
  const { clientDataJSON, authenticatorData, signature, userHandle } = used.response;
  return wire(used, {
    clientDataJSON: base64url(clientDataJSON), authenticatorData: base64url(authenticatorData), signature: base64url(signature), userHandle: userHandle ? base64url(userHandle) : null,
  });
}
