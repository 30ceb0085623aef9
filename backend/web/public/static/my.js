// What JavaScript adds to an enterprise's own pages: passkeys, alerts, and a look at whether the class fits its commitment. All else works without it.
import { Refused, able, fromBase64url, make, post, use } from "../shared/webauthn.js";

const hex = (bytes) => [...new Uint8Array(bytes)].map((b) => b.toString(16).padStart(2, "0")).join("");
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

// The one script that these pages start by its address, for browsers with Trusted Types.
const WORKER = "/my/sw.js";
const worker = globalThis.trustedTypes?.createPolicy("sunlot", { createScriptURL: () => WORKER }).createScriptURL(WORKER) ?? WORKER;

function offer(box, label) {
  if (!box) return null;
  box.hidden = false;
  return { button: box.querySelector("button"), say: (text) => { box.querySelector("[role=status]").textContent = text; }, label };
}

const signIn = document.getElementById("passkey-in");
if (signIn && able(location.origin)) {
  const { button, say } = offer(signIn);
  button.addEventListener("click", async () => {
    try {
      const { ceremony, options } = await post("/my/login/passkey/challenge");
      location.assign((await post("/my/login/passkey", { ceremony, credential: await use(options) })).next);
    } catch { say(signIn.dataset.refused); }
  });
}

const adding = document.getElementById("passkey-add");
if (adding && able(adding.dataset.at)) {
  document.getElementById("passkey-none").hidden = true;
  const { button, say } = offer(adding);
  button.addEventListener("click", async () => {
    try {
      const { ceremony, options } = await post("/my/account/passkeys/challenge", { password: adding.querySelector("input").value });
      await post("/my/account/passkeys", { ceremony, name: adding.dataset.name, credential: await make(options) });
      location.reload();
    } catch (e) { say(e instanceof Refused ? e.message : adding.dataset.failed); }
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
      await navigator.serviceWorker.register(worker, { scope: "/my/" });
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
