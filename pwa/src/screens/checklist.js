/** One check item's form. Every answer is saved the moment it is given. */
import { html, nothing } from "lit-html";
import { pick, t } from "../model/i18n.js";
import { shown } from "../model/evidence.js";
import { fault, hasPhoto, needsPhoto, progress, visible, withPhrase } from "../model/form.js";
import * as outbox from "../store/outbox.js";
import { editDraft } from "../store/work.js";
import { action, ask, icon, Pictures, soon } from "./parts.js";
import { redraw } from "./redraw.js";
import { trace } from "./said.js";
import { draftFor, hub, unknown, visit } from "./visit.js";

const pictures = new Pictures();
/** @type {Set<string>} questions whose note field is open */
let noted = new Set();

/** @param {string[]} params */
export async function load([id, code]) {
  const v = await visit(id);
  /** @type {Record<string, any>} */
  const thumbs = {};
  for (const p of v.draft?.photos ?? []) if (p.item === code) thumbs[p.sha256] = pictures.url(shown(p), (await outbox.blob(shown(p)))?.thumb, p.type);
  return { ...v, code, thumbs };
}

export function leave() { pictures.release(); noted = new Set(); }

/** @param {any} v @param {string} q @param {Partial<import("../model/types.js").Answer>} part */
async function answer(v, q, part) {
  const draft = await draftFor(v.id);
  await editDraft(draft.submission, (d) => {
    const item = (d.answers[v.code] ??= {});
    item[q] = { ...(item[q] ?? { value: null, note: "" }), ...part };
  });
}

/** @param {any} v @param {any} checklist */
async function allFine(v, checklist) {
  const given = v.draft?.answers[v.code] ?? {};
  const left = visible(checklist, given).filter((q) => q.type === "yes_no_na" && !given[q.id]?.value);
  if (!left.length) return;
  if (!(await ask({ title: t("其余 %(n)s 项都没有问题？", { n: left.length }), text: t("只填写还没有回答的是非项，已回答的不变。"), yes: t("全选无问题") }))) return;
  const draft = await draftFor(v.id);
  await editDraft(draft.submission, (d) => {
    const item = (d.answers[v.code] ??= {});
    for (let grew = true; grew;) { // an answer may bring further questions
      grew = false;
      for (const q of visible(checklist, item)) if (q.type === "yes_no_na" && !item[q.id]?.value) { item[q.id] = { note: item[q.id]?.note ?? "", value: "yes" }; grew = true; }
    }
  });
}

