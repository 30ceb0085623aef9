/** Scanning in: the officer stands at the right door. A wrong enterprise is refused by name; a back-fill needs a reason. */
import { html, nothing } from "lit-html";
import { t } from "../model/i18n.js";
import { backfillDue, daysAllowed, scanOwed } from "../model/backfill.js";
import { judge } from "../model/scan.js";
import { dayOf, dueWords } from "../model/text.js";
import { queueArrival, queueUnscanned } from "../store/outbox.js";
import { editDraft, inspections } from "../store/work.js";
import { openCamera } from "../device/camera.js";
import { position } from "../device/position.js";
import { decode, watch } from "../device/qr.js";
import { sync } from "../sync/engine.js";
import { go, icon, toast } from "./parts.js";
import { redraw } from "./redraw.js";
import { draftFor, hub, unknown, visit } from "./visit.js";

/** @type {{camera: import("../device/camera.js").Camera|null, unwatch: () => void, refused: string, wrong: string, lit: boolean, busy: boolean, other: "none"|"typed"|"backfill"}} */
let now = fresh();
function fresh() { return { camera: null, unwatch: () => {}, refused: "", wrong: "", lit: false, busy: false, other: /** @type {const} */ ("none") }; }

/** @param {string[]} params */
export async function load([id]) {
  const [v, all] = await Promise.all([visit(id), inspections()]);
  return { ...v, known: all.map((i) => i.enterprise) };
}

/** @param {any} v @param {HTMLElement} root */
export async function enter(v, root) {
  now = fresh();
  if (!v.inspection || v.draft?.state === "frozen") return;
  void position();
  const mine = now;
  const video = root.querySelector("video");
  if (!video) return;
  try {
    const camera = await openCamera(video);
    if (mine !== now) { camera.stop(); return; }
    now.camera = camera;
    now.unwatch = watch(video, (text) => void seen(v, text, null));
  } catch (error) {
    const { reason } = /** @type {any} */ (error);
    now.refused = reason === "refused" ? t("没有相机权限。可在浏览器设置里允许，或改用下面的方式。") : reason === "busy" ? t("相机正被别的应用占用。") : t("这台设备没有可用的相机。");
  }
  redraw();
}

export function leave() {
  now.unwatch();
  now.camera?.stop();
  now = fresh();
}

/** @param {any} v @param {string} text @param {"photo"|"typed"|null} by */
async function seen(v, text, by) {
  if (now.busy) return;
  const { match, value, name, hint } = judge(text, v.inspection.enterprise, v.known);
  if (match === "unreadable") { now.wrong = by === "typed" ? t("这不是 18 位统一社会信用代码。") : t("这个码不是企业码，也不是营业执照码。"); return redraw(); }
  if (hint === "new") { now.wrong = t("这块码牌不在本机资料中，可能是新换的。请联网刷新后再扫，或改扫营业执照。"); return redraw(); }
  if (match === "other") { now.wrong = t("不是这户企业。码上是 %(value)s，任务是「%(name)s」。", { value: name ? `「${name}」` : value.length > 20 ? `${value.slice(0, 12)}…` : value, name: v.inspection.enterprise.name }); return redraw(); }
  await arrive(v, { how: by ?? (match === "door" ? "qr" : "licence"), value, reason: null }, hint);
}

/** What is to be told to the enterprise of a code that is its own and yet not right. @param {string} hint */
function wordsOf(hint) {
  if (hint === "abuse") return t("这块码牌曾被冒用而停用：请核对所在地点，并收回。");
  return hint === "" ? "" : t("这块码牌已过期，请提醒企业换领新的。");
}

/** @param {any} v @param {{how: any, value: string, reason: string|null}} what @param {string} [hint] */
async function arrive(v, what, hint = "") {
  now.busy = true;
  const t_dev = Date.now();
  const draft = await draftFor(v.id);
  await editDraft(draft.submission, (d) => {
    d.scan = { ...what, reason: what.reason ?? d.unscanned?.reason ?? null, t_dev };
    d.started_t_dev ??= t_dev;
  });
  void position().then((gps) => gps && editDraft(draft.submission, (d) => { d.gps = gps; }).catch(() => {}));
  if (what.how !== "backfill") { await queueArrival(v.id, what.how, t_dev); void sync({ hurry: true }); }
  navigator.vibrate?.(60);
  toast([t("已入企：%(name)s", { name: v.inspection.enterprise.name }), wordsOf(hint)].filter(Boolean).join(" "));
  go(hub(v.id));
}

/** @param {any} v @param {Event} e */
async function picture(v, e) {
  const [file] = /** @type {HTMLInputElement} */ (e.target).files ?? [];
  if (!file) return;
  const text = await decode(file).catch(() => null);
  if (text) await seen(v, text, "photo");
  else { now.wrong = t("照片里没有找到二维码。"); redraw(); }
}

/** @param {any} v @param {SubmitEvent} e */
function typed(v, e) {
  e.preventDefault();
  void seen(v, String(new FormData(/** @type {HTMLFormElement} */ (e.target)).get("code")), "typed");
}

/** @param {any} v @param {SubmitEvent} e */
function backfill(v, e) {
  e.preventDefault();
  const reason = String(new FormData(/** @type {HTMLFormElement} */ (e.target)).get("reason")).normalize("NFC").trim();
  if (reason.length < 4) { now.wrong = t("请写明补录原因。"); redraw(); return; }
  if (/** @type {HTMLButtonElement|null} */ (e.submitter)?.value === "later") void later(v, reason);
  else void arrive(v, { how: "backfill", value: v.inspection.enterprise.code, reason });
}

