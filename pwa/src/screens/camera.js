/** The viewfinder: each tap is hashed and on disk before the next one. */
import { html, nothing } from "lit-html";
import { shown } from "../model/evidence.js";
import { t } from "../model/i18n.js";
import * as outbox from "../store/outbox.js";
import { editDraft } from "../store/work.js";
import { openCamera } from "../device/camera.js";
import { keepCopy } from "../device/copy.js";
import { readClaims } from "../device/exif.js";
import { take } from "../device/photo.js";
import { position } from "../device/position.js";
import { keep, roomy } from "../device/space.js";
import { icon, Pictures, toast } from "./parts.js";
import { redraw } from "./redraw.js";
import { draftFor, hub, unknown, visit } from "./visit.js";

const pictures = new Pictures();
/** @type {{camera: import("../device/camera.js").Camera|null, refused: string, busy: boolean, full: boolean}} */
let now = fresh();
function fresh() { return { camera: null, refused: "", busy: false, full: false }; }

/** @param {string[]} params @param {URLSearchParams} query */
export async function load([id], query) {
  const v = await visit(id);
  const item = query.get("item"), q = query.get("q");
  const shots = (v.draft?.photos ?? []).filter((p) => p.item === item && p.q === q);
  const thumbs = [];
  for (const p of shots.slice(-4)) thumbs.push({ sha256: p.sha256, url: pictures.url(shown(p), (await outbox.blob(shown(p)))?.thumb, p.type) });
  return { ...v, item, q, count: shots.length, thumbs };
}

/** @param {any} v @param {HTMLElement} root */
export async function enter(v, root) {
  const mine = (now = fresh());
  void keep();
  void position();
  if (!(await roomy())) { if (mine === now) { now.full = true; redraw(); } return; } // said before anything is taken, not after
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
  now = fresh();
  pictures.release();
}

/** @param {any} v @param {HTMLVideoElement|Blob} source */
async function shoot(v, source) {
  if (now.busy) return;
  now.busy = true; redraw();
  try {
    now.full = !(await roomy());
    if (now.full) return;
    const t_dev = Date.now();
    const file = source instanceof Blob;
    const claims = file ? await readClaims(source) : null;
    const shot = await take(source).catch(() => null);
    if (!shot) { toast(t("这个文件不是图片。")); return; }
    const draft = await draftFor(v.id);
    const { sha256, bytes } = await outbox.keepBlob(shot);
    await editDraft(draft.submission, (d) => {
      if (!d.photos.some((p) => p.sha256 === sha256)) d.photos.push({ sha256, bytes, type: shot.type, item: v.item, q: v.q, t_dev, gps: null, source: file ? "gallery" : "camera", claims, marked: null, shapes: [] });
    });
    navigator.vibrate?.(30);
    void locate(v, draft.submission, sha256);
  } catch (error) {
    console.error("photo", error);
    toast(t("照片没有保存，请重试。"));
  } finally { now.busy = false; redraw(); }
}

/** The photo is safe by now: its position and its copy follow. @param {any} v @param {string} submission @param {string} sha256 */
async function locate(v, submission, sha256) {
  try {
    const gps = await position();
    if (gps) await editDraft(submission, (d) => { for (const p of d.photos) if (p.sha256 === sha256) p.gps = gps; });
    await keepCopy(v.inspection, sha256);
  } catch (error) { console.error("copy", error); } // made again before the content is fixed
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
    body: html`${now.full ? html`<p class="notice bad" role="alert" data-testid="camera-full">${t("本机空间不足，不能再拍。请先同步，或清理手机空间；已拍的都在。")}</p>` : nothing}
      <div class="viewfinder ${now.refused ? "off" : ""}"><video playsinline muted aria-label=${t("相机画面")}></video>
        ${now.refused ? html`<p data-testid="camera-refused">${now.refused}</p>` : nothing}</div>
      <div class="strip">${v.thumbs.map((/** @type {any} */ p) => html`<a href="${hub(v.id)}/photo/${p.sha256}"><img alt=${t("现场照片")} src=${p.url || nothing}></a>`)}<span data-testid="shot-count">${t("%(n)s 张", { n: v.count })}</span></div>`,
    bar: html`<label class="round file" aria-label=${t("选照片")}>${icon("tray")}<input type="file" accept="image/*" multiple ?disabled=${now.full} @change=${(/** @type {Event} */ e) => files(v, e)} data-testid="photo-file"></label>
      <button type="button" class="shutter" aria-label=${t("拍照")} ?disabled=${!now.camera || now.busy || now.full} @click=${() => now.camera && shoot(v, now.camera.video)} data-testid="shutter"></button>
      <a class="round" href=${back} aria-label=${t("完成")} data-testid="camera-done">${icon("yes")}</a>`,
  };
}
