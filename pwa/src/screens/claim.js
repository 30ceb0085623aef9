/** 认领码: asked of the office with the enterprise's person at hand, shown until the screen is left, kept nowhere on this phone. */
import { html, nothing } from "lit-html";
import { mayHand, noCode } from "../model/claim.js";
import { t } from "../model/i18n.js";
import { pathOf } from "../model/modules.js";
import { moment } from "../model/text.js";
import * as api from "../sync/api.js";
import { sync } from "../sync/engine.js";
import { action } from "./parts.js";
import { redraw } from "./redraw.js";
import { hub, unknown, visit } from "./visit.js";

/** @typedef {{code: string, expires_at: string, address: string, side: number, bits: string}} Handed */
const nothingYet = { request: "", busy: false, trouble: "", code: /** @type {Handed|null} */ (null) };
let now = { ...nothingYet };

/** @param {string[]} params */
export const load = ([id]) => visit(id);

export function leave() { now = { ...nothingYet }; }

/** @param {string} id of the inspection */
async function fetchCode(id) {
  const mine = now;
  mine.request ||= crypto.randomUUID(); // an answer that was lost on its way is asked for again, and is the same code
  mine.busy = true; mine.trouble = "";
  redraw();
  const reply = await api.claimCode(id, mine.request);
  mine.busy = false;
  if (reply.status === 200) mine.code = reply.body;
  else mine.trouble = noCode(reply);
  if (reply.status) mine.request = "";
  if (reply.body?.code === "not-arrived") void sync({ hurry: true });
  redraw();
}

/** @param {Handed} handed */
const shown = (handed) => html`<section class="card stack" data-testid="claim">
  <svg class="proof-code small" viewBox="0 0 ${handed.side} ${handed.side}" role="img" aria-label=${t("认领页二维码")} shape-rendering="crispEdges"><path d=${pathOf(handed.side, handed.bits)} /></svg>
  <p class="claim-code" data-testid="claim-code">${handed.code}</p>
  <p>${t("请企业负责人扫码，或打开下面的网址，输入这 14 位认领码。")}</p><p class="hash">${handed.address}</p>
  <p class="notice warn">${t("只能用一次，%(time)s 前有效。本机不保存，离开本页后不再显示。", { time: moment(Date.parse(handed.expires_at)) })}</p></section>`;

/** @param {any} v */
export function view(v) {
  const { inspection: i, draft, id } = v;
  if (!i) return unknown();
  const { code, busy, trouble } = now;
  return {
    title: t("企业认领码"), back: hub(id),
    body: html`<h2 class="name">${i.enterprise.name}</h2>
      ${trouble ? html`<div class="notice bad" role="alert" data-testid="claim-trouble"><p>${trouble}</p></div>` : nothing}
      ${code ? shown(code)
        : mayHand(i, draft) ? html`<p>${t("凭认领码，企业可以认领自己的企业页：看全部文书、回应结果、提出异议、提交整改材料。")}</p>
          <p class="hint">${t("请当面交给企业负责人。需要联网；取新码后，以前没有用过的码作废。")}</p>`
        : html`<p class="empty" data-testid="claim-early">${t("到场扫码后，才能交付认领码。")}</p>`}`,
    bar: !code && mayHand(i, draft) ? action({ act: () => void fetchCode(id), label: busy ? t("正在取码…") : trouble ? t("再试一次") : t("取认领码"), testid: "claim-fetch", off: busy }) : undefined,
  };
}
