/** The shell: routes, banners, tabs. One screen at a time is alive. */
import { html, nothing, render } from "lit-html";
import { speak, t } from "../model/i18n.js";
import { clockTime, moment, size } from "../model/text.js";
import { unsent } from "../model/states.js";
import * as local from "../store/local.js";
import { listen } from "../store/changes.js";
import { StorageTrouble, trouble, use } from "../store/db.js";
import { using } from "../store/owner.js";
import { submissions } from "../store/outbox.js";
import { meta } from "../store/work.js";
import { start, status } from "../sync/engine.js";
import { framed } from "./frame.js";
import { renew } from "../device/key.js";
import { left, SPACE_TIGHT } from "../device/space.js";
import { icon } from "./parts.js";
import { hooks } from "./redraw.js";
import * as update from "./update.js";
import * as alerts from "./alerts.js";
import * as camera from "./camera.js";
import * as checklist from "./checklist.js";
import * as claim from "./claim.js";
import * as done from "./done.js";
import * as conflicts from "./conflicts.js";
import * as cosign from "./cosign.js";
import * as inspection from "./inspection.js";
import * as late from "./late.js";
import * as mark from "./mark.js";
import * as me from "./me.js";
import * as notice from "./notice.js";
import * as outboxScreen from "./outbox.js";
import * as outcome from "./outcome.js";
import * as passkeys from "./passkeys.js";
import * as photo from "./photo.js";
import * as photos from "./photos.js";
import * as proof from "./proof.js";
import * as receipt from "./receipt.js";
import * as record from "./record.js";
import * as scan from "./scan.js";
import * as sign from "./sign.js";
import * as signIn from "./sign_in.js";
import * as stopped from "./stopped.js";
import * as summary from "./summary.js";
import * as today from "./today.js";
import * as voice from "./voice.js";
import * as warnings from "./warnings.js";

/** @typedef {import("./parts.js").Screen} Screen */
/** @type {[RegExp, Screen][]} */
const ROUTES = [
  [/^\/$/, today], [/^\/sign-in$/, signIn], [/^\/me$/, me], [/^\/outbox$/, outboxScreen], [/^\/done$/, done], [/^\/done\/([\w-]+)$/, done], [/^\/receipt\/([\w-]+)$/, receipt],
  [/^\/inspection\/([\w-]+)$/, inspection], [/^\/inspection\/([\w-]+)\/scan$/, scan], [/^\/inspection\/([\w-]+)\/item\/([^/]+)$/, checklist],
  [/^\/inspection\/([\w-]+)\/photos$/, photos], [/^\/inspection\/([\w-]+)\/camera$/, camera], [/^\/inspection\/([\w-]+)\/outcome$/, outcome],
  [/^\/inspection\/([\w-]+)\/proof$/, proof], [/^\/inspection\/([\w-]+)\/notice$/, notice], [/^\/record\/([\w-]+)$/, record],
  [/^\/inspection\/([\w-]+)\/photo\/([0-9a-f]{64})$/, photo], [/^\/inspection\/([\w-]+)\/photo\/([0-9a-f]{64})\/mark$/, mark],
  [/^\/inspection\/([\w-]+)\/conflicts$/, conflicts], [/^\/inspection\/([\w-]+)\/late$/, late], [/^\/inspection\/([\w-]+)\/cosign$/, cosign],
  [/^\/inspection\/([\w-]+)\/voice$/, voice], [/^\/inspection\/([\w-]+)\/claim$/, claim],
  [/^\/inspection\/([\w-]+)\/summary$/, summary], [/^\/inspection\/([\w-]+)\/sign\/([\w-]+)$/, sign],
];

const root = /** @type {HTMLElement} */ (document.getElementById("app"));
/** @type {{screen: Screen, params: string[], query: URLSearchParams, data: any, path: string, failed?: boolean}|null} */
let here = null;
let waiting = 0;
/** @type {number|null} */
let lastSync = null;
/** @type {number|null} bytes */
let spaceLeft = null;
/** Since when this phone counts as lost. @type {number|null} */
let lostAt = null;

