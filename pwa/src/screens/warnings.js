/** What the officer must know whatever the screen: the browser threw this phone's data away, its clock is wrong, this page is outdated. */
import { html, nothing } from "lit-html";
import { t } from "../model/i18n.js";
import * as local from "../store/local.js";
import { trouble } from "../store/db.js";
import { meta } from "../store/work.js";
import { redraw } from "./redraw.js";

/** A clock that is off by this much makes the office ask; less is told on the page about this phone. */
const CLOCK_MS = 5 * 60_000;
let ahead = 0;

/** Reads what the banners need. */
export async function look() {
  ahead = (await meta("clock_ahead_ms")) ?? 0;
}

/** @param {number} ms @returns {string} */
function length(ms) {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  if (minutes < 90) return t("%(n)s 分钟", { n: minutes });
  const hours = Math.round(minutes / 60);
  return hours < 36 ? t("%(n)s 小时", { n: hours }) : t("%(n)s 天", { n: Math.round(hours / 24) });
}

const dismiss = () => { local.setEvicted(null); redraw(); };

export const banners = () => html`
  ${trouble?.kind === "outdated" ? html`<div class="banner warn" role="alert" data-testid="banner-outdated"><span>${t("本页是旧版本，内容都在。请重新打开。")}</span><button type="button" @click=${() => location.reload()} data-testid="reopen-page">${t("重新打开")}</button></div>` : nothing}
  ${local.evicted() === local.account()?.id && local.account() ? html`<div class="banner bad" role="alert" data-testid="banner-evicted"><span>${t("浏览器清除了本机数据，未发送的草稿和照片已不在。已送达的记录不受影响。请告知负责人。")}</span><button type="button" @click=${dismiss} data-testid="evicted-seen">${t("知道了")}</button></div>` : nothing}
  ${Math.abs(ahead) >= CLOCK_MS ? html`<div class="banner warn" role="status" data-testid="banner-clock"><span>${ahead > 0 ? t("本机时钟快了 %(time)s，请校准。记录会同时写明本机时间和服务器时间。", { time: length(ahead) }) : t("本机时钟慢了 %(time)s，请校准。记录会同时写明本机时间和服务器时间。", { time: length(ahead) })}</span></div>` : nothing}`;

/** Instead of a screen whose data cannot be read. @returns {import("./parts.js").Page} */
export const unreadable = () => ({
  title: t("阳光抽查"), back: "#/",
  body: html`<p class="empty" data-testid="unreadable">${t("打不开本机数据。请关闭其他阳光抽查页面后重试；内容没有删除。")}</p>
    <button type="button" class="button" @click=${() => location.reload()} data-testid="try-again">${t("重试")}</button>`,
});
