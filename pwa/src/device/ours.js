/** Addresses of scripts as browsers with Trusted Types want them: nothing else makes one, and nothing from elsewhere becomes one. */

/** @param {string} url */
function own(url) {
  if (new URL(url, location.href).origin !== location.origin) throw new TypeError(`not a script of ours: ${url}`);
  return url;
}

/** @type {{createScriptURL: (url: string) => any}|undefined} */
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("sunlot", { createScriptURL: own });

/** What a worker may be started from. @param {string} url @returns {any} */
export const scriptUrl = (url) => policy ? policy.createScriptURL(url) : url;
