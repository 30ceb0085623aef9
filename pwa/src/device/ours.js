/** Addresses of scripts as browsers with Trusted Types want them: nothing else makes one, and nothing from elsewhere becomes one. */

/** @param {string} url */
function own(url) {
  if (new URL(url, location.href).origin !== location.origin) throw new TypeError(`not a script of ours: ${url}`);
  return url;
}

const types = /** @type {any} */ (globalThis).trustedTypes;
/** @type {{createScriptURL: (url: string) => any}|undefined} */
let policy;

/** What a worker may be started from. @param {string} url @returns {any} */
export function scriptUrl(url) {
  policy ??= types?.createPolicy("sunlot", { createScriptURL: own }); // a page has one: made only where a script is wanted
  return policy ? policy.createScriptURL(url) : url;
}
