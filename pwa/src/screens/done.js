/** Finished visits of the last weeks, readable with no signal: full as long as the record is here, as a light summary afterwards. */
import { html, nothing } from "lit-html";
import { pick, t } from "../model/i18n.js";
import { grouped, moment } from "../model/text.js";
import { done, thumb } from "../store/summary.js";
import { Pictures } from "./parts.js";
import { receivedWord } from "../model/words.js";
import { pill } from "./parts.js";

const pictures = new Pictures();
export const leave = () => pictures.release();

/** @param {string[]} params */
export async function load([id]) {
  const all = await done();
  const one = id ? all.find((s) => s.id === id) : undefined;
  const thumbs = one ? await Promise.all(one.photos.map(async (h) => ({ h, data: await thumb(h) }))) : [];
  return { all, id, one, thumbs };
}

/** @param {import("../model/summary.js").Summary} s */
function row(s) {
  return html`<li><a class="slip past" href="#/done/${s.id}" data-testid="done-${s.id}"><span class="name">${s.name}</span>
    <span class="sub">${s.outcomes.map((o) => pick(o)).join("；")}</span>
    <span class="row foot">${pill("good", receivedWord(s.ledger_index))}<span class="count">${moment(s.received_at_ms)}</span></span></a></li>`;
}

/** @param {any} data */
function detail({ one, thumbs }) {
  /** @type {import("../model/summary.js").Summary} */
  const s = one;
  return html`<section class="slip big" data-testid="summary" data-light=${s.light}><p class="stage">${pill("good", receivedWord(s.ledger_index))}</p><h2 class="name">${s.name}</h2>
      ${s.code ? html`<p class="code">${s.code}</p>` : nothing}
      <dl>${s.address ? html`<dt>${t("地址")}</dt><dd>${s.address}</dd>` : nothing}${s.campaign ? html`<dt>${t("任务")}</dt><dd>${s.campaign}</dd>` : nothing}
      <dt>${t("事项")}</dt><dd>${s.items.map((i) => html`<span class="line">${pick(i)}</span>`)}</dd>
      <dt>${t("结果")}</dt><dd>${s.outcomes.map((o) => html`<span class="line">${pick(o)}</span>`)}</dd>
      ${s.remark ? html`<dt>${t("说明")}</dt><dd>${s.remark}</dd>` : nothing}
      <dt>${t("封存")}</dt><dd>${moment(s.sealed_at_ms)}</dd><dt>${t("收到")}</dt><dd>${moment(s.received_at_ms)}</dd>
      <dt>${t("记录指纹")}</dt><dd class="hash">${grouped(s.record_sha256)}</dd></dl></section>
    ${thumbs.length ? html`<section class="card stack"><h3>${t("照片")}</h3><div class="thumbs">${thumbs.map((/** @type {any} */ p, /** @type {number} */ n) => p.data
      ? html`<img src=${pictures.url(p.h, p.data, "image/webp")} alt=${t("照片 %(n)s", { n: n + 1 })} data-testid="thumb">` : nothing)}</div></section>` : nothing}
    <p class="hint center">${s.light ? t("原件已核对保存在服务器；这份摘要在本机保留 30 天。") : t("照片和记录仍在本机。")}</p>`;
}

/** @param {any} data */
export function view(data) {
  if (data.id) return { title: t("已完成"), back: "#/done", body: data.one ? detail(data) : html`<p class="empty">${t("没有这份记录。")}</p>` };
  return {
    title: t("已完成"), back: "#/",
    body: data.all.length ? html`<ul class="slips" data-testid="done-list">${data.all.map(row)}</ul>
      <p class="hint center">${t("结案后照片移出本机，摘要保留 30 天。")}</p>` : html`<p class="empty">${t("还没有服务器收到的记录。")}</p>`,
  };
}
