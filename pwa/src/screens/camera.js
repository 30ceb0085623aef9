/** The viewfinder: each tap is hashed and on disk before the next one. */
import { html, nothing } from "lit-html";
import { t } from "../model/i18n.js";
import * as outbox from "../store/outbox.js";
import { editDraft } from "../store/work.js";
import { openCamera } from "../device/camera.js";
import { take } from "../device/photo.js";
import { position } from "../device/position.js";
import { keep, roomy } from "../device/space.js";
import { icon, Pictures, toast } from "./parts.js";
import { redraw } from "./redraw.js";
import { draftFor, hub, unknown, visit } from "./visit.js";

const pictures = new Pictures();
/** @type {{camera: import("../device/camera.js").Camera|null, refused: string, busy: boolean}} */
let now = { camera: null, refused: "", busy: false };

/** @param {string[]} params @param {URLSearchParams} query */
export async function load([id], query) {
  const v = await visit(id);
  const item = query.get("item"), q = query.get("q");
  const shots = (v.draft?.photos ?? []).filter((p) => p.item === item && p.q === q);
  const thumbs = [];
  for (const p of shots.slice(-4)) thumbs.push(pictures.url(p.sha256, (await outbox.blob(p.sha256))?.thumb, p.type));
  return { ...v, item, q, count: shots.length, thumbs };
}

/** @param {any} v @param {HTMLElement} root */
export async function enter(v, root) {
  const mine = (now = { camera: null, refused: "", busy: false });
  void keep();
  void position();
  const video = root.querySelector("video");
  if (!video || v.stage !== "work") return;
  try {
    const camera = await openCamera(video);
    if (mine !== now) { camera.stop(); return; }
    now.camera = camera;
  } catch (error) {
    now.refused = /** @type {any} */ (error).reason === "refused" ? t("没有相机权限，可以选照片。") : t("这台设备没有可用的相机，可以选照片。");
  }
  redraw();
}

export function leave() {
  now.camera?.stop();
  now = { camera: null, refused: "", busy: false };
  pictures.release();
}

/** @param {any} v @param {HTMLVideoElement|Blob} source */
async function shoot(v, source) {
  if (now.busy) return;
  now.busy = true; redraw();
  try {
    if (!(await roomy())) { toast(t("本机空间不足，先同步再拍。")); return; }
    const t_dev = Date.now();
    const shot = await take(source).catch(() => null);
    if (!shot) { toast(t("这个文件不是图片。")); return; }
    const draft = await draftFor(v.id);
    const { sha256, bytes } = await outbox.keepBlob(shot);
    await editDraft(draft.submission, (d) => {
      if (!d.photos.some((p) => p.sha256 === sha256)) d.photos.push({ sha256, bytes, type: shot.type, item: v.item, q: v.q, t_dev, gps: null });
    });
    navigator.vibrate?.(30);
    void position().then((gps) => gps && editDraft(draft.submission, (d) => { for (const p of d.photos) if (p.sha256 === sha256) p.gps = gps; }).catch(() => {}));
  } catch (error) {
    console.error("photo", error);
    toast(t("照片没有保存，请重试。"));
  } finally { now.busy = false; redraw(); }
}

/** @param {any} v @param {Event} e */
async function files(v, e) {
  const input = /** @type {HTMLInputElement} */ (e.target);
  for (const file of input.files ?? []) await shoot(v, file);
  input.value = "";
}

/** @param {any} v */
export function view(v) {
  if (!v.inspection) return unknown();
  const back = v.q ? `${hub(v.id)}/item/${encodeURIComponent(v.item)}` : `${hub(v.id)}/photos`;
  return {
    title: t("拍照"), back, dark: true,
    body: html`<div class="viewfinder ${now.refused ? "off" : ""}"><video playsinline muted aria-label=${t("相机画面")}></video>
        ${now.refused ? html`<p data-testid="camera-refused">${now.refused}</p>` : nothing}</div>
      <div class="strip">${v.thumbs.map((/** @type {string} */ u) => html`<img alt=${t("现场照片")} src=${u || nothing}>`)}<span data-testid="shot-count">${t("%(n)s 张", { n: v.count })}</span></div>`,
    bar: html`<label class="round file" aria-label=${t("选照片")}>${icon("tray")}<input type="file" accept="image/*" multiple @change=${(/** @type {Event} */ e) => files(v, e)} data-testid="photo-file"></label>
      <button type="button" class="shutter" aria-label=${t("拍照")} ?disabled=${!now.camera || now.busy} @click=${() => now.camera && shoot(v, now.camera.video)} data-testid="shutter"></button>
      <a class="round" href=${back} aria-label=${t("完成")} data-testid="camera-done">${icon("yes")}</a>`,
  };
}
