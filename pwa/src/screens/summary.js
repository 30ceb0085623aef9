/** Read it over, fix its content, show its hash, collect the signatures, seal it. */
import { html, nothing } from "lit-html";
import { pick, t } from "../model/i18n.js";
import { missing } from "../model/form.js";
import { conflicts, unmerged } from "../model/merge.js";
import { content, digest, signing, strokesOwed } from "../model/record.js";
import { grouped, moment } from "../model/text.js";
import * as outbox from "../store/outbox.js";
import * as parts from "../store/parts.js";
import * as work from "../store/work.js";
import { keepCopies } from "../device/copy.js";
import { device, sign } from "../device/key.js";
import { position } from "../device/position.js";
import { sync } from "../sync/engine.js";
import { action, ask, go, icon, soon, toast } from "./parts.js";
import { redraw } from "./redraw.js";
import { colleagues, fieldWords } from "./said.js";
import { draftFor, hub, unknown, visit } from "./visit.js";
import { scanWord } from "./inspection.js";

let busy = false;

/** @param {string[]} params */
export async function load([id]) {
  const v = await visit(id);
  const gaps = v.inspection && v.draft ? [...conflicts(v.draft.revs ?? []).map(({ key }) => ({ step: "conflict", key })), ...missing(v.inspection, v.checklists, v.draft)] : [];
  return { ...v, gaps };
}

/** @param {any} v @param {Partial<import("../model/types.js").Representative>} part */
async function representative(v, part) {
  const draft = await draftFor(v.id);
  await work.editDraft(draft.submission, (d) => { d.representative = { ...d.representative, ...part }; });
}

/** @param {any} v */
async function freeze(v) {
  if (busy) return;
  busy = true; redraw();
  try {
    const other = (await work.drafts()).find((d) => d.state === "frozen" && d.inspection !== v.id);
    if (other) { // one chain of records per phone: the next one names the hash of the one before
      const name = (await work.inspection(other.inspection))?.enterprise.name ?? "";
      toast(t("「%(name)s」的记录正等签字，请先封存或解除。", { name }));
      return;
    }
    const gps = await position();
    await keepCopies(v.inspection);
    const key = await device();
    await parts.queueParts(v.draft.submission); // the record names this phone's part too
    await work.editDraft(v.draft.submission, (d) => {
      if (conflicts(d.revs ?? []).length) throw new Error("a conflict came in: nothing is frozen over it");
      if (gps) d.gps = gps;
      const record = content({ draft: d, inspection: v.inspection, checklists: v.checklists, device: key, now: Date.now() });
      d.frozen = { record, content_sha256: digest(record) };
      d.strokes = {};
      d.state = "frozen";
    });
  } finally { busy = false; redraw(); }
}

/** @param {any} v */
async function thaw(v) {
  const signed = Object.keys(v.draft.strokes).length;
  if (signed && !(await ask({ title: t("解除后签字作废"), text: t("内容改动后指纹会变，已签的 %(n)s 人需要重签。", { n: signed }), yes: t("解除并修改"), danger: true }))) return;
  await parts.thaw(v.draft.submission);
}

/** @param {any} v */
async function seal(v) {
  if (busy) return;
  busy = true; redraw();
  try {
    const d = v.draft;
    const record = { ...d.frozen.record, strokes_sha256: Object.fromEntries(Object.entries(d.strokes).map(([k, s]) => [k, /** @type {any} */ (s).sha256])) };
    const { signature, record_sha256 } = await sign(record);
    await outbox.seal({ draft: d.submission, record, signature, record_sha256, enterprise: v.inspection.enterprise.name, now: Date.now() });
    toast(t("已封存在本机"));
    go(`#/receipt/${d.submission}`);
    void sync({ hurry: true });
  } catch (error) {
    console.error("seal", error);
    toast(t("封存没有成功，内容未丢失。请重试。"));
  } finally { busy = false; redraw(); }
}

/** @param {any} v @param {any} gap */
function gapRow(v, gap) {
  const item = v.inspection.items.find((/** @type {any} */ i) => i.code === gap.item);
  const base = hub(v.id);
  const [href, word] = gap.step === "conflict" ? [`${base}/conflicts`, t("与同事不一致：%(name)s", { name: fieldWords(v, gap.key) })] : gap.step === "scan" ? [`${base}/scan`, t("还没有扫码入企")] : gap.step === "outcome" ? [`${base}/outcome`, t("还没有选检查结果")]
    : [`${base}/item/${encodeURIComponent(gap.item)}`, gap.step === "photo" ? t("%(name)s：缺 %(n)s 张必拍照片", { name: pick(item, "name"), n: gap.count }) : t("%(name)s：还有 %(n)s 项未填", { name: pick(item, "name"), n: gap.count })];
  return html`<li><a href=${href}><span>${word}</span>${icon("next")}</a></li>`;
}

/** @param {any} v */
function overview(v) {
  const { draft: d, inspection: i } = v;
  const flagged = i.items.flatMap((/** @type {any} */ item) => Object.entries(d.answers[item.code] ?? {}).filter(([, a]) => /** @type {any} */ (a).value === "no").map(([q]) => v.checklists[item.checklist]?.questions.find((/** @type {any} */ k) => k.id === q)).filter(Boolean));
  return html`<section class="card"><h2 class="name">${i.enterprise.name}</h2><dl>
    <dt>${t("入企")}</dt><dd>${d.scan ? `${scanWord(d.scan.how)} · ${moment(d.scan.t_dev)}` : "—"}${d.scan?.reason ? html`<small>${d.scan.reason}</small>` : nothing}</dd>
    <dt>${t("事项")}</dt><dd>${i.items.map((/** @type {any} */ item) => html`<span class="line">${pick(item, "name")}</span>`)}</dd>
    <dt>${t("问题")}</dt><dd>${flagged.length ? flagged.map((/** @type {any} */ q) => html`<span class="line bad">${pick(q)}</span>`) : t("没有答“否”的项")}</dd>
    <dt>${t("照片")}</dt><dd>${t("%(n)s 张", { n: d.photos.length })}${d.voices?.length ? ` · ${t("录音 %(n)s 段", { n: d.voices.length })}` : ""}</dd>
    <dt>${t("结果")}</dt><dd>${d.outcomes.map((/** @type {string} */ c) => html`<span class="line">${pick(v.codes.find((/** @type {any} */ k) => k.code === c) ?? { zh: c, en: c })}</span>`)}</dd>
    ${d.remark ? html`<dt>${t("说明")}</dt><dd>${d.remark}</dd>` : nothing}</dl></section>`;
}