/** The visit begins all the same; the code is scanned, or its absence explained, within the days that are left. @param {any} v @param {string} reason */
async function later(v, reason) {
  const t_dev = Date.now();
  const draft = await draftFor(v.id);
  const { started_t_dev } = await editDraft(draft.submission, (d) => {
    d.unscanned ??= { t_dev, reason };
    d.started_t_dev ??= t_dev;
  });
  await queueUnscanned(v.id, reason, started_t_dev ?? t_dev);
  void position().then((gps) => gps && editDraft(draft.submission, (d) => { d.gps ??= gps; }).catch(() => {}));
  const due = backfillDue(t_dev, v.periods);
  toast(due ? t("可先检查，%(day)s 前补扫", { day: due.slice(5) }) : t("可先检查，请尽快补扫"));
  go(hub(v.id));
  void sync();
}

/** Why a scan fails, in the words most often needed. */
const reasons = () => [t("现场没有网络"), t("系统故障"), t("企业码损坏或没有张贴"), t("营业执照不在现场")];

/** @param {MouseEvent} e @param {string} words */
function say(e, words) {
  const box = /** @type {HTMLTextAreaElement|null|undefined} */ (/** @type {HTMLElement} */ (e.currentTarget).closest("form")?.querySelector("textarea"));
  if (box) box.value = words;
}

/** @param {any} v */
function without(v) {
  const owed = scanOwed(v.draft, v.inspection, new Date(), v.periods);
  const days = daysAllowed(dayOf(Date.now()), v.periods);
  return html`<form class="stack card" @submit=${(/** @type {SubmitEvent} */ ev) => backfill(v, ev)}>
    <label class="field"><span>${t("为什么不能扫码")}</span><textarea name="reason" rows="2" maxlength="300" required aria-describedby=${now.wrong ? "wrong" : nothing} aria-invalid=${now.wrong !== ""} .defaultValue=${v.draft?.unscanned?.reason ?? ""} data-testid="backfill-reason"></textarea></label>
    <div class="phrases" role="group" aria-label=${t("常见原因")}>${reasons().map((words) => html`<button type="button" class="phrase" @click=${(/** @type {MouseEvent} */ e) => say(e, words)}>${words}</button>`)}</div>
    ${owed ? nothing : html`<button class="button" name="what" value="later" data-testid="scan-later">${days ? t("先检查，%(n)s 天内补扫", { n: days }) : t("先检查，稍后补扫")}</button>`}
    <button class="button ${owed ? "" : "quiet"}" name="what" value="now" data-testid="backfill-ok">${t("无法扫码，补录入企")}</button>
    <p class="hint">${days ? t("自检查之日起 %(n)s 个自然日内补扫或补录，以送达服务器之日为准；逾期照样接收，但会标明。补录单独统计。", { n: days }) : t("请在规定期限内补扫或补录，以送达服务器之日为准；逾期照样接收，但会标明。补录单独统计。")}</p></form>`;
}

/** @param {any} v */
export function view(v) {
  if (!v.inspection) return unknown();
  const e = v.inspection.enterprise;
  const owed = scanOwed(v.draft, v.inspection, new Date(), v.periods);
  const other = (/** @type {"typed"|"backfill"} */ what) => { now.other = now.other === what ? "none" : what; now.wrong = ""; redraw(); /** @type {HTMLElement|null} */ (document.querySelector("main form :is(input, textarea)"))?.focus(); };
  return {
    title: t("扫码入企"), back: hub(v.id),
    body: html`
      <p class="lead">${e.name}</p>
      ${owed ? html`<p class="notice ${owed.days < 0 ? "bad" : "warn"}" data-testid="scan-owed">${owed.due ? html`${t("已先行检查，尚未扫码。请在 %(day)s 前补扫，或写明原因补录。", { day: owed.due })} ${dueWords(owed.days)}` : t("已先行检查，尚未扫码。请尽快补扫，或写明原因补录。")}</p>` : nothing}
      <div class="finder ${now.refused ? "off" : ""}"><video playsinline muted aria-label=${t("相机画面")} data-testid="scan-video"></video><span class="frame"></span>
        ${now.camera?.torch ? html`<button type="button" class="torch" aria-pressed=${now.lit} aria-label=${t("补光")} @click=${async () => { now.lit = !now.lit; await now.camera?.torch?.(now.lit); redraw(); }}>${icon("torch")}</button>` : nothing}</div>
      ${now.refused ? html`<p class="notice warn" data-testid="camera-refused">${now.refused}</p>` : html`<p class="hint center">${t("对准企业码或营业执照上的二维码")}</p>`}
      ${now.wrong ? html`<p class="notice bad" id="wrong" role="alert" data-testid="scan-wrong">${now.wrong}</p>` : nothing}
      <div class="choices">
        <label class="button quiet file">${t("从照片识别")}<input type="file" accept="image/*" @change=${(/** @type {Event} */ ev) => picture(v, ev)} data-testid="scan-photo"></label>
        <button type="button" class="button quiet" aria-expanded=${now.other === "typed"} @click=${() => other("typed")} data-testid="scan-typed">${t("输入代码")}</button>
        <button type="button" class="button quiet" aria-expanded=${now.other === "backfill"} @click=${() => other("backfill")} data-testid="scan-backfill">${t("扫不了")}</button></div>
      ${now.other === "typed" ? html`<form class="stack card" @submit=${(/** @type {SubmitEvent} */ ev) => typed(v, ev)}>
        <label class="field"><span>${t("统一社会信用代码")}</span><input name="code" autocapitalize="characters" autocomplete="off" maxlength="40" required aria-describedby=${now.wrong ? "wrong" : nothing} aria-invalid=${now.wrong !== ""} data-testid="scan-code"></label>
        <button class="button" data-testid="scan-code-ok">${t("核对")}</button></form>` : nothing}
      ${now.other === "backfill" ? without(v) : nothing}`,
  };
}
