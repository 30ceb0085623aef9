// Cache list and push, nothing else: this worker never owns data. The list and its version are written at build time.
const { version, files } = self.__PRECACHE__;
const CACHE = `field-${version}`;
const urls = new Map(files.map(([url, hash]) => [url, `${url}?v=${hash}`]));

async function install() {
  const cache = await caches.open(CACHE);
  const older = (await caches.keys()).filter((k) => k.startsWith("field-") && k !== CACHE);
  await Promise.all([...urls].map(async ([url, key]) => {
    for (const name of older) {
      const kept = await (await caches.open(name)).match(key);
      if (kept) return cache.put(key, kept); // unchanged: an update costs only what changed
    }
    const fresh = await fetch(url, { cache: "no-cache", credentials: "same-origin" });
    if (!fresh.ok || fresh.redirected) throw new Error(`${url}: ${fresh.status}`); // a half shell never activates
    return cache.put(key, fresh);
  }));
}

async function activate() {
  for (const k of await caches.keys()) if (k.startsWith("field-") && k !== CACHE) await caches.delete(k);
  await self.clients.claim();
}

const answer = async (url) => (await (await caches.open(CACHE)).match(urls.get(url))) ?? fetch(url); // evicted: the network

self.addEventListener("install", (e) => e.waitUntil(install()));
self.addEventListener("activate", (e) => e.waitUntil(activate()));
self.addEventListener("message", (e) => { if (e.data === "skipWaiting") self.skipWaiting(); }); // only on the officer's tap
self.addEventListener("fetch", (e) => {
  const { pathname, origin } = new URL(e.request.url);
  if (e.request.method !== "GET" || origin !== location.origin || pathname.startsWith("/field/api/")) return;
  if (e.request.mode === "navigate") e.respondWith(answer("/field/"));
  else if (urls.has(pathname)) e.respondWith(answer(pathname));
});

self.addEventListener("push", (e) => {
  let told = {};
  try { told = e.data?.json() ?? {}; } catch { /* still show something: a silent push costs the subscription */ }
  const { title = "阳光抽查", body = "有新消息 · New message", url = "/field/", tag } = told;
  e.waitUntil(Promise.all([
    self.registration.showNotification(title, { body, tag, data: { url }, icon: "/field/icons/icon-192.png", badge: "/field/icons/icon-192.png" }),
    self.clients.matchAll({ type: "window" }).then((all) => all.forEach((c) => c.postMessage("pushed"))),
  ]));
});

// The system has found a line again (Background Sync). The pages hold the work and send it; where none is open, the next opening does.
self.addEventListener("sync", (e) => e.waitUntil(self.clients.matchAll({ type: "window" }).then((all) => all.forEach((c) => c.postMessage("line")))));

// The push service has replaced the subscription: told at once where this worker may read the token, by the page otherwise.
async function resubscribe({ oldSubscription, newSubscription }) {
  const fresh = newSubscription ?? (oldSubscription && await self.registration.pushManager.subscribe(oldSubscription.options));
  const token = (await self.cookieStore?.get("__Host-csrf") ?? await self.cookieStore?.get("csrf"))?.value;
  if (fresh && token) await fetch("/field/api/push", { method: "PUT", headers: { "content-type": "application/json", "x-csrf-token": decodeURIComponent(token) }, body: JSON.stringify(fresh) });
  for (const page of await self.clients.matchAll({ type: "window" })) page.postMessage("resubscribed");
}
self.addEventListener("pushsubscriptionchange", (e) => e.waitUntil(resubscribe(e)));

self.addEventListener("notificationclick", (e) => {
  e.notification.close();
  const target = new URL(e.notification.data?.url ?? "/field/", location.origin);
  const url = target.origin === location.origin && target.pathname.startsWith("/field/") ? target.href : `${location.origin}/field/`;
  e.waitUntil((async () => {
    const [open] = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    if (!open) return self.clients.openWindow(url);
    await open.focus();
    return open.navigate?.(url).catch(() => self.clients.openWindow(url));
  })());
});