/** @param {any} v */
function representativeForm(v) {
  const rep = v.draft.representative;
  const save = (/** @type {string} */ key) => soon((text) => representative(v, { [key]: text.normalize("NFC") }));
  const name = save("name"), reason = save("reason"), witness = save("witness");
  return html`<section class="card stack"><h3>${t("企业在场代表")}</h3>
    <label class="field"><span>${t("姓名")}</span><input autocomplete="off" maxlength="60" .defaultValue=${rep.name || v.inspection.enterprise.legal_rep} @input=${name.input} @change=${name.change} data-testid="rep-name"></label>
    <button type="button" class="tick" role="checkbox" aria-checked=${rep.refused} @click=${() => representative(v, { refused: !rep.refused })} data-testid="rep-refused"><span class="box">${icon("yes")}</span><span>${t("拒绝签字")}</span></button>
    ${rep.refused ? html`<label class="field"><span>${t("拒签原因")}</span><input maxlength="300" required aria-required="true" .defaultValue=${rep.reason} @input=${reason.input} @change=${reason.change} data-testid="rep-reason"></label>
      <label class="field"><span>${t("见证人")}</span><input maxlength="60" required aria-required="true" .defaultValue=${rep.witness} @input=${witness.input} @change=${witness.change} data-testid="rep-witness"></label>` : nothing}</section>`;
}

/** @param {any} v */
function signers(v) {
  const { record, content_sha256 } = v.draft.frozen;
  const me = signing(v.inspection).find((o) => o.me)?.inspector_id;
  return html`<section class="card seal"><h3>${icon("lock")}${t("内容指纹")}</h3><p class="hash big" data-testid="content-hash">${grouped(content_sha256)}</p>
      <p class="hint">${t("签字前请核对：改动任何一字，指纹都会不同。")}</p></section>
    <ul class="signers">${record.signers.map((/** @type {any} */ s) => {
      const done = v.draft.strokes[s.key];
      const role = s.role === "officer" ? (s.inspector === me ? t("执法人员（我）") : t("执法人员")) : t("企业代表");
      if (s.refused) return html`<li class="done"><div><b>${s.name || t("企业代表")}</b><small>${t("拒签：%(reason)s；见证人 %(witness)s", { reason: s.reason, witness: s.witness })}</small></div></li>`;
      return html`<li class=${done ? "done" : ""}><a href="${hub(v.id)}/sign/${s.key}" data-testid="sign-${s.key}"><div><b>${s.name}</b><small>${role}</small></div>${done ? html`<span class="pill good">${t("已签")}</span>` : html`<span class="pill due">${icon("pen")}${t("签字")}</span>`}</a></li>`;
    })}</ul>
    <button type="button" class="link center" @click=${() => thaw(v)} data-testid="thaw">${t("解除并修改内容")}</button>`;
}

/** @param {any} v */
export function view(v) {
  if (!v.inspection) return unknown();
  if (!v.draft) return { title: t("核对与签字"), back: hub(v.id), body: html`<p class="empty">${v.submission ? t("这份记录已封存。") : t("还没有开始检查。")}</p>` };
  const frozen = v.draft.state === "frozen";
  const rep = v.draft.representative;
  const repGap = rep.refused ? !rep.reason.trim() || !rep.witness.trim() : !(rep.name || v.inspection.enterprise.legal_rep);
  const owed = frozen ? strokesOwed(v.draft.frozen.record).filter((k) => !v.draft.strokes[k]) : [];
  return {
    title: t("核对与签字"), back: hub(v.id),
    body: html`${v.gaps.length && !frozen ? html`<section class="card gaps" data-testid="gaps"><h3>${t("签字前还缺")}</h3><ul>${v.gaps.map((/** @type {any} */ g) => gapRow(v, g))}</ul></section>` : nothing}
      ${frozen && unmerged(v.draft, v.inspection.parts).length ? html`<p class="notice warn" data-testid="more-came">${t("生成记录后，同事又传来了填写内容。可“解除并修改内容”并入后再签；不并入也会在提交后要求裁定。")}</p>` : nothing}
      ${overview(v)}${frozen ? signers(v) : html`${representativeForm(v)}${colleagues(v, (expects) => void work.editDraft(v.draft.submission, (d) => { d.expects = expects; }))}`}`,
    bar: frozen ? action({ act: () => seal(v), label: owed.length ? t("还差 %(n)s 人签字", { n: owed.length }) : html`${icon("lock")}${t("封存并发送")}`, testid: "seal", off: owed.length > 0 || busy })
      : action({ act: async () => { if (!rep.name) await representative(v, { name: v.inspection.enterprise.legal_rep }); await freeze(v); }, label: repGap && rep.refused ? t("请填拒签原因与见证人") : t("生成记录，开始签字"), testid: "freeze", off: v.gaps.length > 0 || repGap || busy }),
  };
}
