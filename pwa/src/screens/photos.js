/** All pictures of this visit; a draft's pictures may still be taken out. */
import { html, nothing } from "lit-html";
import { shown } from "../model/evidence.js";
import { pick, t } from "../model/i18n.js";
import { placeWords, trust } from "../model/place.js";
import { clockTime, size } from "../model/text.js";
import * as outbox from "../store/outbox.js";
import { action, icon, Pictures } from "./parts.js";
import { dropPhoto } from "./photo.js";
import { hub, unknown, visit } from "./visit.js";

const pictures = new Pictures();

/** @param {string[]} params */
export async function load([id]) {
  const v = await visit(id);
  const shots = [];
  for (const p of v.draft?.photos ?? []) shots.push({ ...p, url: pictures.url(shown(p), (await outbox.blob(shown(p)))?.thumb, p.type) });
  return { ...v, shots };
}

export function leave() { pictures.release(); }

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
    title: t("照片与录音"), back: hub(v.id),
    body: v.shots.length ? html`<ul class="album" data-testid="album">${v.shots.map((/** @type {any} */ p) => html`<li>
        ${p.theirs && !p.url ? html`<span class="away" data-testid="photo-away">${t("在同事手机上")}</span>` : html`<a href="${hub(v.id)}/photo/${p.sha256}" data-testid="photo-open"><img alt=${about(p)} src=${p.url || nothing}></a>`}<div><b>${about(p)}</b>
        <small>${clockTime(p.t_dev)} · ${size(p.bytes)}${p.source === "gallery" ? ` · ${t("相册选入")}` : ""}</small><small class=${trust(p.gps) === "stated" ? "" : "warn"}>${placeWords(p.gps)}</small><small class="hash">${p.sha256.slice(0, 16)}</small></div>
        ${free ? html`<button type="button" class="ghost" aria-label=${t("删除")} @click=${() => dropPhoto(v.draft, p)} data-testid="photo-delete">${icon("trash")}</button>` : nothing}</li>`)}</ul>`
      : html`<p class="empty">${t("还没有照片。照片在拍下时即计算指纹并保存在本机。")}</p>`,
    bar: html`${free ? action({ href: `${hub(v.id)}/camera`, label: html`${icon("camera")}${t("拍照")}`, testid: "photo-new" }) : nothing}
      ${free || v.draft?.voices?.length ? action({ href: `${hub(v.id)}/voice`, label: html`${icon("mic")}${v.draft?.voices?.length ? t("录音 %(n)s 段", { n: v.draft.voices.length }) : t("录音")}`, testid: "voice-open", quiet: true }) : nothing}`,
  };
}
