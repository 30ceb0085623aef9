/** A sealed record as a page: every answer, photo and signature, exactly as it was signed; with no signal. */
import { html, nothing, svg } from "lit-html";
import { pick, t } from "../model/i18n.js";
import { digest } from "../model/record.js";
import { drawn } from "../model/strokes.js";
import { grouped, moment } from "../model/text.js";
import * as outbox from "../store/outbox.js";
import * as work from "../store/work.js";
import { icon, Pictures } from "./parts.js";
import { scanWord } from "./inspection.js";
import { fieldWords, nameOf, valueWords } from "./said.js";

const pictures = new Pictures();
export const leave = () => pictures.release();
export const steady = true;

/** @param {string[]} params */
export async function load([id]) {
  const s = await outbox.submission(id);
  if (!s?.record) return { s: null };
  const [inspection, checklists, codes] = await Promise.all([work.inspection(s.inspection), work.checklists(), work.outcomeCodes()]);
  /** @type {Map<string, any>} */
  const photos = new Map(), strokes = new Map();
  for (const p of s.record.photos) photos.set(p.sha256, await outbox.blob(p.marked ?? p.sha256));
  for (const [key, sha] of Object.entries(s.record.strokes_sha256)) {
    const row = await outbox.blob(/** @type {string} */ (sha));
    strokes.set(key, row?.data?.byteLength ? drawn(row.data) : null);
  }
  return { s, inspection, checklists, codes, photos, strokes, intact: digest(s.record) === s.record_sha256 };
}

/** @param {any} q @param {string|null} value */
function answerWord(q, value) {
  if (value === null || value === "") return "—";
  if (q?.type === "yes_no_na") return { yes: t("是"), no: t("否"), na: t("不适用") }[value] ?? value;
  if (q?.type === "choice") return pick(q.options?.find((/** @type {any} */ o) => o.value === value) ?? { zh: value, en: value });
  return q?.unit ? `${value} ${q.unit}` : value;
}

/** @param {any} v @param {any[]} list */
const shots = (v, list) => list.length ? html`<ul class="shots">${list.map((p) => {
  const row = v.photos.get(p.sha256);
  const url = pictures.url(p.sha256, row?.data?.byteLength ? row.data : row?.thumb, row?.type ?? p.type);
  return html`<li>${url ? html`<img src=${url} alt=${t("现场照片")}>` : html`<p class="hint">${p.device ? t("同事手机上的照片。") : t("照片已在服务器保存，本机已清理。")}</p>`}<small>${moment(p.t_dev)}</small><small class="hash">${p.sha256}</small></li>`;
})}</ul>` : nothing;

/** @param {any} v @param {any} item */
function section(v, item) {
  const known = v.inspection?.items.find((/** @type {any} */ i) => i.code === item.item);
  const questions = v.checklists[item.checklist]?.questions ?? [];
  return html`<section class="card"><h3>${known ? pick(known, "name") : item.item}</h3><ol class="answers">${item.answers.map((/** @type {any} */ a) => {
    const q = questions.find((/** @type {any} */ k) => k.id === a.q);
    return html`<li data-testid="record-answer"><span>${q ? pick(q) : a.q}</span><b class=${a.value === "no" ? "bad" : ""}>${answerWord(q, a.value)}</b>${a.note ? html`<p class="sub">${a.note}</p>` : nothing}
      ${shots(v, v.s.record.photos.filter((/** @type {any} */ p) => p.item === item.item && p.q === a.q))}</li>`;
  })}</ol></section>`;
}

/** @param {any} v @param {any} signer */
function signature(v, signer) {
  const role = signer.role === "officer" ? t("执法人员") : t("企业代表");
  if (signer.refused) return html`<figure><p class="notice warn">${t("拒签：%(reason)s；见证人 %(witness)s", { reason: signer.reason, witness: signer.witness })}</p><figcaption>${signer.name} <small>${role}</small></figcaption></figure>`;
  const s = v.strokes.get(signer.key);
  const own = s && s.content_sha256 === v.s.content_sha256;
  return html`<figure>${s ? html`<svg viewBox="0 0 ${s.w} ${s.h}" role="img" aria-label=${t("%(name)s 的签名", { name: signer.name })} data-testid="record-signature">${s.paths.map((/** @type {string} */ d) => svg`<path d=${d} />`)}</svg>` : html`<p class="hint">${t("签名笔迹已在服务器保存，本机已清理。")}</p>`}
    <figcaption>${signer.name} <small>${role}${s && !own ? html` · <span class="bad">${t("签名与内容不符")}</span>` : nothing}</small></figcaption></figure>`;
}

