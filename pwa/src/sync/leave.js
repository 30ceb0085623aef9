/** What the server still has to hear of a sign-out that happened without a signal. */
import * as api from "./api.js";
import * as local from "../store/local.js";

/** @returns {Promise<boolean>} false when the server cannot be reached: asked again at the next contact */
export async function settle() {
  const endpoint = local.owesUnsubscribe();
  if (endpoint) {
    const { status } = await api.deletePush(endpoint);
    if (status === 0) return false;
    if (status !== 401) local.setOwesUnsubscribe(null); // whoever signs in next on this phone settles it
  }
  if (local.owesSignOut()) {
    if ((await api.signOut()).status === 0) return false;
    local.setOwesSignOut(false);
  }
  return true;
}
