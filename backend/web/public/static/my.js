// What JavaScript adds to an enterprise's own pages: passkeys, alerts, and a look at whether the class fits its commitment. All else works without it.
const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const fromBase64url = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (ch) => ch.charCodeAt(0));
const hex = (bytes) => [...new Uint8Array(bytes)].map((b) => b.toString(16).padStart(2, "0")).join("");
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const descriptor = (c) => ({ ...c, type: "public-key", id: fromBase64url(c.id) });
const wire = (c, response) => ({ id: c.id, rawId: base64url(c.rawId), type: c.type, response });

async function post(path, body) {
  const token = document.querySelector("[name=_csrf_token]").value;
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", "x-csrf-token": token },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.status === 204 ? null : answer.json();
}

function offer(box, label) {
  if (!box) return null;
  box.hidden = false;
  return { button: box.querySelector("button"), say: (text) => { box.querySelector("[role=status]").textContent = text; }, label };
}

const able = isSecureContext && "PublicKeyCredential" in globalThis;
const signIn = document.getElementById("passkey-in");
if (signIn && able) {
  const { button, say } = offer(signIn);
  button.addEventListener("click", async () => {
    try {
      const { ceremony, options } = await post("/my/login/passkey/challenge");
      const used = await navigator.credentials.get({ publicKey: { ...options, challenge: fromBase64url(options.challenge), allowCredentials: (options.allowCredentials ?? []).map(descriptor) } });
      const { clientDataJSON, authenticatorData, signature, userHandle } = used.response;
      const credential = wire(used, {
        clientDataJSON: base64url(clientDataJSON), authenticatorData: base64url(authenticatorData), signature: base64url(signature), userHandle: userHandle ? base64url(userHandle) : null,
      });
      location.assign((await post("/my/login/passkey", { ceremony, credential })).next);
    } catch { say(signIn.dataset.refused); }
  });
}

const adding = document.getElementById("passkey-add");
if (adding && able && adding.dataset.at === location.origin) {
  document.getElementById("passkey-none").hidden = true;
  const { button, say } = offer(adding);
  button.addEventListener("click", async () => {
    try {
      const { ceremony, options } = await post("/my/account/passkeys/challenge");
      const made = await navigator.credentials.create({ publicKey: {
        ...options, challenge: fromBase64url(options.challenge), user: { ...options.user, id: fromBase64url(options.user.id) }, excludeCredentials: (options.excludeCredentials ?? []).map(descriptor),
      } });
      const { clientDataJSON, attestationObject } = made.response;
      await post("/my/account/passkeys", { ceremony, name: adding.dataset.name, credential: wire(made, { clientDataJSON: base64url(clientDataJSON), attestationObject: base64url(attestationObject), transports: made.response.getTransports?.() ?? [] }) });
      location.reload();
    } catch { say(adding.dataset.failed); }
  });
}

const push = document.getElementById("push");
if (push && "serviceWorker" in navigator && "PushManager" in globalThis) {
  const { say } = offer(push);
  const [on, off] = [push.querySelector(".on"), push.querySelector(".off")];
  const show = (subscription) => { on.hidden = !!subscription; off.hidden = !subscription; say(subscription ? push.dataset.on : ""); };
  const standing = await navigator.serviceWorker.getRegistration("/my/");
  show(await standing?.pushManager.getSubscription());
  on.addEventListener("click", async () => {
    try {
      if (await Notification.requestPermission() !== "granted") throw new Error("denied");
      await navigator.serviceWorker.register("/my/sw.js", { scope: "/my/" });
      const registration = await navigator.serviceWorker.ready;
      const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fromBase64url(push.dataset.key) });
      const { endpoint, keys } = subscription.toJSON();
      await post("/my/push", { endpoint, keys });
      show(subscription);
    } catch { say(push.dataset.failed); }
  });
  off.addEventListener("click", async () => {
    const registration = await navigator.serviceWorker.getRegistration("/my/");
    const subscription = await registration?.pushManager.getSubscription();
    if (subscription) {
      await post("/my/push/end", { endpoint: subscription.endpoint });
      await subscription.unsubscribe();
    }
    show(null);
  });
}

// H(salt || JCS({"class": c})), docs/draw-spec.md; the page of the draw checks the whole frame.
for (const card of document.querySelectorAll("[data-commitment]")) {
  const verdict = card.querySelector(".class-check");
  const words = new TextEncoder().encode(`{"class":"${card.dataset.class}"}`);
  const good = hex(await crypto.subtle.digest("SHA-256", Uint8Array.from([...fromHex(card.dataset.salt), ...words]))) === card.dataset.commitment;
  verdict.hidden = false;
  verdict.classList.add(good ? "good" : "bad");
  verdict.dataset.verdict = good ? "verified" : "failed";
  verdict.querySelector(".mark").textContent = good ? "✓" : "✗";
  verdict.querySelector("p").textContent = good ? verdict.dataset.good : verdict.dataset.bad;
}
