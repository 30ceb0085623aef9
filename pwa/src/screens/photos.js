/** All pictures of this visit; a draft's pictures may still be taken out. */
import { html, nothing } from "lit-html";
import { pick, t } from "../model/i18n.js";
import { clockTime, size } from "../model/text.js";
import * as outbox from "../store/outbox.js";
import { editDraft } from "../store/work.js";
import { action, ask, icon, Pictures } from "./parts.js";
import { hub, unknown, visit } from "./visit.js";

const pictures = new Pictures();

/** @param {string[]} params */
export async function load([id]) {
  const v = await visit(id);
  const shots = [];
  for (const p of v.draft?.photos ?? []) shots.push({ ...p, url: pictures.url(p.sha256, (await outbox.blob(p.sha256))?.thumb, p.type) });
  return { ...v, shots };
}

export function leave() { pictures.release(); }

/** @param {any} v @param {any} shot */
async function drop(v, shot) {
  if (!(await ask({ title: t("删除这张照片？"), text: t("删除后无法恢复。"), yes: t("删除"), danger: true }))) return;
  await editDraft(v.draft.submission, (d) => { d.photos = d.photos.filter((p) => p.sha256 !== shot.sha256); });
  await outbox.dropBlob(shot.sha256);
}

/** @param {any} v */
export function view(v) {
  if (!v.inspection) return unknown();
  const free = v.stage === "work";
  const about = (/** @type {any} */ p) => {
    const item = v.inspection.items.find((/** @type {any} */ i) => i.code === p.item);
    const q = item && v.checklists[item.checklist]?.questions.find((/** @type {any} */ k) => k.id === p.q);
    return q ? pick(q) : t("现场");
  };
  return {
    title: t("现场照片"), back: hub(v.id),
    body: v.shots.length ? html`<ul class="album" data-testid="album">${v.shots.map((/** @type {any} */ p) => html`<li>
        <img alt=${about(p)} src=${p.url || nothing}><div><b>${about(p)}</b>
        <small>${clockTime(p.t_dev)} · ${size(p.bytes)} · ${p.gps ? t("定位 ±%(n)s 米", { n: Math.round(p.gps.acc_cm / 100) }) : t("无定位")}</small><small class="hash">${p.sha256.slice(0, 16)}</small></div>
        ${free ? html`<button type="button" class="ghost" aria-label=${t("删除")} @click=${() => drop(v, p)} data-testid="photo-delete">${icon("trash")}</button>` : nothing}</li>`)}</ul>`
      : html`<p class="empty">${t("还没有照片。照片在拍下时即计算指纹并保存在本机。")}</p>`,
    bar: free ? action({ href: `${hub(v.id)}/camera`, label: html`${icon("camera")}${t("拍照")}`, testid: "photo-new" }) : nothing,
  };
}
