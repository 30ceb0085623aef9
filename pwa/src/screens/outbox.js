/** What is on its way, what arrived, what needs a person. Nothing here is deleted by hand. */
import { html, nothing } from "lit-html";
import { t } from "../model/i18n.js";
import { queued, unsent } from "../model/states.js";
import { recordWord, transfer } from "../model/words.js";
import { moment, size } from "../model/text.js";
import { backup } from "../store/backup.js";
import * as local from "../store/local.js";
import * as outbox from "../store/outbox.js";
import * as work from "../store/work.js";
import { space } from "../device/space.js";
import { status, sync } from "../sync/engine.js";
import { action, icon, pill, problemWords, toast } from "./parts.js";
import { redraw } from "./redraw.js";

export async function load() {
  const [subs, blobs, actions, room, last, drafts] = await Promise.all([outbox.submissions(), outbox.blobStates(), outbox.actions(), space(), work.meta("last_sync_ms"), work.drafts()]);
  const states = new Map(blobs.map((b) => [b.sha256, b]));
  const rows = subs.map((s) => ({ ...s, ...transfer(s, states) })).sort((a, b) => b.sealed_at_ms - a.sealed_at_ms);
  return { rows, actions: actions.filter((a) => a.kind === "receive" || a.kind === "recuse").length, parts: actions.filter((a) => a.kind === "part").length, room, last: last ?? null, unsealed: drafts.filter((d) => d.state !== "sealed").length };
}

let exporting = false;

/** Everything unsent in one file, for the day a phone must be handed in. */
async function exportAll() {
  const officer = local.account();
  if (exporting || !officer) return;
  exporting = true; redraw();
  try {
    const made = await backup(officer, new Date());
    const a = document.createElement("a");
    a.href = URL.createObjectURL(made.file);
    a.download = made.name;
    a.click();
    setTimeout(() => URL.revokeObjectURL(a.href), 60_000);
    toast(made.lacking ? t("已导出 %(records)s 份记录；另有 %(n)s 个文件不在本机", { records: made.records, n: made.lacking }) : t("已导出 %(records)s 份记录、%(files)s 个文件，交给办公室补传", { records: made.records, files: made.files }));
  } catch (error) {
    console.error("export", error);
    toast(t("没有导出成功，手机空间可能已满。记录仍在本机。"));
  } finally { exporting = false; redraw(); }
}

/** @param {any} data */
export function view({ rows, actions, parts, room, last, unsealed }) {
  const waiting = rows.filter(unsent);
  const row = (/** @type {any} */ s) => {
    const { word, tone } = recordWord(s, s);
    return html`<li><a class="slip" href="#/receipt/${s.id}" data-testid="submission-${s.id}" data-state=${s.state}><span class="name">${s.enterprise}</span>
      <span class="sub">${t("封存于 %(time)s", { time: moment(s.sealed_at_ms) })}</span>
      ${queued(s) ? html`<progress max=${s.files + 1} value=${s.sent} aria-label=${t("已发送的文件")}></progress>` : nothing}
      <span class="row foot">${pill(tone, word)}</span>
      ${s.error || s.held.length ? html`<span class="sub bad">${problemWords(s.error ?? s.held[0].error)}</span>` : nothing}</a></li>`;
  };
  return {
    title: t("发件箱"), tab: "outbox",
    body: html`<section class="card status"><p data-testid="sync-words">${status.busy ? t("正在同步…") : status.outcome === "offline" ? t("暂时连不上服务器。记录在本机，连上后自动发送。") : status.outcome === "expired" ? t("登录已过期，登录后继续发送。") : last ? t("上次同步 %(time)s", { time: moment(last) }) : t("尚未同步")}</p>
        ${actions ? html`<p class="hint">${t("%(n)s 个签收待发送", { n: actions })}</p>` : nothing}
        ${parts ? html`<p class="hint" data-testid="parts-waiting">${t("%(n)s 份填写内容待传给同事", { n: parts })}</p>` : nothing}
        ${room ? html`<p class="hint">${t("本机占用 %(used)s，可用 %(free)s", { used: size(room.usage), free: size(Math.max(0, room.quota - room.usage)) })}${room.kept ? "" : ` · ${t("浏览器可能清理，请安装到桌面")}`}</p>` : nothing}
        <div class="pair">${action({ act: () => void sync({ hurry: true }), label: html`${icon("sync")}${t("立即同步")}`, testid: "sync-now", off: status.busy })}${waiting.length || unsealed ? action({ act: exportAll, label: t("导出备份"), testid: "export", quiet: true }) : nothing}</div></section>
      ${waiting.length ? html`<h2 class="divide">${t("未发送")}</h2><ul class="slips" data-testid="waiting">${waiting.map(row)}</ul>` : nothing}
      ${rows.length > waiting.length ? html`<h2 class="divide">${t("已收到")}</h2><ul class="slips" data-testid="sent">${rows.filter((/** @type {any} */ s) => !unsent(s)).map(row)}</ul>` : nothing}
      ${rows.length ? nothing : html`<p class="empty">${t("还没有封存的记录。")}</p>`}`,
  };
}
