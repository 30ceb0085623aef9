/** Two officers said different things: both side by side, and a person decides, or writes a third. */
import { html, nothing } from "lit-html";
import { pick, t } from "../model/i18n.js";
import { decimal, toggled } from "../model/form.js";
import { conflicts } from "../model/merge.js";
import * as outbox from "../store/outbox.js";
import * as parts from "../store/parts.js";
import { sync } from "../sync/engine.js";
import { action, icon, Pictures, toast } from "./parts.js";
import { redraw } from "./redraw.js";
import { fieldWords, questionOf, valueWords, whoWhen } from "./said.js";
import { hub, unknown, visit } from "./visit.js";

const pictures = new Pictures();
/** @type {Map<string, any>} a third value being made, by key */
let third = new Map();

/** @param {string[]} params */
export async function load([id]) {
  const v = await visit(id);
  const open = v.draft ? conflicts(v.draft.revs ?? []) : [];
  /** @type {Record<string, string>} */
  const thumbs = {};
  for (const p of v.draft?.photos ?? []) thumbs[p.sha256] = pictures.url(p.sha256, (await outbox.blob(p.sha256))?.thumb, p.type);
  return { ...v, open, thumbs };
}

export function leave() { pictures.release(); forget(); }
/** Leaves what was being written. */
export function forget() { third = new Map(); }

/** @param {any} v @param {string} key @param {any} value */
async function decide(v, key, value) {
  await parts.decide(v.draft.submission, key, value);
  third.delete(key);
  toast(t("已裁定，双方说法都留在记录里"));
  void sync();
}

/** Photos of this very question that one side took. @param {any} v @param {string} key @param {import("../model/merge.js").Rival} rival */
function pictured(v, key, rival) {
  const [kind, item, q] = key.split("/");
  if (kind !== "a") return nothing;
  const devices = new Set(rival.revs.map((r) => (r.mine ? null : r.device)));
  const shots = (v.draft.photos ?? []).filter((/** @type {any} */ p) => p.item === item && p.q === q && devices.has(p.theirs ?? null));
  return shots.map((/** @type {any} */ p) => (v.thumbs[p.sha256] ? html`<img class="mini" alt=${t("现场照片")} src=${v.thumbs[p.sha256]}>` : html`<small>${t("照片在同事手机上")}</small>`));
}

/** @param {any} v @param {string} key @param {import("../model/merge.js").Rival} rival */
function noteOf(v, key, rival) {
  const [kind, item, q] = key.split("/");
  if (kind !== "a") return nothing;
  const said = (v.draft.revs ?? []).filter((/** @type {any} */ r) => r.key === `n/${item}/${q}` && rival.revs.some((x) => (x.mine ? r.mine : r.device === x.device)));
  const note = said[said.length - 1]?.value;
  return note ? html`<p class="law">${note}</p>` : nothing;
}

/**
 * A third answer. `pick` is told each choice that stands alone; a text waits for the button.
 * @param {any} v @param {string} key @param {any} first what to start from @param {(value: any) => void} done
 */
export function otherValue(v, key, first, done) {
  const q = key.startsWith("a/") ? questionOf(v, key) : null;
  const now = third.get(key) ?? first;
  const set = (/** @type {any} */ value) => { third.set(key, value); redraw(); };
  const button = (/** @type {any} */ value, /** @type {boolean} */ off) => html`<button type="button" class="button quiet" ?disabled=${off} @click=${() => done(value)} data-testid="third-ok">${t("用这个")}</button>`;
  const body = q?.type === "yes_no_na" ? html`<div class="pads">${[["yes", t("是")], ["no", t("否")], ["na", t("不适用")]].map(([to, word]) => html`<button type="button" class="pad ${to}" @click=${() => done(to)} data-testid="third-${to}">${icon(to)}<span>${word}</span></button>`)}</div>`
    : q?.type === "choice" ? html`<div class="options">${(q.options ?? []).map((/** @type {any} */ o) => html`<button type="button" class="option" @click=${() => done(o.value)}>${pick(o)}</button>`)}</div>`
    : key === "outcomes" ? html`<ul class="ticks">${v.codes.map((/** @type {any} */ c) => html`<li class=${c.parent ? "child" : ""}><button type="button" class="tick" role="checkbox" aria-checked=${now.includes(c.code)} @click=${() => set(toggled(now, c.code, v.codes))}><span class="box">${icon("yes")}</span><span>${pick(c)}</span></button></li>`)}</ul>${button(now, !now.length)}`
    : html`<textarea rows="2" maxlength="2000" aria-label=${t("另写一个")} .defaultValue=${now ?? ""} @input=${(/** @type {any} */ e) => set(e.target.value.normalize("NFC").trim())} data-testid="third-text"></textarea>${button(q?.type === "number" ? decimal(now ?? "") : now, q?.type === "number" && decimal(now ?? "") === null)}`;
  return html`<details class="third"><summary data-testid="third">${t("都不对，另写一个")}</summary>${body}</details>`;
}

/** @param {any} v @param {{key: string, rivals: import("../model/merge.js").Rival[]}} conflict @param {number} n */
function duel(v, { key, rivals }, n) {
  const id = `duel-${n}`;
  return html`<section class="card duel" data-testid="duel" data-key=${key} aria-labelledby=${id}><h2 class="ask" id=${id}>${fieldWords(v, key)}</h2>
    <div class="sides">${rivals.map((r, i) => html`<div class="side" data-testid="side"><p class="said">${valueWords(v, key, r.value)}</p>
      ${r.revs.map((x) => html`<small>${whoWhen(v, x)}</small>`)}${noteOf(v, key, r)}${pictured(v, key, r)}
      <button type="button" class="button" @click=${() => decide(v, key, r.value)} data-testid="pick-${i}" aria-describedby=${id}>${t("以此为准")}</button></div>`)}</div>
    ${otherValue(v, key, rivals[0].value, (value) => void decide(v, key, value))}</section>`;
}

/** @param {any} v */
export function view(v) {
  if (!v.inspection) return unknown();
  const free = v.stage === "work";
  return {
    title: t("核对不一致的地方"), back: hub(v.id),
    body: html`${v.open.length ? html`<p class="hint">${t("同一项两人填得不一样。看一看，选一个，或另写一个；之前的说法都会保留。")}</p>` : html`<p class="empty" data-testid="no-conflicts">${t("没有不一致的地方。")}</p>`}
      ${free ? v.open.map((/** @type {any} */ c, /** @type {number} */ n) => duel(v, c, n)) : nothing}`,
    bar: v.open.length ? undefined : action({ href: hub(v.id), label: t("回到检查"), testid: "conflicts-done" }),
  };
}
