/** Who said what when: fields and values of revisions in words, and the trace under a question. */
import { html, nothing } from "lit-html";
import { pick, t } from "../model/i18n.js";
import { conflicts, history, standing } from "../model/merge.js";
import { clockTime, moment } from "../model/text.js";
import { icon } from "./parts.js";
import { hub } from "./visit.js";

/** @param {any} v @param {string} key @returns {any} the question that a key speaks of */
export function questionOf(v, key) {
  const [, item, q] = key.split("/");
  const found = v.inspection.items.find((/** @type {any} */ i) => i.code === item);
  return found && v.checklists[found.checklist]?.questions.find((/** @type {any} */ k) => k.id === q);
}

/** @param {any} v @param {string} key @returns {string} */
export function fieldWords(v, key) {
  if (key === "outcomes") return t("检查结果");
  if (key === "remark") return t("说明");
  if (key.startsWith("p/")) return t("照片");
  const q = questionOf(v, key);
  const name = q ? pick(q) : key;
  return key.startsWith("n/") ? t("备注：%(name)s", { name }) : name;
}

/** @param {any} v @param {string} key @param {any} value @returns {string} */
export function valueWords(v, key, value) {
  if (value === null || value === undefined || value === "") return t("（空）");
  if (key === "outcomes") return value.map((/** @type {string} */ c) => pick(v.codes.find((/** @type {any} */ k) => k.code === c) ?? { zh: c, en: c })).join("；");
  if (key === "scan") return moment(value.t_dev);
  if (key.startsWith("p/")) return t("有这张照片");
  const q = key.startsWith("a/") ? questionOf(v, key) : null;
  if (q?.type === "yes_no_na") return { yes: t("是"), no: t("否"), na: t("不适用") }[/** @type {string} */ (value)] ?? value;
  if (q?.type === "choice") return pick(q.options.find((/** @type {any} */ o) => o.value === value) ?? { zh: value, en: value });
  return q?.unit ? `${value} ${q.unit}` : String(value);
}

/** @param {any} v @param {string|null} inspector null: this phone's own officer @returns {string} */
export function nameOf(v, inspector) {
  const o = v.inspection.officers.find((/** @type {any} */ x) => (inspector === null ? x.me : x.inspector_id === inspector));
  return !o || o.me ? t("我") : o.name;
}

/** @param {any} v @param {import("../model/types.js").Revision} r @returns {string} */
export const whoWhen = (v, r) => `${nameOf(v, r.mine ? null : r.by)} · ${moment(r.t_dev)}`;

/** Under a question: a conflict to decide, or who said this last and what was said before. Nothing where only this phone spoke. @param {any} v @param {string[]} keys */
export function trace(v, keys) {
  const revs = v.draft?.revs ?? [];
  const said = keys.flatMap((key) => history(revs, key)).sort((a, b) => a.t_dev - b.t_dev);
  if (!said.some((r) => !r.mine)) return nothing;
  const stands = standing(revs);
  const open = keys.some((key) => (stands.get(key)?.rivals.length ?? 0) > 1);
  const last = said[said.length - 1];
  return html`${open ? html`<a class="extra owed" href="${hub(v.id)}/conflicts" data-testid="conflict-here">${t("与同事填的不一样，请裁定")}</a>` : nothing}
    <details class="trace" data-testid="trace"><summary>${t("%(name)s 填于 %(time)s", { name: nameOf(v, last.mine ? null : last.by), time: clockTime(last.t_dev) })}</summary>
      <ol>${said.map((r) => html`<li><b>${r.key.startsWith("n/") ? t("备注：%(name)s", { name: valueWords(v, r.key, r.value) }) : valueWords(v, r.key, r.value)}</b><small>${whoWhen(v, r)}${r.over.length > 1 ? ` · ${t("裁定")}` : ""}</small></li>`)}</ol></details>`;
}

/** Before the record is made: which colleagues fill in on their own phone, and whose part is here. @param {any} v @param {(expects: string[]) => void} save */
export function colleagues(v, save) {
  const others = v.inspection.officers.filter((/** @type {any} */ o) => !o.me);
  const here = new Set(Object.values(v.draft.heads ?? {}).map((h) => /** @type {any} */ (h).inspector));
  const awaited = new Set(v.draft.expects ?? []);
  const flip = (/** @type {string} */ o) => { if (!awaited.delete(o)) awaited.add(o); save([...awaited]); };
  return html`<section class="card"><h3>${t("同事的手机")}</h3><ul class="ticks">${others.map((/** @type {any} */ o) => html`<li>${here.has(o.inspector_id)
    ? html`<p class="tick" data-testid="part-here">${icon("yes")}<span>${t("%(name)s填写的内容已并入", { name: o.name })}</span></p>`
    : html`<button type="button" class="tick" role="checkbox" aria-checked=${awaited.has(o.inspector_id)} @click=${() => flip(o.inspector_id)} data-testid="expect-${o.inspector_id}"><span class="box">${icon("yes")}</span><span>${t("%(name)s也在自己的手机上填写了，尚未传到", { name: o.name })}</span></button>`}</li>`)}</ul>
    <p class="hint">${t("勾选后，记录照常提交；要等这部分内容送达才能结案。")}</p></section>`;
}

/** On the hub: a colleague's record or part that asks something of this officer. @param {any} v */
export function asked(v) {
  const s = v.inspection.submission;
  const open = s?.outstanding;
  if (!open || v.inspection.state !== "submitted") return nothing;
  const names = (/** @type {string[]} */ of) => of.map((o) => nameOf(v, o)).join("、");
  const waits = [
    open.parts.length ? t("%(names)s填写的内容还没有送达", { names: names(open.parts) }) : "",
    open.photos ? t("同事手机上还有 %(n)s 个文件没有送达", { n: open.photos }) : "",
    open.cosignatures.length ? t("等待联署：%(names)s", { names: names(open.cosignatures) }) : "",
  ].filter(Boolean);
  return html`${v.owed === "decide" ? html`<a class="notice warn" href="${hub(v.id)}/late" data-testid="late-open"><b>${t("记录之后又有 %(n)s 处不同说法", { n: open.differences.length })}</b><p>${t("点开并排核对，由您裁定并签名。")}</p></a>` : nothing}
    ${v.owed === "cosign" ? html`<a class="notice" href="${hub(v.id)}/cosign" data-testid="cosign-open"><b>${t("同事已提交记录，请您联署")}</b><p>${t("看过记录后，用本机签名。")}</p></a>` : nothing}
    ${waits.length ? html`<div class="card" data-testid="outstanding"><h2 class="minor">${t("结案前还在等")}</h2><ul>${waits.map((w) => html`<li>${w}</li>`)}</ul></div>` : nothing}`;
}

/** On the hub: whose parts are in, and what has to be decided. @param {any} v */
export function teamNote(v) {
  if (!v.draft) return nothing;
  const open = conflicts(v.draft.revs ?? []).length;
  const spoke = new Map();
  for (const r of v.draft.revs ?? []) if (!r.mine) spoke.set(r.by, Math.max(spoke.get(r.by) ?? 0, r.t_dev));
  return html`${open ? html`<a class="notice warn" href="${hub(v.id)}/conflicts" data-testid="conflicts-open"><b>${t("与同事有 %(n)s 处填写不一致", { n: open })}</b><p>${t("点开逐项核对，由您裁定。裁定前不能签字。")}</p></a>` : nothing}
    ${[...spoke].map(([by, at]) => html`<p class="hint" data-testid="merged">${t("已并入%(name)s手机上填写的内容（最后 %(time)s）", { name: nameOf(v, by), time: moment(at) })}</p>`)}`;
}
