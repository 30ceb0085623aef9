/** Who works on this phone. Needs the network once; after that the work goes on without. */
import { html, nothing } from "lit-html";
import { t } from "../model/i18n.js";
import * as local from "../store/local.js";
import { use } from "../store/db.js";
import { using } from "../store/owner.js";
import { keep } from "../device/space.js";
import { device } from "../device/key.js";
import { able, builtIn } from "../device/passkey.js";
import * as api from "../sync/api.js";
import { status, sync } from "../sync/engine.js";
import { settle } from "../sync/leave.js";
import { go, mark } from "./parts.js";
import { languageSwitch } from "./me.js";
import * as passkeys from "./passkeys.js";
import { redraw } from "./redraw.js";
import { holds, owner as stoppedOwner } from "./stopped.js";

let busy = false;
let trouble = "";
let demo = false;
let offersPasskey = false;
/** Ways to go on after the password of an account that has a second factor. @type {string[]|null} */
let step = null;

export async function load() {
  trouble = "";
  step = null;
  return { known: stoppedOwner() ?? local.account() };
}

export async function enter() {
  void settle();
  const s = await api.session();
  demo = s.status === 200 && s.body.demo === true;
  offersPasskey = s.status === 200 && able(s.body.passkeys_at) && (await builtIn());
  redraw();
}

/** @param {any} session who has just signed in @returns {Promise<void>} */
async function entered({ account }) {
  if (account.must_change) return location.assign("/console/me"); // the office gave this password: its owner chooses another before anything else
  if (account.role !== "inspector") {
    await api.signOut();
    trouble = t("这个账号不是执法检查人员，请用电脑登录管理端。");
    return redraw();
  }
  local.setOwesSignOut(false);
  local.setAccount(account);
  if (using() && using() !== account.id) { // another officer on this phone: nothing of the first one's may stay in this page's memory
    location.hash = "#/";
    location.reload();
    return;
  }
  use(account.id);
  holds(account);
  status.outcome = null;
  void keep();
  await device();
  go("#/");
  void sync({ hurry: true });
}

async function byPasskey() {
  if (busy) return;
  busy = true; trouble = ""; redraw();
  const r = await passkeys.signIn();
  busy = false;
  if (typeof r !== "string") return entered(r.body);
  trouble = r;
  redraw();
}

/** @param {SubmitEvent} e */
async function submit(e) {
  e.preventDefault();
  if (busy) return;
  const form = new FormData(/** @type {HTMLFormElement} */ (e.target));
  busy = true; trouble = ""; redraw();
  const r = await api.signIn(String(form.get("username")).trim(), String(form.get("password")));
  busy = false;
  if (r.status === 200 && r.body.account) {
    await entered(r.body);
    if (using() === r.body.account.id) void passkeys.consider(r.body.passkeys_at);
    return;
  }
  if (r.status === 200 && r.body.second_step) {
    step = r.body.second_step.ways;
    redraw();
    /** @type {HTMLElement|null} */ (document.querySelector("[name=code]"))?.focus();
    return;
  }
  trouble = r.status === 0 ? t("连不上服务器。首次登录需要网络。")
    : r.status === 429 ? t("尝试过多，请 %(n)s 秒后再试。", { n: r.body?.retry_after_s ?? 60 })
    : r.status === 401 ? t("账号或密码不对。") : r.body?.title || t("服务器答复 %(code)s", { code: r.status });
  redraw();
}

/** @param {SubmitEvent} e */
async function submitCode(e) {
  e.preventDefault();
  if (busy) return;
  busy = true; trouble = ""; redraw();
  const r = await api.signInByCode(String(new FormData(/** @type {HTMLFormElement} */ (e.target)).get("code")));
  busy = false;
  if (r.status === 200 && r.body.account) { step = null; return entered(r.body); }
  if (r.body?.code === "step-over" || r.status === 429) step = null;
  trouble = r.status === 0 ? t("连不上服务器。首次登录需要网络。")
    : r.status === 429 ? t("尝试过多，请 %(n)s 秒后再试。", { n: r.body?.retry_after_s ?? 60 }) : r.body?.title || t("服务器答复 %(code)s", { code: r.status });
  redraw();
}

const passkeyButton = () => offersPasskey ? html`<button type="button" class="button quiet" ?disabled=${busy} @click=${byPasskey} data-testid="sign-in-passkey">${t("用指纹或人脸登录")}</button>` : nothing;

/** The password was right; what else the account asks for. @param {string[]} ways */
const codeForm = (ways) => html`<form @submit=${submitCode} class="stack">
  <label class="field"><span>${ways.includes("app") ? t("验证码或恢复码") : t("一个恢复码")}</span><input name="code" autocomplete="one-time-code" autocapitalize="characters" required maxlength="30" aria-describedby="trouble" aria-invalid=${trouble !== ""} data-testid="code"></label>
  <p class="hint">${ways.includes("app") ? t("密码正确。请输入验证器上的 6 位验证码。") : t("密码正确。请用通行密钥，或输入一个恢复码。")}</p>
  <p class="trouble" id="trouble" role="alert" data-testid="sign-in-trouble">${trouble}</p>
  <button class="button" ?disabled=${busy} data-testid="sign-in">${busy ? t("正在登录…") : t("登录")}</button>
  ${ways.includes("passkey") ? passkeyButton() : nothing}
  <button type="button" class="button quiet" @click=${() => { step = null; trouble = ""; redraw(); }} data-testid="code-back">${t("返回")}</button></form>`;

/** @param {{known: import("../model/types.js").Account|null}} data */
export function view({ known }) {
  return {
    title: "", back: known ? "#/" : null,
    body: html`<section class="welcome">
      <div class="brand">${mark()}<h1 tabindex="-1">${t("阳光抽查")}</h1><p>${t("现场检查")}</p></div>
      ${step ? codeForm(step) : html`<form @submit=${submit} class="stack">
        <label class="field"><span>${t("账号")}</span><input name="username" autocomplete="username" autocapitalize="none" required aria-describedby="trouble" aria-invalid=${trouble !== ""} .defaultValue=${known?.username ?? ""} data-testid="username"></label>
        <label class="field"><span>${t("密码")}</span><input name="password" type="password" autocomplete="current-password" required aria-describedby="trouble" aria-invalid=${trouble !== ""} data-testid="password"></label>
        <p class="trouble" id="trouble" role="alert" data-testid="sign-in-trouble">${trouble}</p>
        <button class="button" ?disabled=${busy} data-testid="sign-in">${busy ? t("正在登录…") : t("登录")}</button>
        ${passkeyButton()}
      </form>`}
      ${demo ? html`<p class="hint" data-testid="demo-hint">${t("演示系统：账号与密码见启动时的提示。请勿录入真实信息。")}</p>` : nothing}
      ${known ? html`<p class="hint">${t("%(name)s 的记录仍保存在本机。", { name: known.name })}</p>` : nothing}
      <div class="center">${languageSwitch()}</div></section>`,
  };
}
