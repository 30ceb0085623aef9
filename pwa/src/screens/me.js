/** The officer, this phone, its language and its alerts. */
import { html, nothing } from "lit-html";
import { t } from "../model/i18n.js";
import { unsent } from "../model/states.js";
import { size } from "../model/text.js";
import * as local from "../store/local.js";
import { submissions } from "../store/outbox.js";
import { meta } from "../store/work.js";
import { permission } from "../device/push.js";
import { keep, space } from "../device/space.js";
import * as api from "../sync/api.js";
import * as alerts from "./alerts.js";
import { action, ask, go, toast } from "./parts.js";
import * as passkeys from "./passkeys.js";
import { redraw, reload } from "./redraw.js";

/** @type {any} what the browser gave us to ask with */
let installer = null;
addEventListener("beforeinstallprompt", (e) => { e.preventDefault(); installer = e; redraw(); });

export async function load() {
  const [device, room, ahead, subs] = await Promise.all([meta("device"), space(), meta("clock_ahead_ms"), submissions()]);
  return { account: local.account(), device, room, ahead: ahead ?? null, waiting: subs.filter(unsent).length };
}

export const languageSwitch = () => {
  const one = (/** @type {"zh"|"en"} */ lang, /** @type {string} */ word) => html`<button type="button" lang=${lang} aria-pressed=${local.language() === lang} @click=${() => { local.setLanguage(lang); reload(); }} data-testid="lang-${lang}">${word}</button>`;
  return html`<div class="switch" role="group" aria-label="语言 Language">${one("zh", "中文")}${one("en", "English")}</div>`;
};

/** @param {alerts.State} state @returns {string} */
function alertWord(state) {
  return { on: t("提醒已开启"), refused: t("没有通知权限。消息仍会出现在任务页。"), unreachable: t("推送服务连不上。消息仍会出现在任务页。"),
    offline: t("连不上服务器，请稍后再试。"), "not-taken": t("服务器没有接受这个推送服务。"), unknown: t("系统通知已允许。") }[state];
}

async function turnOn() {
  toast(alertWord(await alerts.turnOn()));
  redraw();
}

/** @param {number} waiting */
async function signOut(waiting) {
  if (!(await ask({ title: t("退出登录？"), text: waiting ? t("还有 %(n)s 份未发送，会留在本机，重新登录后继续发送。", { n: waiting }) : t("本机的记录不会删除。"), yes: t("退出") }))) return;
  await alerts.leave();
  const told = (await api.signOut()).status !== 0;
  local.setOwesSignOut(!told);
  local.setAccount(null);
  go("#/sign-in");
  if (told || navigator.serviceWorker?.controller) location.reload(); // nothing of this officer's stays in the page's memory
}

export const enter = () => void passkeys.refresh();

/** @param {any} data */
export function view({ account, device, room, ahead, waiting }) {
  const may = permission();
  const seconds = ahead === null ? null : Math.round(ahead / 1000);
  return {
    title: t("我的"), tab: "me",
    body: html`<section class="card"><h2 class="name">${account?.name ?? ""}</h2><p class="sub">${account?.username ?? ""}</p></section>
      <section class="card stack"><h3>${t("语言")}</h3>${languageSwitch()}</section>
      <section class="card stack"><h3>${t("提醒")}</h3><p class="hint">${may === "granted" ? alertWord(alerts.state) : may === "denied" ? t("系统通知被拒绝，可在浏览器设置里更改。") : may === "unsupported" ? t("这个浏览器不支持推送。iPhone 请先添加到主屏幕。") : t("新任务与退回会提醒到手机。")}</p>
        ${may === "unsupported" || may === "denied" ? nothing : action({ act: turnOn, label: t("开启提醒"), testid: "push-on", quiet: true })}</section>
      <section class="card stack"><h3>${t("本机")}</h3><dl><dt>${t("占用")}</dt><dd>${room ? `${size(room.usage)} / ${size(room.quota)}` : "—"}</dd><dt>${t("保护")}</dt><dd>${room?.kept ? t("浏览器承诺不清理") : t("未保证")}</dd>
        <dt>${t("签名密钥")}</dt><dd>${device ? html`${device.enrolled ? t("已登记") : t("待登记")}<small class="hash">${device.id}</small>` : "—"}</dd>
        <dt>${t("已封存")}</dt><dd>${t("%(n)s 份", { n: device?.seq ?? 0 })}</dd><dt>${t("时钟")}</dt><dd>${seconds === null ? "—" : Math.abs(seconds) < 5 ? t("准确") : t("与服务器相差 %(n)s 秒", { n: seconds })}</dd></dl>
        ${room && !room.kept ? action({ act: async () => { toast((await keep()) ? t("已获保护") : t("浏览器没有答应，请安装到桌面。")); reload(); }, label: t("请求保护存储"), testid: "persist", quiet: true }) : nothing}
        ${installer ? action({ act: () => { void installer.prompt(); installer = null; redraw(); }, label: t("安装到桌面"), testid: "install", quiet: true }) : nothing}</section>
      ${passkeys.section(device?.id)}
      ${action({ act: () => void signOut(waiting), label: t("退出登录"), testid: "sign-out", quiet: true })}`,
  };
}
