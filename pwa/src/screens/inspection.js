/** The hub of one inspection: who, what, by when, and the steps in the order of the work. */
import { html, nothing } from "lit-html";
import { pick, t } from "../model/i18n.js";
import { scanOwed } from "../model/backfill.js";
import { mayHand } from "../model/claim.js";
import { progress } from "../model/form.js";
import { dayOf, daysLeft, dueWords, moment } from "../model/text.js";
import * as outbox from "../store/outbox.js";
import * as work from "../store/work.js";
import { sync } from "../sync/engine.js";
import { action, icon, methodWord, notDrawn, phaseWord, pill, problemWords, toast } from "./parts.js";
import { asked, teamNote } from "./said.js";
import { draftFor, hub, unknown, visit } from "./visit.js";

/** @param {string[]} params */
export const load = ([id]) => visit(id);

/** @param {any} v */
export function enter({ id, inspection }) {
  if (inspection) void work.markSeen(id);
}

/** @param {string} id */
async function receive(id) {
  await outbox.queueReceive(id, Date.now());
  toast(t("已签收"));
  void sync({ hurry: true });
}

/** @param {string} id */
async function reopen(id) {
  await draftFor(id);
  toast(t("已按原记录重开，答案与照片都在"));
}

/** @param {string} id @param {SubmitEvent} event */
async function recuse(id, event) {
  event.preventDefault();
  const reason = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("reason")).normalize("NFC").trim();
  if (!reason) return;
  await outbox.queueRecusal(id, reason, { id: crypto.randomUUID(), now: Date.now() });
  toast(t("已记下，联网后送达负责人"));
  void sync({ hurry: true });
}

/** @param {any} v */
const standBack = (v) => v.recused
  ? html`<p class="notice" data-testid="recused">${t("您已申请回避，请等待负责人决定。")}</p>`
  : html`<details><summary data-testid="recuse">${t("申请回避")}</summary><form @submit=${(/** @type {SubmitEvent} */ e) => recuse(v.id, e)}>
      <label class="field"><span>${t("与该企业有利害关系的理由（不公开）")}</span><textarea name="reason" rows="3" maxlength="1000" required data-testid="recuse-reason"></textarea></label>
      <button class="button quiet" data-testid="recuse-send">${t("申请回避")}</button></form></details>`;

