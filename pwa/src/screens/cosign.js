/** A colleague has handed in the record of a common visit: this officer reads it over, and this phone signs it too. */
import { html, nothing } from "lit-html";
import { pick, t } from "../model/i18n.js";
import { grouped } from "../model/text.js";
import { cosignature } from "../model/team.js";
import * as parts from "../store/parts.js";
import { meta } from "../store/work.js";
import { device, sign } from "../device/key.js";
import { sync } from "../sync/engine.js";
import { action, ask, go, icon, toast } from "./parts.js";
import { redraw } from "./redraw.js";
import { fieldWords, valueWords } from "./said.js";
import { hub, unknown, visit } from "./visit.js";

let busy = false;

/** @param {string[]} params */
export async function load([id]) {
  const v = await visit(id);
  return { ...v, record: v.inspection?.submission ? await meta(`record:${v.inspection.submission.id}`) : undefined };
}

/** @param {any} v */
async function confirm(v) {
  if (busy || !(await ask({ title: t("用本机联署这份记录？"), text: t("联署表示您到过现场、看过这份记录，同意其内容。联署后不能撤回。"), yes: t("联署") }))) return;
  busy = true; redraw();
  try {
    const s = v.inspection.submission;
    const key = await device();
    const inspector = v.inspection.officers.find((/** @type {any} */ o) => o.me).inspector_id;
    const head = await parts.ownHead(v.id, key.id);
    const body = cosignature({ record_sha256: s.record_sha256, submission: s.id, inspection: v.id, inspector, device: key.id, head, now: Date.now() });
    const { signature } = await sign(body);
    await parts.queueSigned("cosign", v.id, `/submissions/${s.id}/cosignatures/${key.id}`, { body, signature });
    toast(t("已联署"));
    go(hub(v.id));
    void sync({ hurry: true });
  } finally { busy = false; redraw(); }
}

/** @param {any} v @param {any} item */
function answers(v, item) {
  const about = v.inspection.items.find((/** @type {any} */ i) => i.code === item.item);
  return html`<section class="card"><h3>${about ? pick(about, "name") : item.item}</h3><dl class="wide">${item.answers.map((/** @type {any} */ a) => html`<dt>${fieldWords(v, `a/${item.item}/${a.q}`)}</dt>
    <dd class=${a.value === "no" ? "bad" : ""}><b>${valueWords(v, `a/${item.item}/${a.q}`, a.value)}</b>${a.note ? html`<small>${a.note}</small>` : nothing}</dd>`)}</dl></section>`;
}

/** @param {any} v */
export function view(v) {
  if (!v.inspection) return unknown();
  const r = v.record;
  if (v.owed !== "cosign") return { title: t("联署"), back: hub(v.id), body: html`<p class="empty">${v.owed === "decide" ? t("先裁定不一致的地方，再联署。") : t("这份记录不等您联署。")}</p>` };
  if (!r) return { title: t("联署"), back: hub(v.id), body: html`<p class="empty">${t("记录还没有下载到本机，联网同步后再来。")}</p>` };
  const rep = r.signers.find((/** @type {any} */ s) => s.role === "enterprise");
  return {
    title: t("联署"), back: hub(v.id),
    body: html`<section class="card"><h2 class="name">${v.inspection.enterprise.name}</h2><dl>
        <dt>${t("结果")}</dt><dd>${valueWords(v, "outcomes", r.outcomes)}</dd>
        ${r.remark ? html`<dt>${t("说明")}</dt><dd>${r.remark}</dd>` : nothing}
        <dt>${t("照片")}</dt><dd>${t("%(n)s 张", { n: r.photos.length })}</dd>
        <dt>${t("签字")}</dt><dd>${r.signers.map((/** @type {any} */ s) => html`<span class="line">${s.name}${s.refused ? ` · ${t("拒绝签字")}` : ""}</span>`)}${rep?.refused ? html`<small>${rep.reason}</small>` : nothing}</dd></dl></section>
      ${r.items.map((/** @type {any} */ item) => answers(v, item))}
      <section class="card seal"><h3>${icon("lock")}${t("记录指纹")}</h3><p class="hash big" data-testid="record-hash">${grouped(v.inspection.submission.record_sha256)}</p>
        <p class="hint">${t("本机下载的记录已按此指纹核对。联署签的就是它。")}</p></section>`,
    bar: action({ act: () => confirm(v), label: html`${icon("pen")}${t("看过了，用本机联署")}`, testid: "cosign", off: busy }),
  };
}
