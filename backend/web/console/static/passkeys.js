// Passkeys of the office: signing in with one, adding one. Without this script everything goes by password and code.
import { able, make, post, Refused, use } from "../shared/webauthn.js";

/** What to say: the server's own words, or ours for what the browser did. */
function words(error, box) {
  if (error instanceof Refused) return error.message;
  if (!(error instanceof DOMException)) return box.dataset.lost;
  if (error.name === "InvalidStateError") return box.dataset.known ?? box.dataset.failed;
  return error.name === "NotAllowedError" || error.name === "AbortError" ? box.dataset.refused : box.dataset.failed;
}

/** Shows what only a script can do, and does it at each click or sending. */
function offer(box, kind, does) {
  if (!box || !able(box.dataset.at)) return;
  box.hidden = false;
  document.getElementById("passkey-none")?.setAttribute("hidden", "");
  const [button, said] = [box.querySelector("button"), box.querySelector("[role=alert]")];
  (kind === "submit" ? box : button).addEventListener(kind, async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    said.textContent = "";
    try { await does(); } catch (error) { said.textContent = words(error, box); } finally { button.disabled = false; }
  });
}

const signIn = document.getElementById("passkey-in");
offer(signIn, "click", async () => {
  const { ceremony, options } = await post("/console/login/passkey/challenge");
  const { next } = await post("/console/login/passkey", { ceremony, credential: await use(options), next: signIn.dataset.next });
  location.assign(next);
});

const adding = document.getElementById("passkey-add");
offer(adding, "submit", async () => {
  const { name, password } = Object.fromEntries(new FormData(adding));
  const { ceremony, options } = await post("/console/me/factor/passkeys/challenge", { password: password ?? "" });
  const { codes_due: due } = await post("/console/me/factor/passkeys", { ceremony, credential: await make(options), name });
  if (due) document.getElementById("codes-first").submit();
  else location.assign("/console/me/factor?done=passkey");
});