async function route() {
  const [path, search = ""] = (location.hash.slice(1) || "/").split("?");
  if (!local.account() && path !== "/sign-in") { location.replace("#/sign-in"); return; }
  /** @type {[RegExp, Screen]} */
  const found = stopped.stopped() && path !== "/sign-in" ? [/^/, stopped] : ROUTES.find(([pattern]) => pattern.test(path)) ?? ROUTES[0];
  const params = (found[0].exec(path) ?? []).slice(1).map(decodeURIComponent);
  const query = new URLSearchParams(search);
  here?.screen.leave?.();
  const moved = here?.path !== path;
  const next = { screen: found[1], params, query, data: null, path };
  here = next;
  await loadInto(next);
  if (here !== next) return;
  draw();
  if (moved) { scrollTo(0, 0); root.querySelector("h1")?.focus({ preventScroll: true }); }
  await next.screen.enter?.(next.data, root);
}

/** @param {NonNullable<typeof here>} target */
async function loadInto(target) {
  try {
    target.data = await target.screen.load(target.params, target.query);
    target.failed = false;
    if (local.account()) {
      waiting = (await submissions()).filter(unsent).length;
      lastSync = (await meta("last_sync_ms")) ?? null;
      void lookAtSpace();
      lostAt = (await meta("device"))?.revoked_at_ms ?? null;
      await warnings.look();
    }
  } catch (error) { console.error("load", error); target.failed = true; }
}

let pending = 0;
/** How long the last reading took: a phone with hundreds of visits on it must not spend its time reading them again. */
let took = 0;
let stale = false;
function reload() {
  stale = document.visibilityState === "hidden";
  if (stale || pending) return; // a page that nobody sees is read again when somebody looks
  pending = setTimeout(async () => {
    pending = 0;
    const target = here;
    if (!target) return;
    const began = performance.now();
    if (!target.screen.steady) await loadInto(target);
    if (here === target) draw();
    took = performance.now() - began;
  }, Math.max(40, 3 * took));
}
document.addEventListener("visibilitychange", () => { if (stale) reload(); });

function banners() {
  const expired = status.outcome === "expired" && here?.screen !== signIn;
  return html`${warnings.banners()}${trouble && trouble.kind !== "outdated" ? html`<div class="banner bad" role="alert" data-testid="banner-storage">${
      trouble.kind === "slow" ? t("正在保存，比平时慢。请不要关闭。")
      : trouble.kind === "full" || trouble.kind === "timeout" ? t("没有保存成功：本机空间不足。请先同步或清理手机空间。") : t("没有保存成功，请重试。")}</div>` : nothing}
    ${expired ? html`<div class="banner warn" role="status" data-testid="banner-expired"><span>${t("登录已过期。工作照常保存在本机，登录后发送。")}</span><a href="#/sign-in">${t("登录")}</a></div>` : nothing}
    ${lostAt && local.account() && here?.screen !== signIn ? html`<div class="banner bad" role="alert" data-testid="banner-lost"><span>${t("这台手机已于 %(time)s 报失停用。记录都在本机，重新登录后换新密钥，再发送。", { time: moment(lostAt) })}</span><a href="#/sign-in">${t("重新登录")}</a></div>` : nothing}
    ${passkeys.offer()}
    ${update.ready ? html`<div class="banner" data-testid="banner-update"><span>${t("有新版本。")}</span><button type="button" @click=${update.apply} data-testid="update">${t("现在更新")}</button></div>` : nothing}`;
}

/** How the line stands, in words. */
/** @param {boolean} short beside a page's own title */
function chip(short) {
  const one = (/** @type {string} */ word, tone = "") => html`<a class="chip ${tone}" href="#/outbox" data-testid="sync-chip"><span>${word}</span></a>`;
  if (status.busy) return one(t("同步中…"));
  if (waiting) return one(t("%(n)s 份未发送", { n: waiting }), "wait");
  if (status.outcome === "offline") return one(short ? t("离线") : t("离线，已存本机"));
  if (short) return nothing;
  return one(lastSync ? t("已同步 %(time)s", { time: clockTime(lastSync) }) : t("尚未同步"));
}

