/** Signing in with the fingerprint or face that unlocks the phone: offered once, listed, removed. */
import { html, nothing } from "lit-html";
import { t } from "../model/i18n.js";
import { moment } from "../model/text.js";
import { meta, setMeta } from "../store/work.js";
import { able, builtIn, make, use } from "../device/passkey.js";
import { device, name } from "../device/key.js";
import * as api from "../sync/api.js";
import { action, ask, askPassword, toast } from "./parts.js";
import { redraw } from "./redraw.js";

/** @typedef {{id: string, name: string, synced: boolean, device: string|null, created_at_ms: number, last_used_at_ms: number|null}} Passkey */

let offered = false;
let busy = false;
/** @type {{able: boolean, list: Passkey[]|null}} */
const known = { able: false, list: null };

/** @param {any} reply @returns {string} */
const trouble = (reply) => (reply.status === 0 ? t("连不上服务器，请稍后再试。") : reply.body?.title || t("服务器答复 %(code)s", { code: reply.status }));

/** After a sign-in by password: the next time may be easier. @param {string|null} origin */
export async function consider(origin) {
  if (!able(origin) || !(await builtIn()) || (await meta("passkey_offer"))) return;
  offered = true;
  redraw();
}

/** @param {"made"|"no"} answer */
async function answered(answer) {
  offered = false;
  await setMeta("passkey_offer", answer);
  redraw();
}

export const offer = () => (offered ? html`<div class="banner" data-testid="passkey-offer"><span>${t("下次用指纹或人脸登录？")}</span><span class="acts">
  <button type="button" @click=${() => answered("no")} data-testid="passkey-no">${t("不用了")}</button><button type="button" ?disabled=${busy} @click=${add} data-testid="passkey-yes">${t("设置")}</button></span></div>` : nothing);

/**
 * Does what the server allows only soon after a proof of who one is: where it asks for one, the password is typed once more.
 * @template {{status: number, body: any}} R @param {() => Promise<R>} does @returns {Promise<R|null>} null when the officer changed their mind
 */
async function proved(does) {
  const first = await does();
  if (first.status !== 403 || first.body?.code !== "prove-first") return first;
  const password = await askPassword({ title: t("请再输入一次密码"), text: t("更改登录方式前，确认是您本人。"), yes: t("确认") });
  if (password === null) return null;
  const proof = await api.prove(password);
  return proof.status === 204 ? does() : /** @type {any} */ (proof);
}

async function add() {
  if (busy) return;
  busy = true; redraw();
  try {
    await api.enrol(await device()); // the session names its phone, so that a lost one takes its passkeys along
    const asked = await proved(api.askNewPasskey);
    if (!asked) return;
    if (asked.status !== 200) return toast(trouble(asked));
    const credential = await make(asked.body.options);
    if (credential === "refused") return toast(t("没有设置。可在“我的”里再设。"));
    if (credential === "known") { await answered("made"); return toast(t("这台手机已有通行密钥。")); }
    if (credential === "failed") return toast(t("浏览器没有做成通行密钥，请用密码登录。"));
    const added = await api.addPasskey({ ceremony: asked.body.ceremony, credential, name: name() });
    if (added.status !== 201) return toast(trouble(added));
    await answered("made");
    toast(t("好了，下次可用指纹或人脸登录"));
    await refresh();
  } finally { busy = false; redraw(); }
}

/**
 * Signs in without a password.
 * @returns {Promise<{body: any}|string>} the session, or what to tell; "" when the officer changed their mind
 */
export async function signIn() {
  const asked = await api.askPasskey();
  if (asked.status !== 200) return trouble(asked);
  const credential = await use(asked.body.options);
  if (credential === "refused") return t("没有完成。可以再试，或用密码登录。");
  if (typeof credential === "string") return t("浏览器没有打开通行密钥，请用密码登录。");
  const reply = await api.signInByPasskey({ ceremony: asked.body.ceremony, credential });
  return reply.status === 200 && reply.body?.account ? reply : trouble(reply);
}

/** Asks the server which passkeys there are; without a network the section says so. */
export async function refresh() {
  const [session, reply] = await Promise.all([api.session(), api.passkeys()]);
  if (session.status === 200) known.able = able(session.body.passkeys_at);
  known.list = reply.status === 200 ? reply.body.passkeys : null;
  redraw();
}

/** @param {Passkey} passkey */
async function remove(passkey) {
  if (!(await ask({ title: t("移除这个通行密钥？"), text: t("之后在那台手机上要用密码登录。"), yes: t("移除"), danger: true }))) return;
  const reply = await proved(() => api.removePasskey(passkey.id));
  if (!reply) return;
  if (reply.status !== 204) return toast(trouble(reply));
  await setMeta("passkey_offer", null);
  await refresh();
}

/** For the officer's own page. @param {string|undefined} here this phone's id */
export function section(here) {
  const row = (/** @type {Passkey} */ p) => html`<li data-testid="passkey"><span><b>${p.name || t("通行密钥")}</b><small>${p.device === here ? t("这台手机") + " · " : ""}${p.last_used_at_ms ? t("上次使用 %(time)s", { time: moment(p.last_used_at_ms) }) : t("添加于 %(time)s", { time: moment(p.created_at_ms) })}${p.synced ? ` · ${t("随手机账号同步")}` : ""}</small></span>
    <button type="button" class="link" @click=${() => remove(p)} data-testid="passkey-remove" aria-label=${`${t("移除")} ${p.name}`}>${t("移除")}</button></li>`;
  return html`<section class="card stack" data-testid="passkeys"><h3>${t("指纹或人脸登录")}</h3>
    ${known.list === null ? html`<p class="hint">${t("联网后显示通行密钥。")}</p>`
      : known.list.length ? html`<ul class="keys">${known.list.map(row)}</ul>` : html`<p class="hint">${t("还没有通行密钥。设置后不用再输密码。")}</p>`}
    ${known.able && known.list !== null && !known.list.some((p) => p.device === here) ? action({ act: add, label: t("在这台手机上设置"), testid: "passkey-add", quiet: true, off: busy }) : nothing}</section>`;
}