/** @param {import("../model/types.js").Inspection} i @param {import("../model/phase.js").Phase} stage @param {any} v */
function slip(i, stage, v) {
  const { word, tone } = phaseWord(stage, i.state, v);
  const e = i.enterprise;
  const days = daysLeft(i.due_on, dayOf(new Date()));
  return html`<section class="slip big">
    <p class="row"><span data-testid="stage" data-stage=${stage}>${pill(tone, word)}</span>${["done", "closed", "waiting"].includes(stage) ? html`<span class="deadline">${i.campaign.number}</span>`
      : html`<span class="deadline ${days < 0 ? "bad" : days <= 2 ? "warn" : ""}">${i.due_on.slice(5)} · ${dueWords(days)}</span>`}</p>
    <h2 class="name" data-testid="enterprise-name">${e.name}</h2>
    <p class="code" data-testid="enterprise-code">${e.code}</p>
    <dl><dt>${t("地址")}</dt><dd>${e.address}</dd>
      <dt>${t("负责人")}</dt><dd>${e.legal_rep}${e.phone ? html` <a class="tel" href="tel:${e.phone}">${icon("phone")}${e.phone}</a>` : nothing}</dd>
      <dt>${t("行业")}</dt><dd>${pick(e, "industry")} · ${pick(e, "region")}</dd>
      <dt>${t("本年检查")}</dt><dd>${t("已有 %(n)s 次", { n: e.visits_this_year })}</dd></dl>
    <div class="perforation"></div>
    <p class="team">${i.officers.map((o) => html`<span class=${o.me ? "me" : ""}><b>${o.name}</b>${o.me ? html`<i>${t("我")}</i>` : nothing}<small>${pick(o, "dept")}</small><small>${o.certificate_no}</small>${o.phone && !o.me ? html`<a class="tel" href="tel:${o.phone}" aria-label="${o.name} ${o.phone}">${icon("phone")}${o.phone}</a>` : nothing}</span>`)}</p>
    ${i.code ? html`<details class="showcode" @toggle=${(/** @type {any} */ e) => e.target.open && e.target.scrollIntoView({ block: "center" })}><summary data-testid="show-code">${t("亮码：请企业扫码核验")}</summary>
      <svg viewBox="0 0 ${i.code.side} ${i.code.side}" role="img" aria-label=${t("本人执法核验码")} shape-rendering="crispEdges"><path d=${i.code.path} /></svg>
      <p class="hint">${t("企业用任何手机扫码，即可看到您的执法信息和本次任务。")}</p></details>` : nothing}
    ${i.proof || mayHand(i, v.draft) ? html`<p class="papers">${i.notice ? html`<a href="${hub(i.id)}/notice" data-testid="show-notice">${icon("paper")}${t("检查通知书")}</a>` : nothing}${i.proof ? html`<a href="${hub(i.id)}/proof" data-testid="show-proof">${icon("proof")}${t("抽取证明")}</a>` : nothing}${mayHand(i, v.draft) ? html`<a href="${hub(i.id)}/claim" data-testid="show-claim">${icon("person")}${t("企业认领码")}</a>` : nothing}</p>` : nothing}
    ${i.earlier?.length ? html`<details><summary data-testid="earlier">${t("以往检查结果（%(n)s）", { n: i.earlier.length })}</summary><dl>${i.earlier.map((r) => html`<dt>${r.completed_on}</dt><dd>${r.outcomes.map((o) => pick(o, "")).join("；")}<small>${pick(r.authority, "")} · ${r.number}</small></dd>`)}</dl></details>` : nothing}
    <details><summary>${t("依据与抽取")}</summary><dl><dt>${t("任务")}</dt><dd>${i.campaign.name}<small>${i.campaign.number}</small></dd><dt>${t("依据")}</dt><dd>${i.campaign.legal_basis}</dd>
      ${i.draw ? html`<dt>${t("抽取")}</dt><dd>${moment(i.draw.drawn_at_ms)}</dd><dt>${t("抽签封条")}</dt><dd class="hash">${i.sealed_entry}</dd>`
        : html`<dt>${t("缘由")}</dt><dd data-testid="not-drawn">${notDrawn(i.campaign.kind)}</dd>`}</dl></details></section>`;
}

/** @param {any} v @returns {{href: string, label: string, note: string, done: boolean, testid: string}[]} */
function steps(v) {
  const { inspection: i, draft: d, id } = v;
  const base = hub(id);
  const owed = scanOwed(d, i, new Date(), v.periods);
  /** @type {{href: string, label: string, note: string, done: boolean, testid: string}[]} */
  const list = [{ href: `${base}/scan`, label: t("扫码入企"), note: d?.scan ? `${scanWord(d.scan.how)} · ${moment(d.scan.t_dev)}` : owed?.due ? `${t("待补扫，%(day)s 前", { day: owed.due.slice(5) })} · ${dueWords(owed.days)}` : owed ? t("待补扫") : t("扫企业码或营业执照"), done: !!d?.scan, testid: "step-scan" }];
  for (const item of i.items) {
    const c = v.checklists[item.checklist];
    const p = c && d ? progress(c, item.code, d) : { done: 0, all: c ? c.questions.filter((/** @type {any} */ q) => !q.show_if).length : 0, photos: 0 };
    list.push({
      href: `${base}/item/${encodeURIComponent(item.code)}`, label: pick(item, "name"), done: p.all > 0 && p.done === p.all && p.photos === 0, testid: `step-item-${item.code}`,
      note: [methodWord(item.method), t("%(done)s/%(all)s 项", { done: p.done, all: p.all }), p.photos ? t("缺 %(n)s 张照片", { n: p.photos }) : ""].filter(Boolean).join(" · "),
    });
  }
  list.push({ href: `${base}/photos`, label: t("照片与录音"), note: [d?.photos.length ? t("%(n)s 张", { n: d.photos.length }) : "", d?.voices?.length ? t("录音 %(n)s 段", { n: d.voices.length }) : ""].filter(Boolean).join(" · ") || t("可选"), done: !!d?.photos.length || !!d?.voices?.length, testid: "step-photos" });
  list.push({ href: `${base}/outcome`, label: t("检查结果"), note: d?.outcomes.length ? d.outcomes.map((/** @type {string} */ c) => pick(v.codes.find((/** @type {any} */ k) => k.code === c) ?? {})).join(" · ") : t("多选"), done: !!d?.outcomes.length, testid: "step-outcome" });
  list.push({ href: `${base}/summary`, label: t("核对与签字"), note: d?.frozen ? t("%(n)s 人已签", { n: Object.keys(d.strokes).length }) : t("两名执法人员与企业代表"), done: false, testid: "step-summary" });
  return list;
}

