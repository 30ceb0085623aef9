/** Everything dispatched to this officer, what waits to be sent, and messages. */
import { html, nothing } from "lit-html";
import { spoken, t } from "../model/i18n.js";
import { latest, phase } from "../model/phase.js";
import { progress } from "../model/form.js";
import { owed } from "../model/team.js";
import { byDistance, byRoute, distance, metres } from "../model/route.js";
import { unsent } from "../model/states.js";
import { transfer } from "../model/words.js";
import { clockTime, dayOf, daysLeft, dueWords, inBeijing, moment, size } from "../model/text.js";
import * as local from "../store/local.js";
import * as outbox from "../store/outbox.js";
import * as work from "../store/work.js";
import { position } from "../device/position.js";
import { space, SPACE_TIGHT } from "../device/space.js";
import * as api from "../sync/api.js";
import { mark, phaseWord, pill, toast } from "./parts.js";
import { reload } from "./redraw.js";

const RANK = { returned: 0, rejected: 0, conflict: 0, frozen: 1, work: 2, receive: 2, waiting: 3, done: 4, closed: 5 };

/** @type {import("../model/types.js").Gps|null} */
let here = null;

/** @param {"due"|"distance"|"route"} order */
async function arrange(order) {
  if (order !== "due") {
    here = await position({ within: 120_000 });
    if (!here) { toast(t("没有取得位置，仍按期限排列")); order = "due"; }
  }
  local.setOrder(order);
  reload();
}

/** Every screen opens at once; where the phone is comes when it comes. */
export function enter() {
  if (local.order() === "due" || here) return;
  void position({ within: 120_000 }).then((found) => { here = found; if (found) reload(); });
}

export async function load() {
  const [inspections, drafts, subs, actions, inbox, checklists, room, last, seen, states] = await Promise.all([
    work.inspections(), work.drafts(), outbox.submissions(), outbox.actions(), work.inbox(), work.checklists(), space(), work.meta("last_sync_ms"), work.meta("seen"), outbox.blobStates()]);
  const blobs = new Map(states.map((b) => [b.sha256, b]));
  const rows = inspections.map((inspection) => {
    const draft = drafts.find((d) => d.inspection === inspection.id && d.state !== "sealed");
    const submission = latest(subs, inspection.id);
    const stage = phase(inspection, { draft, submission, receiving: actions.some((a) => a.inspection === inspection.id && a.kind === "receive") });
    const parts = draft ? inspection.items.filter((i) => checklists[i.checklist]).map((i) => progress(checklists[i.checklist], i.code, draft)) : [];
    return { inspection, stage, owed: owed(inspection, actions), mine: { draft, submission, way: submission ? transfer(submission, blobs) : null }, isNew: stage === "receive" && !seen?.includes(inspection.id), done: parts.reduce((n, p) => n + p.done, 0), all: parts.reduce((n, p) => n + p.all, 0) };
  }).filter((r) => r.stage !== "closed");
  rows.sort((a, b) => RANK[a.stage] - RANK[b.stage] || a.inspection.due_on.localeCompare(b.inspection.due_on));
  const order = here ? local.order() : "due";
  if (here && order !== "due") {
    const spots = rows.map((row) => ({ ...row.inspection.enterprise, row }));
    const live = spots.filter((s) => !["done", "waiting"].includes(s.row.stage));
    const sorted = order === "route" ? byRoute(live, here) : byDistance(live, here);
    rows.splice(0, rows.length, ...sorted.map((s) => s.row), ...spots.filter((s) => !live.includes(s)).map((s) => s.row));
  }
  return { rows, order, inbox: inbox.filter((m) => !m.read), waiting: subs.filter(unsent).length, room, last: last ?? null, names: new Map(inspections.map((i) => [i.id, i.enterprise.name])) };
}

/** @param {import("../model/types.js").InboxEntry} m @param {string} name */
function message(m, name) {
  switch (m.kind) {
    case "inspection.dispatched": return t("新任务：%(name)s", { name });
    case "record.cosign": return t("待您联署：%(name)s", { name });
    case "record.decide": return t("待您裁定：%(name)s", { name });
    case "submission.returned": return t("退回修改：%(name)s", { name });
    case "result.published": case "inspection.published": return t("结果已公示：%(name)s", { name });
    default: return typeof m.params?.[spoken()] === "string" ? m.params[spoken()] : t("消息：%(name)s", { name });
  }
}

