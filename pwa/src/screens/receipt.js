/** The life of one sealed record: sealed here, received there, in the ledger, safe to clear. */
import { html, nothing } from "lit-html";
import { t } from "../model/i18n.js";
import { queued, unsent } from "../model/states.js";
import { grouped, moment } from "../model/text.js";
import * as outbox from "../store/outbox.js";
import { sync } from "../sync/engine.js";
import { action, icon, pill, problemWords, toast, go } from "./parts.js";
import { recordWord, transfer } from "../model/words.js";
import { draftFor, hub } from "./visit.js";

/** @param {string[]} params */
export async function load([id]) {
  const s = await outbox.submission(id);
  const blobs = new Map((await outbox.blobStates()).map((b) => [b.sha256, b]));
  return { s, way: s ? transfer(s, blobs) : null };
}

/** @param {any} s */
async function again(s) {
  await outbox.moveSubmission(s.id, (row) => ({ ...row, state: "ready", attempts: 0, next_at_ms: 0, error: null }));
  for (const h of s.hashes) await outbox.moveBlob(h, (b) => (b.state === "quarantined" ? { ...b, state: "stored", attempts: 0, offset: 0, next_at_ms: 0, error: null } : b));
  void sync({ hurry: true });
}

/** @param {any} s */
async function reopen(s) {
  await draftFor(s.inspection);
  toast(t("已按原记录重开，答案与照片都在"));
  go(hub(s.inspection));
}

/** @param {any} data */
export function view({ s, way }) {
  if (!s) return { title: t("回执"), back: "#/outbox", body: html`<p class="empty">${t("没有这份记录。")}</p>` };
  const { sent, held } = way;
  const { word, tone } = recordWord(s, way);
  const r = s.receipt;
  const stop = (/** @type {boolean} */ done, /** @type {string} */ label, /** @type {any} */ note) => html`<li class=${done ? "done" : ""}><span class="dot">${done ? icon("yes") : nothing}</span><span><b>${label}</b><small>${note}</small></span></li>`;
  const skew = r ? Math.round(r.clock_skew_ms / 1000) : 0;
  return {
    title: t("回执"), back: "#/outbox",
    body: html`<section class="slip big"><p class="stage" data-testid="receipt-state" data-state=${s.state}>${pill(tone, word)}</p><h2 class="name">${s.enterprise}</h2>
        ${s.error || held.length ? html`<p class="sub bad" data-testid="receipt-problem">${problemWords(s.error ?? held[0].error)}</p>` : nothing}
        <div class="perforation"></div>
        <dl><dt>${t("内容指纹")}</dt><dd class="hash">${grouped(s.content_sha256)}</dd><dt>${t("记录指纹")}</dt><dd class="hash" data-testid="record-hash">${grouped(s.record_sha256)}</dd>
        ${r ? html`<dt>${t("账本条目")}</dt><dd class="hash">${r.ledger.entry_id}</dd><dt>${t("叶哈希")}</dt><dd class="hash">${r.ledger.leaf_hash}</dd>` : nothing}</dl></section>
      ${s.record ? html`<p class="papers"><a href="#/record/${s.id}" data-testid="show-record">${icon("paper")}${t("查看记录全文")}</a></p>` : nothing}
      <ol class="steps life">${stop(true, t("封存在本机"), moment(s.sealed_at_ms))}
        ${stop(sent === s.hashes.length, t("文件送达"), `${sent}/${s.hashes.length}`)}
        ${stop(!unsent(s), t("记录送达"), r ? `${moment(r.received_at_ms)} · ${t("时钟相差 %(n)s 秒", { n: skew })}` : queued(s) && s.attempts ? t("已试 %(n)s 次", { n: s.attempts }) : t("连上后自动发送"))}
        ${stop(s.ledger_index !== null, t("写入账本"), s.ledger_index !== null ? t("第 %(n)s 条，任何人可验证", { n: s.ledger_index }) : t("等待检查点"))}
        ${stop(s.durable_at_ms !== null, t("服务器已核对保存"), s.durable_at_ms ? t("结案满 14 天后清理本机照片") : t("在此之前本机不删除"))}</ol>`,
    bar: s.state === "rejected" || s.state === "conflict"
      ? html`${action({ act: () => again(s), label: t("再试一次"), testid: "again", quiet: true })}${s.state === "rejected" ? action({ act: () => reopen(s), label: t("重开为草稿"), testid: "reopen" }) : nothing}`
      : unsent(s) ? action({ act: () => void sync({ hurry: true }), label: html`${icon("sync")}${t("立即发送")}`, testid: "sync-now" }) : action({ href: "#/", label: t("回到任务"), testid: "to-today", quiet: true }),
  };
}
