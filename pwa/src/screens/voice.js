/** Spoken notes of a visit: record, listen, a line of text beside each. Kept and hashed like photos. */
import { html, nothing } from "lit-html";
import { pick, t } from "../model/i18n.js";
import { clockTime, size } from "../model/text.js";
import * as outbox from "../store/outbox.js";
import { editDraft } from "../store/work.js";
import { keep, roomy } from "../device/space.js";
import { LONGEST_MS, record } from "../device/voice.js";
import { action, ask, icon, Pictures, soon, toast } from "./parts.js";
import { redraw } from "./redraw.js";
import { draftFor, hub, unknown, visit } from "./visit.js";

const sounds = new Pictures();
/** @type {{recording: import("../device/voice.js").Recording|null, starting: boolean, trouble: string, timer: number}} */
let now = fresh();
function fresh() { return { recording: null, starting: false, trouble: "", timer: 0 }; }

/** @param {string[]} params @param {URLSearchParams} query */
export async function load([id], query) {
  const v = await visit(id);
  const notes = [];
  for (const n of v.draft?.voices ?? []) notes.push({ ...n, url: sounds.url(n.sha256, (await outbox.blob(n.sha256))?.data, n.type) });
  return { ...v, notes, item: query.get("item"), q: query.get("q") };
}

/** What is being said while the screen is left is kept, too. */
export function leave() {
  now.recording?.stop();
  clearInterval(now.timer);
  now = fresh();
  sounds.release();
}

const minutes = (/** @type {number} */ ms) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;

/** @param {any} v @param {import("../device/voice.js").Spoken|null} spoken @param {number} t_dev */
async function kept(v, spoken, t_dev) {
  clearInterval(now.timer);
  now.recording = null;
  try {
    if (!spoken) { now.trouble = t("没有录到声音。"); return; }
    const draft = await draftFor(v.id);
    const { sha256, bytes } = await outbox.keepBlob(spoken);
    await editDraft(draft.submission, (d) => {
      (d.voices ??= []).push({ sha256, bytes, type: spoken.type, item: v.item, q: v.q, t_dev, ms: spoken.ms, text: "" });
    });
    toast(t("录音已保存在本机"));
  } catch (error) {
    console.error("voice", error);
    now.trouble = t("录音没有保存，请重试。");
  } finally { redraw(); }
}

/** @param {any} v */
async function start(v) {
  if (now.starting || now.recording) return;
  now.starting = true; now.trouble = ""; redraw();
  const mine = now;
  try {
    void keep();
    if (!(await roomy())) { now.trouble = t("本机空间不足，不能录音。请先同步，或清理手机空间。"); return; }
    const t_dev = Date.now();
    const recording = await record((spoken) => void kept(v, spoken, t_dev));
    if (mine !== now) { recording.stop(); return; }
    now.recording = recording;
    now.timer = setInterval(redraw, 500);
  } catch (error) {
    const { reason } = /** @type {any} */ (error);
    now.trouble = reason === "refused" ? t("没有麦克风权限。可在浏览器设置里允许。") : reason === "busy" ? t("麦克风正被别的应用占用。") : t("这台设备不能录音。");
  } finally { mine.starting = false; redraw(); }
}

/** @param {any} v @param {any} note */
async function drop(v, note) {
  if (!(await ask({ title: t("删除这段录音？"), text: t("删除后无法恢复。"), yes: t("删除"), danger: true }))) return;
  await editDraft(v.draft.submission, (d) => { d.voices = (d.voices ?? []).filter((n) => n.sha256 !== note.sha256); });
  await outbox.dropBlob(note.sha256);
}

/** @param {any} v */
export function view(v) {
  if (!v.inspection) return unknown();
  const free = v.stage === "work";
  const back = v.q ? `${hub(v.id)}/item/${encodeURIComponent(v.item)}` : `${hub(v.id)}/photos`;
  const about = (/** @type {any} */ n) => {
    const item = v.inspection.items.find((/** @type {any} */ i) => i.code === n.item);
    const q = item && v.checklists[item.checklist]?.questions.find((/** @type {any} */ k) => k.id === n.q);
    return q ? pick(q) : t("整次检查");
  };
  const on = now.recording !== null;
  const row = (/** @type {any} */ n) => {
    const text = soon((words) => editDraft(v.draft.submission, (d) => { for (const k of d.voices ?? []) if (k.sha256 === n.sha256) k.text = words.normalize("NFC"); }));
    return html`<li class="card stack" data-testid="voice-note"><b>${about(n)}</b>${n.theirs && !n.url ? html`<small>${t("在同事手机上")}</small>` : html`<audio controls preload="metadata" src=${n.url || nothing} aria-label=${t("录音：%(about)s", { about: about(n) })}></audio>`}
      <small>${clockTime(n.t_dev)} · ${minutes(n.ms)} · ${size(n.bytes)}</small><small class="hash">${n.sha256.slice(0, 16)}</small>
      <label class="field"><span>${t("文字说明（供不便收听的人）")}</span><textarea rows="2" maxlength="2000" ?readonly=${!free || !!n.theirs} .defaultValue=${n.text} @input=${text.input} @change=${text.change} data-testid="voice-text"></textarea></label>
      ${free ? html`<button type="button" class="link" @click=${() => drop(v, n)} data-testid="voice-delete">${t("删除录音")}</button>` : nothing}</li>`;
  };
  return {
    title: t("录音"), back,
    body: html`${now.trouble ? html`<p class="notice bad" role="alert" data-testid="voice-trouble">${now.trouble}</p>` : nothing}
      ${free ? html`<p class="lead">${about(v)}</p><p class="hint">${t("最长 3 分钟；离开本页会停下并保存。录音随记录提交，只有本机关能听。")}</p>` : nothing}
      ${on ? html`<p class="recording" role="timer" data-testid="voice-time"><span class="live"></span>${minutes(Date.now() - (now.recording?.since ?? 0))} / ${minutes(LONGEST_MS)}</p>` : nothing}
      ${v.notes.length ? html`<ul class="slips" data-testid="voice-list">${v.notes.map(row)}</ul>` : on ? nothing : html`<p class="empty">${t("还没有录音。")}</p>`}`,
    bar: !free ? nothing : on ? action({ act: () => now.recording?.stop(), label: html`${icon("stop")}${t("停止并保存")}`, testid: "voice-stop" })
      : action({ act: () => start(v), label: html`${icon("mic")}${t("开始录音")}`, testid: "voice-start", off: now.starting }),
  };
}