/** @param {string[]} ids */
async function read(ids) {
  await work.markRead(ids);
  void api.readInbox(ids);
}

/** @param {any} row */
function card({ inspection: i, stage, owed: asks, mine, isNew, done, all }) {
  const days = daysLeft(i.due_on, dayOf(new Date()));
  const live = !["done", "closed", "waiting"].includes(stage);
  const { word, tone } = asks === "decide" ? { word: t("待您裁定"), tone: "bad" } : asks === "cosign" ? { word: t("待您联署"), tone: "due" } : phaseWord(stage, i.state, mine);
  return html`<a class="slip ${live ? "" : "past"}" href="#/inspection/${i.id}" data-testid="inspection-${i.id}">
    <span class="row"><span class="name">${i.enterprise.name}</span>${isNew ? html`<b class="new" data-testid="new">${t("新")}</b>` : nothing}</span>
    <span class="sub">${i.enterprise.address}</span>
    <span class="row foot">${pill(tone, word)}${stage === "work" && all ? html`<span class="count">${done}/${all}</span>` : nothing}
      ${live && here ? html`<span class="count" data-testid="distance">${distance(metres(here, i.enterprise))}</span>` : nothing}
      <span class="deadline ${live && days < 0 ? "bad" : live && days <= 2 ? "warn" : ""}">${live ? dueWords(days) : i.campaign.number}</span></span></a>`;
}

/** @param {any} data */
export function view({ rows, order, inbox, waiting, room, last, names }) {
  const open = rows.filter((/** @type {any} */ r) => r.owed || !["done", "waiting"].includes(r.stage));
  const past = rows.filter((/** @type {any} */ r) => !open.includes(r));
  const day = inBeijing({ month: "long", day: "numeric", weekday: "long" }).format(new Date());
  return {
    title: t("任务"), tab: "today",
    body: html`
      <section class="hello">${mark()}<div><p class="sub">${day} · ${local.account()?.name ?? ""}</p>
        <h2>${open.length ? t("有 %(n)s 户待检查", { n: open.length }) : t("没有待检查的企业")}</h2></div></section>
      <a class="facts" href="#/outbox" data-testid="facts">
        <span><small>${t("未发送")}</small><b class=${waiting ? "warn" : ""} data-testid="unsent-count">${waiting}</b></span>
        <span><small>${t("上次同步")}</small><b data-testid="last-sync">${last ? clockTime(last) : "—"}</b></span>
        <span><small>${t("剩余空间")}</small><b class=${room && room.quota - room.usage < SPACE_TIGHT ? "warn" : ""} data-testid="space-left">${room ? size(Math.max(0, room.quota - room.usage)) : "—"}</b></span></a>
      ${inbox.length ? html`<section class="inbox" aria-label=${t("消息")}>
        <div class="row head"><h3>${t("消息")}</h3><button type="button" class="link" @click=${() => read(inbox.map((/** @type {any} */ m) => m.id))} data-testid="inbox-read">${t("全部已读")}</button></div>
        ${inbox.slice(0, 3).map((/** @type {any} */ m) => html`<a class="message" href=${m.inspection ? `#/inspection/${m.inspection}` : "#/"} @click=${() => read([m.id])}>
          <span>${message(m, names.get(m.inspection) ?? m.params?.enterprise ?? "")}</span><small>${moment(m.created_at_ms)}</small></a>`)}</section>` : nothing}
      ${open.length > 1 ? html`<div class="switch full" role="group" aria-label=${t("排列")}>${/** @type {const} */ ([["due", t("按期限")], ["distance", t("按距离")], ["route", t("按路线")]]).map(([key, word]) =>
        html`<button type="button" aria-pressed=${order === key} @click=${() => arrange(key)} data-testid="order-${key}">${word}</button>`)}</div>` : nothing}
      <section class="slips" data-testid="list">${open.map(card)}</section>
      ${past.length ? html`<h3 class="divide">${t("已完成")}</h3><section class="slips">${past.map(card)}</section>` : nothing}
      ${last ? html`<p class="center"><a class="link" href="#/done" data-testid="all-done">${t("查看已完成的检查")}</a></p>` : nothing}
      ${rows.length ? nothing : html`<p class="empty">${last ? t("抽到你的任务会出现在这里，离线也能打开。") : t("正在取回任务…")}</p>`}`,
  };
}
