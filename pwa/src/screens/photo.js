/** One photo: its copy or its original, what is known of it, and the ways to mark it or take it out. */
import { html, nothing } from "lit-html";
import { takenWords } from "../model/evidence.js";
import { t } from "../model/i18n.js";
import { degrees, placeWords, trust } from "../model/place.js";
import { grouped, moment, size } from "../model/text.js";
import * as outbox from "../store/outbox.js";
import { editDraft } from "../store/work.js";
import { action, ask, go, icon, Pictures } from "./parts.js";
import { redraw } from "./redraw.js";
import { hub, unknown, visit } from "./visit.js";

const pictures = new Pictures();
let original = false;

/** @param {string[]} params */
export async function load([id, sha256]) {
  const v = await visit(id);
  const photo = v.draft?.photos.find((p) => p.sha256 === sha256);
  const urls = { original: "", copy: "" };
  if (photo) {
    urls.original = pictures.url(sha256, (await outbox.blob(sha256))?.data, photo.type);
    if (photo.marked) urls.copy = pictures.url(photo.marked, (await outbox.blob(photo.marked))?.data, photo.type);
  }
  return { ...v, photo, urls };
}

export function leave() { pictures.release(); original = false; }

/** @param {import("../model/types.js").Draft} draft @param {import("../model/types.js").PhotoRef} photo @returns {Promise<boolean>} */
export async function dropPhoto(draft, photo) {
  if (!(await ask({ title: t("删除这张照片？"), text: t("删除后无法恢复。"), yes: t("删除"), danger: true }))) return false;
  await editDraft(draft.submission, (d) => { d.photos = d.photos.filter((p) => p.sha256 !== photo.sha256); });
  for (const h of [photo.sha256, photo.marked]) if (h) await outbox.dropBlob(h);
  return true;
}

/** @param {import("../model/types.js").Claims|null|undefined} claims */
function claimed(claims) {
  const said = [claims?.taken ? takenWords(claims.taken) : "", claims && claims.lat_e7 !== null && claims.lon_e7 !== null ? `${degrees(claims.lat_e7)}, ${degrees(claims.lon_e7)}` : ""].filter(Boolean);
  return said.length ? said.join(" · ") : t("没有说明");
}

/** @param {any} v */
export function view(v) {
  if (!v.inspection) return unknown();
  const back = `${hub(v.id)}/photos`;
  const p = v.photo;
  if (!p) return { title: t("照片"), back, body: html`<p class="empty">${t("这张照片不在草稿里。")}</p>` };
  const url = original ? v.urls.original : v.urls.copy || v.urls.original;
  const side = (/** @type {boolean} */ to, /** @type {string} */ word, /** @type {string} */ id) => html`<button type="button" aria-pressed=${original === to} @click=${() => { original = to; redraw(); }} data-testid=${id}>${word}</button>`;
  return {
    title: t("照片"), back,
    body: html`<img class="photo" alt=${original ? t("原图") : t("现场照片")} src=${url || nothing} data-testid="photo-view">
      ${v.urls.copy ? html`<div class="switch full" role="group" aria-label=${t("看哪一份")}>${side(false, t("副本（给人看）"), "photo-copy")}${side(true, t("原图（作证据）"), "photo-original")}</div>` : html`<p class="hint">${t("副本稍后生成，原图已保存。")}</p>`}
      <dl><dt>${p.source === "gallery" ? t("选入") : t("拍摄")}</dt><dd>${moment(p.t_dev)}</dd>
        <dt>${t("位置")}</dt><dd class=${trust(p.gps) === "stated" ? "" : "warn"} data-testid="photo-place">${placeWords(p.gps)}${p.gps ? html`<small>${degrees(p.gps.lat_e7)}, ${degrees(p.gps.lon_e7)}</small>` : nothing}</dd>
        ${p.source === "gallery" ? html`<dt>${t("文件自称")}</dt><dd data-testid="photo-claims">${claimed(p.claims)}<small>${t("来自照片文件，未核实。")}</small></dd>` : nothing}
        <dt>${t("大小")}</dt><dd>${size(p.bytes)}</dd><dt>${t("原图指纹")}</dt><dd class="hash" data-testid="photo-hash">${grouped(p.sha256)}</dd></dl>
      <p class="hint">${t("原图从不改动，用作证据，只有本机关能看。给人看的是副本；遮挡过的原图绝不公开。")}</p>
      ${v.stage === "work" ? html`<button type="button" class="link" @click=${async () => { if (await dropPhoto(v.draft, p)) go(back); }} data-testid="photo-delete">${t("删除照片")}</button>` : nothing}`,
    bar: v.stage === "work" && !p.theirs ? action({ href: `${hub(v.id)}/photo/${p.sha256}/mark`, label: html`${icon("pen")}${t("标注与遮挡")}`, testid: "photo-mark" }) : nothing,
  };
}