/** @param {any} v @param {import("../model/types.js").Question} q @param {number} n */
function question(v, q, n) {
  const given = v.draft?.answers[v.code]?.[q.id];
  const value = given?.value ?? null;
  const wrong = fault(q, value);
  const owed = needsPhoto(q, given) && !hasPhoto(v.draft, v.code, q.id);
  const shots = (v.draft?.photos ?? []).filter((/** @type {any} */ p) => p.item === v.code && p.q === q.id);
  const spoken = (v.draft?.voices ?? []).filter((/** @type {any} */ n) => n.item === v.code && n.q === q.id).length;
  const writes = noted.has(q.id) || !!given?.note || value === "no";
  const id = `q-${q.id}`;
  const say = (/** @type {MouseEvent} */ e, /** @type {string} */ words) => {
    const box = /** @type {HTMLTextAreaElement|null|undefined} */ (/** @type {HTMLElement} */ (e.currentTarget).closest("li")?.querySelector("textarea.note"));
    const text = withPhrase(box?.value ?? given?.note ?? "", words);
    if (box) box.value = text;
    void answer(v, q.id, { note: text.normalize("NFC") });
  };
  const type = soon((text) => answer(v, q.id, { value: text === "" ? null : text.normalize("NFC") }));
  const note = soon((text) => answer(v, q.id, { note: text.normalize("NFC") }));
  const pad = (/** @type {string} */ to, /** @type {string} */ word, /** @type {string} */ pic) => html`<button type="button" class="pad ${to}" aria-pressed=${value === to} @click=${() => answer(v, q.id, { value: value === to ? null : to })} data-testid="${id}-${to}">${icon(pic)}<span>${word}</span></button>`;
  return html`<li class="question ${wrong === "unanswered" || wrong === "not-a-number" ? "" : "answered"} ${value === "no" ? "flagged" : ""}" data-testid=${id}>
    <p class="ask" id=${id}><span class="n">${n}</span>${pick(q)}</p>
    ${q.guidance ? html`<details class="guide"><summary data-testid="${id}-guide">${q.law || t("怎么看")}</summary><p>${pick(q.guidance)}</p></details>` : q.law ? html`<p class="law">${q.law}</p>` : nothing}
    ${q.type === "yes_no_na" ? html`<div class="pads" role="group" aria-labelledby=${id}>${pad("yes", t("是"), "yes")}${pad("no", t("否"), "no")}${pad("na", t("不适用"), "na")}</div>`
    : q.type === "number" ? html`<div class="number"><input inputmode="decimal" autocomplete="off" aria-labelledby=${id} aria-describedby="${id}-limit" aria-invalid=${wrong === "not-a-number"} .defaultValue=${value ?? ""} @input=${type.input} @change=${type.change} data-testid="${id}-input"><span class="unit">${q.unit ?? ""}</span></div>
      <p id="${id}-limit" class="limit ${wrong && wrong !== "unanswered" ? "warn" : ""}">${wrong === "not-a-number" ? t("请输入数字") : wrong === "below" ? t("低于下限 %(n)s，照实记录", { n: String(q.min) }) : wrong === "above" ? t("高于上限 %(n)s，照实记录", { n: String(q.max) }) : limits(q)}</p>`
    : q.type === "choice" ? html`<div class="options" role="group" aria-labelledby=${id}>${(q.options ?? []).map((o) => html`<button type="button" class="option" aria-pressed=${value === o.value} @click=${() => answer(v, q.id, { value: o.value })} data-testid="${id}-${o.value}">${pick(o)}</button>`)}</div>`
    : html`<textarea rows="3" maxlength="2000" aria-labelledby=${id} .defaultValue=${value ?? ""} @input=${type.input} @change=${type.change} data-testid="${id}-input"></textarea>`}
    <div class="extras">
      <a class="extra ${owed ? "owed" : ""}" href="${hub(v.id)}/camera?item=${encodeURIComponent(v.code)}&q=${encodeURIComponent(q.id)}" data-testid="${id}-photo">${icon("camera")}${owed ? t("须拍照") : shots.length ? t("%(n)s 张", { n: shots.length }) : t("拍照")}</a>
      <a class="extra" href="${hub(v.id)}/voice?item=${encodeURIComponent(v.code)}&q=${encodeURIComponent(q.id)}" data-testid="${id}-voice">${icon("mic")}${spoken ? t("录音 %(n)s 段", { n: spoken }) : t("录音")}</a>
      <button type="button" class="extra" aria-expanded=${writes} @click=${() => { noted.add(q.id); redraw(); }} data-testid="${id}-note">${icon("note")}${t("备注")}</button>
      ${shots.map((/** @type {any} */ p) => p.theirs && !v.thumbs[p.sha256] ? html`<small>${t("照片在同事手机上")}</small>` : html`<a href="${hub(v.id)}/photo/${p.sha256}"><img class="mini" alt=${t("现场照片")} src=${v.thumbs[p.sha256] || nothing}></a>`)}</div>
    ${writes && q.suggestions?.length ? html`<div class="phrases" role="group" aria-label=${t("常用说法，点一下写入备注")}>${q.suggestions.map((s, k) => html`<button type="button" class="phrase" @click=${(/** @type {MouseEvent} */ e) => say(e, pick(s))} data-testid="${id}-phrase-${k}">${pick(s)}</button>`)}</div>` : nothing}
    ${writes ? html`<textarea class="note" rows="2" maxlength="500" aria-label=${t("备注")} .defaultValue=${given?.note ?? ""} @input=${note.input} @change=${note.change} data-testid="${id}-note-input"></textarea>` : nothing}
    ${trace(v, [`a/${v.code}/${q.id}`, `n/${v.code}/${q.id}`])}
  </li>`;
}

/** @param {import("../model/types.js").Question} q */
function limits({ min, max }) {
  const low = min ?? null, high = max ?? null;
  if (low !== null && high !== null) return t("应在 %(min)s 至 %(max)s 之间", { min: low, max: high });
  if (low !== null) return t("不低于 %(n)s", { n: low });
  return high !== null ? t("不高于 %(n)s", { n: high }) : "";
}

/** @param {any} v */
export function view(v) {
  if (!v.inspection) return unknown();
  const at = v.inspection.items.findIndex((/** @type {any} */ i) => i.code === v.code);
  const item = v.inspection.items[at];
  const checklist = item && v.checklists[item.checklist];
  if (!checklist) return { title: t("检查表"), back: hub(v.id), body: html`<p class="empty">${t("检查表还没有下载，请先同步。")}</p>` };
  if (v.stage !== "work") return { title: pick(item, "name"), back: hub(v.id), body: html`<p class="empty">${t("记录已生成，不能再改。要修改请在“核对与签字”里解除。")}</p>` };
  const asked = visible(checklist, v.draft?.answers[v.code] ?? {});
  const p = v.draft ? progress(checklist, v.code, v.draft) : { done: 0, all: asked.length, photos: 0 };
  const next = v.inspection.items[at + 1];
  const done = p.done === p.all && !p.photos;
  return {
    title: pick(item, "name"), back: hub(v.id),
    body: html`<div class="progress"><progress max=${p.all} value=${p.done} aria-label=${t("进度")}></progress><span data-testid="progress">${p.done}/${p.all}</span>
        <button type="button" class="link" @click=${() => allFine(v, checklist)} data-testid="all-fine">${t("全选无问题")}</button></div>
      <p class="law">${item.legal_basis}</p>
      <ol class="questions">${asked.map((q, n) => question(v, q, n + 1))}</ol>`,
    bar: action(next ? { href: `${hub(v.id)}/item/${encodeURIComponent(next.code)}`, label: done ? t("下一项：%(name)s", { name: pick(next, "name") }) : t("还有 %(n)s 项，先看下一项", { n: p.all - p.done || p.photos }), testid: "item-next", quiet: !done }
      : { href: hub(v.id), label: done ? t("完成") : t("还有 %(n)s 项", { n: p.all - p.done || p.photos }), testid: "item-done", quiet: !done }),
  };
}
