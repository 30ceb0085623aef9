/** 抽取证明: one code that any phone checks, shown only with what this phone found when it checked it itself. */
import { html, nothing } from "lit-html";
import { t } from "../model/i18n.js";
import { pathOf } from "../model/modules.js";
import { moment } from "../model/text.js";
import { meta } from "../store/work.js";
import { icon, notDrawn } from "./parts.js";
import { hub, unknown, visit } from "./visit.js";

/** @typedef {import("../model/visit_proof.js").Verdict} Verdict */

export const steady = true;

/** @param {string[]} params */
export async function load([id]) {
  const v = await visit(id);
  const row = v.inspection?.proof;
  /** @type {Verdict|null} */
  let found = null;
  /** @type {import("../model/types.js").LogKeys|undefined} */
  const log = await meta("log");
  if (row?.text && log) found = (await import("../model/visit_proof.js")).verify(row.text, log.vkey, log.witnesses);
  const otherKey = !!log && (await meta("log_vkey_told")) !== log.vkey;
  return { ...v, found, otherKey, path: row?.bits ? pathOf(row.side ?? 0, row.bits) : "" };
}

/** Whether the proof is of this very visit. @param {import("../model/types.js").Inspection} i @param {Verdict} found */
const fits = (i, found) => found.proof?.enterprise === i.enterprise.code && found.proof.drawId === i.draw?.draw_id;

/** @param {any} v */
function shown(v) {
  const { inspection: i, found, path } = v;
  const row = i.proof;
  if (!found || found.verdict !== "verified" || !fits(i, found) || v.otherKey)
    return html`<div class="notice bad" role="alert" data-testid="proof-bad"><b>${t("这份证明没有通过本机核验，请不要出示。")}</b><p>${v.otherKey ? t("服务器的存证日志公钥与本机记下的不同，请联系管理员。") : t("请联网同步后再看；如仍不通过，请联系管理员。")}</p></div>`;
  const p = found.proof;
  return html`
    <p class="verified" data-testid="proof-good">${icon("yes")}<b>${t("已在本机核验：这次检查由公开抽取产生")}</b></p>
    <svg class="proof-code" viewBox="0 0 ${row.side} ${row.side}" role="img" aria-label=${t("抽取证明二维码")} shape-rendering="crispEdges" data-testid="proof-code"><path d=${path} /></svg>
    <p class="hint center">${t("企业用任何手机扫码核验，也可断网核验。")}</p>
    <section class="card"><dl><dt>${t("企业")}</dt><dd>${i.enterprise.name}<small class="code">${p.enterprise}</small></dd>
      <dt>${t("抽取")}</dt><dd data-testid="proof-draw">${p.drawId}<small>${moment(p.at * 1000)}</small></dd>
      <dt>${t("人员")}</dt><dd>${i.officers.map((/** @type {any} */ o) => html`<span class="line">${o.name} · ${row.drawn[o.slot] ? t("抽取时确定") : t("依法回避后接替")}</span>`)}</dd>
      <dt>${t("存证")}</dt><dd>${t("存证日志第 %(n)s 条", { n: p.index })}${found.cosigned.map((/** @type {any} */ c) => html`<small>${t("见证方 %(name)s", { name: c.name })}</small>`)}${found.cosigned.length ? nothing : html`<small>${t("暂无见证方签名")}</small>`}</dd></dl></section>
    ${row.drawn.includes(false) ? html`<p class="notice" data-testid="proof-substitute">${t("名单封存后有人依法回避，由抽取时排定的下一位接替；封存的仍是原来的人员。")}</p>` : nothing}`;
}

/** @param {any} v */
function why(v) {
  const i = v.inspection;
  switch (i.proof.state) {
    case "awaiting": return html`<div class="notice warn" data-testid="proof-awaiting"><b>${t("等待检查点")}</b><p>${t("抽取已写入存证日志，日志签名后即可出示证明。请联网同步。")}</p></div>`;
    case "replacement": return html`<div class="notice" data-testid="proof-replacement"><b>${t("这户是替补的检查对象")}</b><p>${t("原抽中的企业已不存在或无法检查，经两人批准，由同一单元签号的下一位替补，因此不在抽取时封存的名单中。抽取密钥公开后，任何人都能重算出这一替补。")}</p><p>${i.draw?.draw_id ?? ""}</p></div>`;
    default: return html`<div class="notice" data-testid="proof-not-drawn"><b>${notDrawn(i.campaign.kind)}</b><p>${t("这次检查不是抽取产生的，没有抽取证明。立项已记入存证日志，编号 %(number)s。", { number: i.campaign.number })}</p></div>`;
  }
}

/** @param {any} v */
export function view(v) {
  if (!v.inspection?.proof) return unknown();
  return { title: t("抽取证明"), back: hub(v.id), body: v.inspection.proof.state === "proven" ? shown(v) : why(v) };
}
