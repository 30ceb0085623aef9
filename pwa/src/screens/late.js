/** Something else reached the office after the record: side by side with what was signed, decided by a person, signed by this phone. */
import { html, nothing } from "lit-html";
import { t } from "../model/i18n.js";
import { moment } from "../model/text.js";
import { stringify } from "../model/jcs.js";
import { decision } from "../model/team.js";
import * as parts from "../store/parts.js";
import { device, sign } from "../device/key.js";
import { sync } from "../sync/engine.js";
import { action, go, icon, toast } from "./parts.js";
import { forget, otherValue } from "./conflicts.js";
import { redraw } from "./redraw.js";
import { fieldWords, nameOf, valueWords } from "./said.js";
import { hub, unknown, visit } from "./visit.js";

/** @type {Map<string, any>} what this officer chose so far, by key */
let chosen = new Map();
let busy = false;

/** @param {string[]} params */
export const load = ([id]) => visit(id);
export function leave() { chosen = new Map(); busy = false; forget(); }

/** @param {any} v @param {any[]} open */
async function send(v, open) {
  if (busy) return;
  busy = true; redraw();
  try {
    const s = v.inspection.submission;
    const id = crypto.randomUUID();
    const key = await device();
    const inspector = v.inspection.officers.find((/** @type {any} */ o) => o.me).inspector_id;
    const choices = open.map((d) => ({ key: d.key, over: [...d.over].sort(), value: chosen.get(d.key).value ?? null, reason: "" }));
    const body = decision({ record_sha256: s.record_sha256, submission: s.id, inspection: v.id, inspector, device: key.id, decision: id, choices, now: Date.now() });
    const { signature } = await sign(body);
    await parts.queueSigned("decide", v.id, `/submissions/${s.id}/decisions/${id}`, { device: key.id, body, signature });
    toast(t("裁定已签名，附在记录之后"));
    go(hub(v.id));
    void sync({ hurry: true });
  } finally { busy = false; redraw(); }
}

/** @param {any} v @param {any} d @param {number} n */
function duel(v, d, n) {
  const id = `late-${n}`;
  const is = (/** @type {any} */ value) => chosen.has(d.key) && stringify(chosen.get(d.key).value) === stringify(value);
  const side = (/** @type {any} */ value, /** @type {any} */ who, /** @type {string} */ testid, /** @type {boolean} */ signed) => html`<div class="side ${signed ? "signed" : ""}" data-testid="side"><p class="said">${valueWords(v, d.key, d.key === "outcomes" || !value || typeof value !== "object" ? value : true)}</p>${who}
    <button type="button" class="button ${is(value) ? "" : "quiet"}" aria-pressed=${is(value)} aria-describedby=${id} @click=${() => { chosen.set(d.key, { value }); redraw(); }} data-testid=${testid}>${is(value) ? html`${icon("yes")}${t("已选")}` : t("以此为准")}</button></div>`;
  const other = chosen.has(d.key) && ![d.recorded, ...d.rivals.map((/** @type {any} */ r) => r.value)].some(is);
  return html`<section class="card duel" data-testid="duel" aria-labelledby=${id}><h2 class="ask" id=${id}>${fieldWords(v, d.key)}</h2>
    <div class="sides">${side(d.recorded, html`<small>${t("记录中，已签字")}</small>`, "pick-recorded", true)}
      ${d.rivals.map((/** @type {any} */ r, /** @type {number} */ i) => side(r.value, r.said.map((/** @type {any} */ x) => html`<small>${nameOf(v, x.by)} · ${moment(x.t_dev)}</small>`), `pick-${i}`, false))}</div>
    ${other ? html`<p class="said">${icon("yes")} ${valueWords(v, d.key, chosen.get(d.key).value)}</p>` : nothing}
    ${/^[pv]\//.test(d.key) ? nothing : otherValue(v, d.key, d.recorded ?? d.rivals[0].value, (value) => { chosen.set(d.key, { value }); redraw(); })}
    ${d.key === "outcomes" && chosen.has(d.key) && !is(d.recorded) ? html`<p class="notice warn">${t("检查结果一改，记录须退回，由企业重新签字。")}</p>` : nothing}</section>`;
}

/** @param {any} v */
export function view(v) {
  if (!v.inspection) return unknown();
  const open = v.owed === "decide" ? v.inspection.submission.outstanding.differences : [];
  const left = open.filter((/** @type {any} */ d) => !chosen.has(d.key)).length;
  return {
    title: t("记录之后的不同说法"), back: hub(v.id),
    body: open.length ? html`<p class="hint">${t("记录签字以后，同事手机上的内容才送到，有几处不一样。已签字的记录不会改动；您的裁定会签名后附在记录之后。")}</p>${open.map((/** @type {any} */ d, /** @type {number} */ n) => duel(v, d, n))}`
      : html`<p class="empty" data-testid="no-conflicts">${t("没有不一致的地方。")}</p>`,
    bar: open.length ? action({ act: () => send(v, open), label: left ? t("还有 %(n)s 处未裁定", { n: left }) : html`${icon("lock")}${t("签名并提交裁定")}`, testid: "late-send", off: left > 0 || busy }) : undefined,
  };
}