/** What officers' phones signed beside this record: the office's last word of it. @param {any} v */
function beside(v) {
  const told = v.inspection?.submission?.id === v.s.id ? v.inspection.submission : null;
  const cosigned = told?.cosigned ?? [], decided = told?.decided ?? [];
  if (!cosigned.length && !decided.length) return nothing;
  return html`<section class="card" data-testid="record-team"><h3>${t("联署与裁定")}</h3><dl>
    ${cosigned.map((/** @type {any} */ c) => html`<dt>${t("联署")}</dt><dd>${nameOf(v, c.inspector)}<small>${moment(c.t_dev)}</small></dd>`)}
    ${decided.map((/** @type {any} */ d) => html`<dt>${t("记录后裁定")}</dt><dd>${fieldWords(v, d.key)}：<b>${valueWords(v, d.key, d.value)}</b><small>${nameOf(v, d.inspector)} · ${moment(d.t_dev)}${d.reason ? ` · ${d.reason}` : ""}</small></dd>`)}</dl></section>`;
}

/** @param {any} v */
export function view(v) {
  const { s } = v;
  if (!s) return { title: t("现场检查记录"), back: "#/outbox", body: html`<p class="empty">${t("没有这份记录。")}</p>` };
  const r = s.record, i = v.inspection;
  const loose = r.photos.filter((/** @type {any} */ p) => !r.items.some((/** @type {any} */ item) => item.item === p.item && item.answers.some((/** @type {any} */ a) => a.q === p.q)));
  return {
    title: t("现场检查记录"), back: `#/receipt/${s.id}`,
    body: html`<article class="paper" data-testid="record">
      ${i?.authority_zh ? html`<p class="authority">${pick(i, "authority")}</p>` : nothing}<h2>${t("现场检查记录")}</h2>
      ${v.intact ? nothing : html`<p class="notice bad" role="alert" data-testid="record-damaged">${t("本机保存的内容与签字时的指纹不符。")}</p>`}
      <dl><dt>${t("企业")}</dt><dd>${s.enterprise}${i ? html`<small class="code">${i.enterprise.code}</small>` : nothing}</dd>
        ${i ? html`<dt>${t("任务")}</dt><dd>${i.campaign.name}<small>${i.campaign.number}${i.notice ? ` · ${i.notice.number}` : ""}</small></dd>` : nothing}
        <dt>${t("入企")}</dt><dd>${r.scan ? html`${scanWord(r.scan.how)} · ${moment(r.scan.t_dev)}${r.scan.reason ? html`<small>${r.scan.reason}</small>` : nothing}` : "—"}</dd>
        <dt>${t("开始")}</dt><dd>${moment(r.started_t_dev)}</dd><dt>${t("完成")}</dt><dd>${moment(r.t_dev)}</dd>
        <dt>${t("位置")}</dt><dd>${r.gps ? `${(r.gps.lat_e7 / 1e7).toFixed(5)}, ${(r.gps.lon_e7 / 1e7).toFixed(5)} ± ${Math.round(r.gps.acc_cm / 100)} m` : t("未取得")}</dd>
        <dt>${t("结果")}</dt><dd>${r.outcomes.map((/** @type {string} */ c) => html`<span class="line"><b>${pick(v.codes.find((/** @type {any} */ k) => k.code === c) ?? { zh: c, en: c })}</b></span>`)}</dd>
        ${r.remark ? html`<dt>${t("说明")}</dt><dd>${r.remark}</dd>` : nothing}</dl></article>
      ${r.items.map((/** @type {any} */ item) => section(v, item))}
      ${loose.length ? html`<section class="card"><h3>${t("现场照片")}</h3>${shots(v, loose)}</section>` : nothing}
      ${r.voices?.length ? html`<section class="card"><h3>${t("录音")}</h3><ul>${r.voices.map((/** @type {any} */ n) => html`<li>${n.text || "—"}<small>${moment(n.t_dev)} · ${t("%(n)s 秒", { n: Math.round(n.ms / 1000) })}</small><small class="hash">${n.sha256}</small></li>`)}</ul></section>` : nothing}
      <section class="card"><h3>${t("签名")}</h3><div class="signatures">${r.signers.map((/** @type {any} */ k) => signature(v, k))}</div></section>
      ${beside(v)}
      <section class="card"><h3>${icon("lock")}${t("存证")}</h3><dl><dt>${t("内容指纹")}</dt><dd class="hash">${grouped(s.content_sha256)}</dd><dt>${t("记录指纹")}</dt><dd class="hash" data-testid="record-sha">${grouped(s.record_sha256)}</dd>
        <dt>${t("设备签名")}</dt><dd class="hash">${s.signature}</dd>
        <dt>${t("回执")}</dt><dd>${s.receipt ? moment(s.receipt.received_at_ms) : t("尚未发送")}</dd>
        <dt>${t("存证日志")}</dt><dd>${s.ledger_index !== null ? t("第 %(n)s 条，任何人可验证", { n: s.ledger_index }) : t("等待检查点")}</dd></dl>
        ${s.receipt ? html`<p class="papers"><a href="/field/api/submissions/${s.id}/record.pdf" target="_blank" rel="noopener" data-testid="record-pdf">${icon("paper")}${t("下载 PDF（需联网）")}</a></p>` : nothing}</section>`,
  };
}
