/** 检查通知书: shown on arrival, with no signal, large enough to be read across a counter. */
import { html } from "lit-html";
import { pick, t } from "../model/i18n.js";
import { inBeijing } from "../model/text.js";
import { methodWord } from "./parts.js";
import { hub, unknown, visit } from "./visit.js";

/** @param {string[]} params */
export const load = ([id]) => visit(id);

/** @param {number} ms @returns {string} the day in China */
const day = (ms) => inBeijing({ dateStyle: "long" }).format(ms);

/** Why this enterprise is visited, in one sentence. @param {import("../model/types.js").Inspection} i */
function way(i) {
  if (i.proof?.state === "replacement") return t("双随机抽查：%(draw)s 抽中的企业已无法检查，由同一单元签号的下一位替补。", { draw: i.draw?.draw_id ?? "" });
  if (i.draw) return t("双随机抽查：由 %(draw)s 于 %(day)s 公开抽取，检查组同时抽出。", { draw: i.draw.draw_id, day: day(i.draw.drawn_at_ms) });
  if (i.campaign.kind === "recheck") return t("责令改正复查：不经抽取，查看责令改正事项是否改正，到场出示本通知书。");
  return i.campaign.kind === "complaint" ? t("投诉举报核查：不经抽取，不提前告知，到场出示本通知书。") : t("移送交办核查：不经抽取，不提前告知，到场出示本通知书。");
}

/** @param {any} v */
export function view(v) {
  /** @type {import("../model/types.js").Inspection|undefined} */
  const i = v.inspection;
  const n = i?.notice;
  if (!i || !n) return unknown();
  return {
    title: t("检查通知书"), back: hub(i.id),
    body: html`<article class="paper" data-testid="notice">
      <p class="authority">${pick(i, "authority")}</p>
      <h2>${t("检查通知书")}</h2>
      <p class="number" data-testid="notice-number">${n.number}</p>
      <p class="to"><b>${i.enterprise.name}</b><small class="code">${i.enterprise.code}</small></p>
      <p>${t("本机关依法对你单位进行检查，请予配合。现将有关事项告知如下：")}</p>
      <dl>
        <dt>${t("检查依据")}</dt><dd>${i.campaign.legal_basis}</dd>
        <dt>${t("检查缘由")}</dt><dd data-testid="notice-way">${way(i)}<small>${i.campaign.name} · ${i.campaign.number}</small></dd>
        <dt>${t("检查事项")}</dt><dd>${i.items.map((item) => html`<span class="line">${pick(item, "name")}<small>${methodWord(item.method)}</small></span>`)}</dd>
        <dt>${t("检查人员和执法证号")}</dt><dd>${i.officers.map((o) => html`<span class="line"><b>${o.name}</b> <span>${o.certificate_no}</span><small>${pick(o, "dept")}</small></span>`)}</dd>
        <dt>${t("检查期限")}</dt><dd>${t("%(day)s 前", { day: i.due_on })}</dd>
        <dt>${t("本年检查")}</dt><dd data-testid="notice-count">${t("本机关本年度已对你单位检查 %(n)s 次，本次为第 %(next)s 次。", { n: n.visits_before, next: n.visits_before + 1 })}</dd>
      </dl>
      <h3>${t("你单位的权利")}</h3>
      <ol>
        <li>${t("检查人员不得少于两人，并应当主动出示执法证件；不出示的，有权拒绝检查。（行政处罚法第四十二条、第五十五条）")}</li>
        <li>${t("认为检查人员与本次检查有直接利害关系或者可能影响公正的，有权申请回避。（行政处罚法第四十三条）")}</li>
        <li>${t("对同一企业的检查次数有年度上限，有权了解本年度已检查的次数。（国办发〔2024〕54号）")}</li>
        <li>${t("可扫描检查人员手机上的“亮码”和“抽取证明”，核验人员和检查的真实性。")}</li>
      </ol>
      <p class="signed">${pick(i, "authority")}<br>${day(n.issued_at_ms)}</p>
    </article>`,
  };
}
