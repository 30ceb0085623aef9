/** The field face over HTTP. No answer at all is status 0, never an exception: the fetch is trusted, `navigator.onLine` is not. */
import { spoken } from "../model/i18n.js";
import { using } from "../store/owner.js";

/** @typedef {import("../model/states.js").Reply} Reply */
const BASE = "/field/api";
const QUICK_MS = 20_000;
const UPLOAD_MS = 90_000;

const cookie = (/** @type {string} */ name) => document.cookie.split("; ").find((c) => c.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";

/**
 * @param {string} method @param {string} path @param {{json?: any, body?: BodyInit, headers?: Record<string, string>}} [send]
 * @returns {Promise<Reply & {headers: Record<string, string>}>}
 */
export async function call(method, path, send = {}) {
  /** @type {Record<string, string>} */
  const headers = { accept: "application/json", "accept-language": spoken() === "en" ? "en" : "zh-CN", ...send.headers };
  if (using()) headers["x-account"] = using(); // the server refuses when the cookie has become another's
  if (method !== "GET" && method !== "HEAD") headers["x-csrf-token"] = decodeURIComponent(cookie("__Host-csrf") || cookie("csrf"));
  let body = send.body;
  if (send.json !== undefined) { headers["content-type"] = "application/json"; body = JSON.stringify(send.json); }
  try {
    const r = await fetch(BASE + path, { method, headers, body, credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(body && !send.json ? UPLOAD_MS : QUICK_MS) });
    const text = await r.text();
    let parsed = null;
    if (text && /json/.test(r.headers.get("content-type") ?? "")) parsed = JSON.parse(text);
    else if (r.ok && text) return { status: 0, body: null, headers: {} }; // a captive portal answers 200 with its own page
    return { status: r.status, body: parsed, headers: Object.fromEntries(r.headers) };
  } catch {
    return { status: 0, body: null, headers: {} };
  }
}

/** @param {string|null} [device] this phone, to learn whether it was reported lost */
export const session = (device) => call("GET", `/session${device ? `?device=${device}` : ""}`);
/** @param {string} username @param {string} password */
export const signIn = (username, password) => call("POST", "/session", { json: { username, password } });
/** After the password of an account that has a second factor. @param {string} code */
export const signInByCode = (code) => call("POST", "/session/code", { json: { code } });
/** The present password once more, before passkeys are changed. @param {string} password */
export const prove = (password) => call("POST", "/session/proof", { json: { password } });
/** @returns {ReturnType<typeof call>} {ceremony, options} */
export const askPasskey = () => call("POST", "/session/passkey/challenge");
/** @param {{ceremony: string, credential: any}} answer */
export const signInByPasskey = (answer) => call("POST", "/session/passkey", { json: answer });
export const passkeys = () => call("GET", "/passkeys");
export const askNewPasskey = () => call("POST", "/passkeys/challenge");
/** @param {{ceremony: string, credential: any, name: string}} answer */
export const addPasskey = (answer) => call("POST", "/passkeys", { json: answer });
/** @param {string} id */
export const removePasskey = (id) => call("DELETE", `/passkeys/${id}`);
export const signOut = () => call("DELETE", "/session");
/** @param {import("../model/types.js").DeviceRow} device */
export const enrol = ({ id, name, public_jwk: { kty, crv, x, y } }) => call("PUT", `/devices/${id}`, { json: { name, public_key: { kty, crv, x, y } } });
/** @param {string|null} cursor @param {string|null} device this phone, which needs no parts of its own */
export const bundle = (cursor, device) => call("GET", `/bundle?${new URLSearchParams({ part: "true", ...(cursor ? { since: cursor } : {}), ...(device ? { device } : {}) })}`);
/** @param {string} submission of a colleague, to be co-signed */
export const record = (submission) => call("GET", `/submissions/${submission}`);
/** @param {import("../model/types.js").ActionRow} row a part, a decision or a co-signature, as it was made */
export const put = ({ path, body }) => call("PUT", path ?? "", { json: body });
/** @param {string} inspection @param {number} t_dev */
export const receive = (inspection, t_dev) => call("POST", `/inspections/${inspection}/receive`, { json: { t_dev } });
/** @param {{inspection: string, reason?: string, t_dev: number}} row */
export const unscanned = ({ inspection, reason, t_dev }) => call("POST", `/inspections/${inspection}/unscanned`, { json: { reason, t_dev } });
/** @param {string} inspection @param {string} id of the code to be: the same id brings the same code @returns {ReturnType<typeof call>} {code, expires_at, address, side, bits} */
export const claimCode = (inspection, id) => call("POST", `/inspections/${inspection}/claim-code`, { json: { id } });
/** @param {import("../model/types.js").ActionRow} row */
export const arrive = ({ inspection, body, t_dev }) => call("POST", `/inspections/${inspection}/arrive`, { json: { ...body, t_dev } });
/** @param {{id: string, inspection: string, reason?: string}} row */
export const recuse = ({ id, inspection, reason }) => call("POST", "/recusals", { json: { id, inspection, reason } });
/** @param {import("../model/types.js").SubmissionRow} s */
export const submit = ({ id, device, record, signature }) => call("PUT", `/submissions/${id}`, { json: { device, record, signature } });
/** @param {string[]} submissions @param {string[]} evidence */
export const reconcile = (submissions, evidence) => call("POST", "/reconcile", { json: { submissions, evidence } });
/** @param {string[]} ids */
export const readInbox = (ids) => call("POST", "/inbox/read", { json: { ids } });
/** @param {any} subscription */
export const putPush = (subscription) => call("PUT", "/push", { json: subscription });
/** @param {string} endpoint */
export const deletePush = (endpoint) => call("DELETE", "/push", { json: { endpoint } });
