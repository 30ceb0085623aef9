/** One person signs by hand, under the hash of what they sign. */
import { html, nothing } from "lit-html";
import { t } from "../model/i18n.js";
import { strokesBlob } from "../model/record.js";
import { grouped } from "../model/text.js";
import { keepBlob } from "../store/outbox.js";
import { editDraft } from "../store/work.js";
import { openPad } from "../device/pad.js";
import { action, go, toast } from "./parts.js";
import { redraw } from "./redraw.js";
import { hub, unknown, visit } from "./visit.js";

/** @type {ReturnType<typeof openPad>|null} */
let pad = null;
let busy = false;

/** @param {string[]} params */
export async function load([id, key]) {
  return { ...(await visit(id)), key };
}

/** @param {any} _v @param {HTMLElement} root */
export function enter(_v, root) {
  const canvas = root.querySelector("canvas");
  const nib = /** @type {HTMLElement|null} */ (root.querySelector(".nib"));
  if (canvas && nib) pad = openPad(canvas, nib, redraw);
}

export function leave() { pad?.close(); pad = null; busy = false; }

/** @param {any} v */
async function done(v) {
  if (!pad || !pad.signed() || busy) return;
  busy = true;
  const content_sha256 = v.draft.frozen.content_sha256;
  try {
    const { groups, w, h } = pad.read();
    const bytes = strokesBlob(groups, { w, h, content_sha256 });
    const { sha256 } = await keepBlob({ data: new Uint8Array(bytes).buffer, type: "application/json" });
    await editDraft(v.draft.submission, (d) => {
      if (d.frozen?.content_sha256 !== content_sha256) throw new Error("the content changed under the signature");
      d.strokes[v.key] = { sha256, at_ms: Date.now() };
    }, { frozen: true });
    go(`${hub(v.id)}/summary`);
  } catch (error) {
    console.error("sign", error);
    toast(t("签字没有保存，请重试。"));
    busy = false;
  }
}

/** @param {any} v */
export function view(v) {
  if (!v.inspection) return unknown();
  const signer = v.draft?.frozen?.record.signers.find((/** @type {any} */ s) => s.key === v.key);
  if (!signer) return { title: t("签字"), back: `${hub(v.id)}/summary`, body: html`<p class="empty">${t("先生成记录，再签字。")}</p>` };
  const enterprise = signer.role === "enterprise";
  return {
    title: t("签字"), back: `${hub(v.id)}/summary`,
    body: html`<p class="lead">${signer.name}</p>
      <p class="hint">${enterprise ? t("我已核对检查记录，内容属实。") : t("记录由我与同事现场作出。")}</p>
      <p class="hash" data-testid="content-hash">${grouped(v.draft.frozen.content_sha256)}</p>
      <div class="pad-frame"><canvas class="signature" tabindex="0" role="application" aria-label=${t("签字区")} aria-describedby="by-keys" data-testid="signature"></canvas><span class="nib" hidden></span></div>
      <p class="unseen" id="by-keys">${t("也可用键盘签：方向键移动，回车落笔或提笔。")}</p>
      <p class="unseen" role="status" data-testid="signed-said">${pad?.signed() ? t("签字区已有笔迹，可以确认。") : ""}</p>
      ${v.draft.strokes[v.key] ? html`<p class="hint center">${t("已签过；再签将替换。")}</p>` : nothing}`,
    bar: html`${action({ act: () => pad?.clear(), label: t("重写"), testid: "sign-clear", quiet: true })}${action({ act: () => done(v), label: t("确认签字"), testid: "sign-ok", off: !pad?.signed() })}`,
  };
}
