/** What must be known before any database can be opened: who works on this phone, and in which language. localStorage. */
/** @typedef {import("../model/types.js").Account} Account */

/** @param {string} key @returns {any} */
function read(key) {
  try { return JSON.parse(localStorage.getItem(`sunlot.${key}`) ?? "null"); } catch { return null; }
}
/** @param {string} key @param {any} value */
function write(key, value) {
  if (value === null) localStorage.removeItem(`sunlot.${key}`);
  else localStorage.setItem(`sunlot.${key}`, JSON.stringify(value));
}

/** @returns {Account|null} the account whose work this phone shows; survives an expired session */
export const account = () => read("account");
/** @param {Account|null} value */
export const setAccount = (value) => write("account", value);
/** Another tab signed somebody in or out. @param {() => void} heard */
export const watchAccount = (heard) => addEventListener("storage", (e) => { if (e.key === "sunlot.account" || e.key === null) heard(); });
/** @returns {"zh"|"en"} */
export const language = () => (read("language") === "en" ? "en" : "zh");
/** @param {"zh"|"en"} value */
export const setLanguage = (value) => write("language", value);
/** In which order the visits of the day are shown. @returns {"due"|"distance"|"route"} */
export const order = () => (["distance", "route"].includes(read("order")) ? read("order") : "due");
/** @param {"due"|"distance"|"route"} value */
export const setOrder = (value) => write("order", value);
/** Signed out here while the server could not be told: the next contact says so first. @returns {boolean} */
export const owesSignOut = () => read("owes-sign-out") === true;
/** A push address that the server shall forget, because its officer has signed out. @returns {string|null} */
export const owesUnsubscribe = () => read("owes-unsubscribe");
/** @param {string|null} endpoint */
export const setOwesUnsubscribe = (endpoint) => write("owes-unsubscribe", endpoint);
/** @param {boolean} value */
export const setOwesSignOut = (value) => write("owes-sign-out", value || null);
/** Accounts that have a database on this phone: one that is gone was thrown away by the browser. @param {string} account */
export const remember = (account) => write("held", [...new Set([...(read("held") ?? []), account])]);
/** @param {string} account @returns {boolean} */
export const remembered = (account) => (read("held") ?? []).includes(account);
/** Whose data the browser has thrown away, until that person has read it. @returns {string|null} */
export const evicted = () => read("evicted");
/** @param {string|null} account */
export const setEvicted = (account) => write("evicted", account);
