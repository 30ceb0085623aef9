/** The outcome codes that will be published, and a remark. */
import { html, nothing } from "lit-html";
import { pick, t } from "../model/i18n.js";
import { toggled } from "../model/form.js";
import { editDraft } from "../store/work.js";
import { action, icon, soon } from "./parts.js";
import { trace } from "./said.js";
import { draftFor, hub, unknown, visit } from "./visit.js";

/** @param {string[]} params */
export const load = ([id]) => visit(id);

/** @param {any} v @param {string} code */
async function toggle(v, code) {
  const draft = await draftFor(v.id);
  await editDraft(draft.submission, (d) => { d.outcomes = toggled(d.outcomes, code, v.codes); });
}

/** @param {any} v */
export function view(v) {
  if (!v.inspection) return unknown();
  if (v.stage !== "work") return { title: t("检查结果"), back: hub(v.id), body: html`<p class="empty">${t("记录已生成，不能再改。要修改请在“核对与签字”里解除。")}</p>` };
  /** @type {string[]} */
  const chosen = v.draft?.outcomes ?? [];
  const flags = Object.values(v.draft?.answers ?? {}).flatMap((/** @type {any} */ a) => Object.values(a)).filter((/** @type {any} */ a) => a.value === "no").length;
  const row = (/** @type {any} */ c) => html`<li class=${c.parent ? "child" : ""}><button type="button" class="tick" role="checkbox" aria-checked=${chosen.includes(c.code)} @click=${() => toggle(v, c.code)} data-testid="outcome-${c.code}"><span class="box">${icon("yes")}</span><span>${pick(c)}</span></button></li>`;
  const roots = v.codes.filter((/** @type {any} */ c) => !c.parent);
  const remark = soon(async (text) => { const d = await draftFor(v.id); await editDraft(d.submission, (x) => { x.remark = text.normalize("NFC"); }); });
  return {
    title: t("检查结果"), back: hub(v.id),
    body: html`<p class="hint">${t("可多选，公示时原样公布。")}</p>
      ${flags && chosen.includes("1") ? html`<p class="notice warn" data-testid="outcome-doubt">${t("有 %(n)s 项答“否”，却选了“未发现问题”。请再看一眼。", { n: flags })}</p>` : nothing}
      <ul class="ticks">${roots.map((/** @type {any} */ c) => [row(c), chosen.includes(c.code) ? v.codes.filter((/** @type {any} */ k) => k.parent === c.code).map(row) : nothing])}</ul>
      <label class="field"><span>${t("说明（可选）")}</span><textarea rows="4" maxlength="2000" .defaultValue=${v.draft?.remark ?? ""} @input=${remark.input} @change=${remark.change} data-testid="remark"></textarea></label>
      ${trace(v, ["outcomes", "remark"])}`,
    bar: action({ href: `${hub(v.id)}/summary`, label: t("去核对与签字"), testid: "to-summary", quiet: !chosen.length }),
  };
}