/** @param {string} how */
export const scanWord = (how) => ({ qr: t("企业码"), licence: t("营业执照码"), typed: t("手工输入"), photo: t("照片识别"), backfill: t("补录") }[how] ?? how);

/** @param {any} v */
export function view(v) {
  if (!v.inspection) return unknown();
  const { inspection: i, draft, submission, stage, id } = v;
  // What has begun goes on: the cap keeps a visit from starting.
  const capped = stage === "work" && i.cap && !draft?.scan && !draft?.unscanned;
  const list = (stage === "work" || stage === "frozen") && !capped ? steps(v) : [];
  const taken = draft?.state === "frozen" && !i.closed && ["submitted", "under_review", "published"].includes(i.state);
  const next = stage === "frozen" ? list[list.length - 1] : list.find((s) => !s.done && s.testid !== "step-photos" && !(s.testid === "step-scan" && scanOwed(draft, i, new Date(), v.periods)));
  return {
    title: t("检查"), back: "#/",
    body: html`
      ${i.return_comment && ["returned", "work", "frozen"].includes(stage) ? html`<div class="notice warn" data-testid="return-comment"><b>${t("退回意见")}</b><p>${i.return_comment}</p></div>` : nothing}
      ${capped ? html`<div class="notice bad" data-testid="capped"><b>${t("不得开展此次检查")}</b><p>${t("该企业本年度已检查 %(used)s 次，上限 %(most)s 次。请联系任务管理员办理替换。", { used: i.cap.used, most: i.cap.most })}</p></div>` : nothing}
      ${taken ? html`<div class="notice warn"><b>${t("同事已提交这户的记录")}</b><p>${t("本机草稿仍保留。提交时如有冲突会说明。")}</p></div>` : nothing}
      ${stage === "conflict" || stage === "rejected" ? html`<div class="notice bad" data-testid="problem"><b>${t("服务器没有接收")}</b><p>${problemWords(submission.error)}</p><p>${t("记录与照片都完整保存在本机。")}</p></div>` : nothing}
      ${asked(v)}
      ${list.length ? teamNote(v) : nothing}
      ${slip(i, stage, v)}
      ${list.length ? html`<ol class="steps">${list.map((s, n) => html`<li class=${s.done ? "done" : s === next ? "next" : ""}><a href=${s.href} data-testid=${s.testid}><span class="dot">${s.done ? icon("yes") : n + 1}</span><span><b>${s.label}</b><small>${s.note}</small></span>${icon("next")}</a></li>`)}</ol>` : nothing}
      ${["receive", "work"].includes(stage) ? standBack(v) : nothing}
      ${stage === "done" && !submission ? html`<p class="hint">${t("这户的记录由同事提交。")}</p>` : nothing}`,
    bar: v.owed === "decide" ? action({ href: `${hub(id)}/late`, label: t("去裁定"), testid: "to-late" })
      : v.owed === "cosign" ? action({ href: `${hub(id)}/cosign`, label: t("去联署"), testid: "to-cosign" })
      : stage === "receive" ? action({ act: () => receive(id), label: t("签收"), testid: "receive" })
      : stage === "returned" ? action({ act: () => reopen(id), label: t("修改后重新提交"), testid: "reopen" })
      : stage === "rejected" ? html`${action({ href: `#/receipt/${submission.id}`, label: t("详情"), testid: "receipt", quiet: true })}${action({ act: () => reopen(id), label: t("重开为草稿"), testid: "reopen" })}`
      : next ? action({ href: next.href, label: t("继续：%(step)s", { step: next.label }), testid: "continue" })
      : submission ? action({ href: `#/receipt/${submission.id}`, label: t("查看回执"), testid: "receipt" }) : undefined,
  };
}