/** The same for the ear: only what lasts, so that it is said when it changes and not at every round. */
const standing = () => !local.account() || !lastSync ? "" : waiting ? t("%(n)s 份未发送", { n: waiting }) : status.outcome === "offline" ? t("离线，已存本机") : t("已全部送达");

/** The browser may take its time to count, so no screen waits for it. */
async function lookAtSpace() {
  const now = await left().catch(() => null);
  if (now === spaceLeft) return;
  const first = spaceLeft === null;
  spaceLeft = now;
  if (first) draw();
}

/** What is always in sight: unsent, last sync, space left. The two screens that show them large need no strip. @param {import("./parts.js").Page} page */
const strip = (page) => !local.account() || page.dark || page.tab === "today" || page.tab === "outbox" ? nothing
  : html`<section class="insight" aria-label=${t("本机状态")} data-testid="strip"><span>${t("未发送 %(n)s", { n: waiting })}</span><span>${lastSync ? t("上次同步 %(time)s", { time: moment(lastSync) }) : t("尚未同步")}</span>${spaceLeft === null ? nothing : html`<span class=${spaceLeft < SPACE_TIGHT ? "bad" : ""}>${t("剩余空间 %(size)s", { size: size(spaceLeft) })}</span>`}</section>`;

function draw() {
  if (!here || (!here.data && !here.failed)) return;
  const page = here.data ? here.screen.view(here.data) : warnings.unreadable();
  document.body.classList.toggle("dark", page.dark === true);
  document.title = page.title ? `${page.title} · ${t("阳光抽查")}` : t("阳光抽查");
  const tab = (/** @type {string} */ name, /** @type {string} */ href, /** @type {string} */ pic, /** @type {string} */ word) =>
    html`<a href=${href} aria-current=${page.tab === name ? "page" : nothing} data-testid="tab-${name}">${icon(pic)}<span>${word}</span>${name === "outbox" && waiting ? html`<b>${waiting}</b>` : nothing}</a>`;
  render(html`
    <header class="top ${page.back ? "" : "root"}">
      ${page.back ? html`<a class="back" href=${page.back} aria-label=${t("返回")} data-testid="back">${icon("back")}</a>` : nothing}
      ${page.title ? html`<h1 tabindex="-1">${page.title}</h1>` : nothing}${local.account() && !page.dark ? chip(!!page.back) : nothing}
    </header>
    <p class="unseen" role="status" data-testid="sync-said">${standing()}</p>
    ${strip(page)}${banners()}
    <main class=${page.bar || page.tab ? "barred" : ""}>${page.body}</main>
    ${page.bar ? html`<footer class="bar">${page.bar}</footer>` : nothing}
    ${page.tab ? html`<nav class="tabs" aria-label=${t("主要页面")}>${tab("today", "#/", "list", t("任务"))}${tab("outbox", "#/outbox", "tray", t("发件箱"))}${tab("me", "#/me", "person", t("我的"))}</nav>` : nothing}`, root);
  framed();
}

export async function speakNow() {
  const lang = local.language();
  document.documentElement.lang = lang === "en" ? "en" : "zh-CN";
  if (lang === "en") {
    const r = await fetch("/field/app/i18n.en.json").catch(() => null);
    speak("en", r?.ok ? await r.json() : {});
  } else speak("zh");
}

hooks.draw = () => draw();
hooks.reload = () => { void speakNow().then(reload); };
listen((topic) => {
  if (!!stopped.stopped() !== (here?.screen === stopped) && here?.screen !== signIn) return void route();
  if (topic === "sync" || topic === "storage-trouble") draw();
  if (topic !== "storage-trouble") reload();
});
local.watchAccount(() => { if (using() && local.account()) void route(); else location.reload(); });
listen((topic) => { if (topic === "sync" && !status.busy && status.outcome === "ok") void alerts.renew(); });
navigator.serviceWorker?.addEventListener("message", (e) => { if (e.data === "resubscribed") void alerts.renew({ again: true }); });
addEventListener("unhandledrejection", (e) => { if (e.reason instanceof StorageTrouble) e.preventDefault(); }); // the banner says it
addEventListener("hashchange", () => void route());
const account = local.account();
if (account) { use(account.id); stopped.holds(account); }
await speakNow();
await route();
start({ renew });
update.watch(draw);
