/** Drawing over a photo: arrow, circle, blurred area, by thumb or by keyboard. What is kept is a new copy; the original stays. */
import { html, nothing } from "lit-html";
import { t } from "../model/i18n.js";
import { drawn, moved, placed, sized } from "../model/marks.js";
import * as outbox from "../store/outbox.js";
import { editDraft } from "../store/work.js";
import { keepCopy } from "../device/copy.js";
import { sheet } from "../device/sheet.js";
import { roomy } from "../device/space.js";
import { action, go, icon, toast } from "./parts.js";
import { redraw } from "./redraw.js";
import { hub, unknown, visit } from "./visit.js";

/** @typedef {import("../model/types.js").Mark} Mark */
/** @type {{kind: Mark["kind"], shapes: Mark[], paper: import("../device/sheet.js").Sheet|null, busy: boolean, said: string}} */
let now = fresh();
function fresh() { return { kind: /** @type {Mark["kind"]} */ ("arrow"), shapes: /** @type {Mark[]} */ ([]), paper: null, busy: false, said: "" }; }
/** What is drawn here is the officer's until it is kept: a store's news must not take it away. */
export const steady = true;

/** @param {string[]} params */
export async function load([id, sha256]) {
  const v = await visit(id);
  return { ...v, photo: v.draft?.photos.find((p) => p.sha256 === sha256) };
}

/** @param {any} v @param {HTMLElement} root */
export async function enter(v, root) {
  const mine = (now = fresh());
  now.shapes = [...(v.photo?.shapes ?? [])];
  const canvas = root.querySelector("canvas");
  const row = v.photo && (await outbox.blob(v.photo.sha256));
  if (!canvas || !row || mine !== now) return;
  const paper = await sheet(canvas, row, { drag: (from, to, done) => stroke(from, to, done), shapes: () => now.shapes });
  if (mine !== now) { paper.close(); return; }
  now.paper = paper;
  redraw();
}

export function leave() { now.paper?.close(); now = fresh(); }

/** @param {string} said for a screen reader @param {Mark[]} shapes */
function set(said, shapes) {
  now.shapes = shapes;
  now.said = said;
  now.paper?.draw(shapes);
  redraw();
}

const kindWord = (/** @type {Mark["kind"]} */ kind) => ({ arrow: t("箭头"), circle: t("圈"), blur: t("遮挡") }[kind]);

/** @param {{x: number, y: number}} from @param {{x: number, y: number}} to @param {boolean} done */
function stroke(from, to, done) {
  const mark = drawn(now.kind, from, to);
  if (!done) { now.paper?.draw(mark ? [...now.shapes, mark] : now.shapes); return; }
  if (mark) set(t("已画%(kind)s", { kind: kindWord(mark.kind) }), [...now.shapes, mark]);
  else now.paper?.draw(now.shapes);
}

/** Enter places a mark; arrow keys move the last one, with Shift they size it; Delete takes it away. @param {KeyboardEvent} e */
function key(e) {
  const last = now.shapes.at(-1);
  const rest = now.shapes.slice(0, -1);
  const step = { ArrowLeft: [-200, 0], ArrowRight: [200, 0], ArrowUp: [0, -200], ArrowDown: [0, 200] }[e.key];
  if (e.key === "Enter" || e.key === " ") set(t("已画%(kind)s", { kind: kindWord(now.kind) }), [...now.shapes, placed(now.kind)]);
  else if (step && last) set(e.shiftKey ? t("已改大小") : t("已移动"), [...rest, (e.shiftKey ? sized : moved)(last, step[0], step[1])]);
  else if ((e.key === "Delete" || e.key === "Backspace") && last) set(t("已撤销"), rest);
  else return;
  e.preventDefault();
}

/** @param {any} v */
async function save(v) {
  if (now.busy) return;
  if (!(await roomy())) { toast(t("本机空间不足，先同步再保存标注。")); return; }
  now.busy = true; redraw();
  try {
    const { shapes } = now;
    await editDraft(v.draft.submission, (d) => { for (const p of d.photos) if (p.sha256 === v.photo.sha256) p.shapes = shapes; });
    await keepCopy(v.inspection, v.photo.sha256);
    go(`${hub(v.id)}/photo/${v.photo.sha256}`);
  } catch (error) {
    console.error("mark", error);
    toast(t("标注没有保存，请重试。"));
  } finally { now.busy = false; redraw(); }
}

/** @param {any} v */
export function view(v) {
  if (!v.inspection) return unknown();
  const back = v.photo ? `${hub(v.id)}/photo/${v.photo.sha256}` : `${hub(v.id)}/photos`;
  if (!v.photo || v.photo.theirs || v.stage !== "work") return { title: t("标注"), back, body: html`<p class="empty">${t("这张照片不能再标注。")}</p>` };
  const tool = (/** @type {Mark["kind"]} */ kind, /** @type {string} */ pic) => html`<button type="button" class="option tool" aria-pressed=${now.kind === kind} @click=${() => { now.kind = kind; redraw(); }} data-testid="tool-${kind}">${icon(pic)}<span>${kindWord(kind)}</span></button>`;
  return {
    title: t("标注与遮挡"), back,
    body: html`<div class="tools" role="group" aria-label=${t("画什么")}>${tool("arrow", "arrow")}${tool("circle", "circle")}${tool("blur", "blur")}</div>
      <div class="sheet"><canvas tabindex="0" role="application" aria-label=${t("照片。用手指拖动来画；键盘：回车放置，方向键移动，Shift 加方向键改大小，Delete 撤销。")} @keydown=${key} data-testid="mark-canvas"></canvas></div>
      <p class="hint" role="status" data-testid="mark-count">${now.said ? `${now.said} · ` : ""}${t("共 %(n)s 处", { n: now.shapes.length })}</p>
      ${now.kind === "blur" ? html`<p class="notice" data-testid="blur-who">${t("遮挡画在副本里。未遮挡的原图仍作证据，只有本机关的审核、审计人员能看，绝不公开。")}</p>` : html`<p class="hint">${t("标注画在副本里，原图不变。")}</p>`}
      ${now.shapes.length ? html`<button type="button" class="link" @click=${() => set(t("已撤销"), now.shapes.slice(0, -1))} data-testid="mark-undo">${t("撤销上一处")}</button>` : nothing}`,
    bar: action({ act: () => save(v), label: now.busy ? t("正在保存…") : t("保存副本"), testid: "mark-save", off: now.busy || !now.paper }),
  };
}
