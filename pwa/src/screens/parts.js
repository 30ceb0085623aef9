/** Pieces that several screens show: icons, words for states, the question dialog, the toast. */
import { html, nothing, render, svg } from "lit-html";
import { t } from "../model/i18n.js";
import { recordWord } from "../model/words.js";

/** @typedef {import("lit-html").TemplateResult} View */
/**
 * A screen: `load` reads the stores, `view` draws, `enter` starts what is not drawing (a camera) and `leave` ends it.
 * @typedef {{title: string, back?: string|null, body: any, bar?: any, tab?: string, dark?: boolean}} Page
 * @typedef {{load: (params: string[], query: URLSearchParams) => Promise<any>, view: (data: any) => Page,
 *   enter?: (data: any, root: HTMLElement) => void|Promise<void>, leave?: () => void, steady?: boolean}} Screen
 */

/** @type {Record<string, any>} */
const PATHS = {
  back: svg`<path d="M15 5l-7 7 7 7"/>`, next: svg`<path d="M9 5l7 7-7 7"/>`, yes: svg`<path d="M5 12.5l4.5 4.5L19 7.5"/>`,
  no: svg`<path d="M7 7l10 10M17 7L7 17"/>`, na: svg`<path d="M7 12h10"/>`,
  camera: svg`<path d="M4 8h3l1.6-2.5h6.8L17 8h3v11H4z"/><circle cx="12" cy="13" r="3.5"/>`,
  scan: svg`<path d="M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M4 12h16"/>`, pen: svg`<path d="M4 20l4-1L19 8l-3-3L5 16zM14 7l3 3"/>`,
  list: svg`<path d="M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01"/>`, tray: svg`<path d="M4 13l2.5-8h11L20 13v6H4zM4 13h5l1.2 2.5h3.6L15 13h5"/>`,
  person: svg`<circle cx="12" cy="8" r="3.6"/><path d="M5 20c.6-4 3.4-6 7-6s6.4 2 7 6"/>`, sync: svg`<path d="M19 8a7.5 7.5 0 00-13.5-.8M5 16a7.5 7.5 0 0013.5.8M5 3.5v4h4M19 20.5v-4h-4"/>`,
  torch: svg`<path d="M8 3h8l-1.5 6v12h-5V9zM12 12v3"/>`, trash: svg`<path d="M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13"/>`, lock: svg`<path d="M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 017 0v3"/>`,
  proof: svg`<path d="M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 14h2v2h-2zM16 18h4M14 20v-2"/>`, paper: svg`<path d="M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6"/>`,
  arrow: svg`<path d="M5 19L19 5M10 5h9v9"/>`, circle: svg`<circle cx="12" cy="12" r="7.5"/>`, blur: svg`<path d="M5 5h4v4H5zM10 10h4v4h-4zM15 5h4v4h-4zM5 15h4v4H5zM15 15h4v4h-4z"/>`,
  mic: svg`<path d="M12 3.5a3 3 0 013 3v5a3 3 0 01-6 0v-5a3 3 0 013-3zM6 11.5a6 6 0 0012 0M12 17.5V21M9 21h6"/>`, stop: svg`<path d="M7 7h10v10H7z"/>`,
  note: svg`<path d="M5 5h14v11h-8l-4 4v-4H5z"/>`, phone: svg`<path d="M7 4h3l1.5 4-2 1.5a11 11 0 005 5l1.5-2 4 1.5v3c0 1.5-1 2-2 2C11 19 5 13 5 6c0-1 .5-2 2-2z"/>`,
};

/** @param {string} name */
export const icon = (name) => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${PATHS[name]}</svg>`;

/** Our mark: a sun over a slot. */
export const mark = () => html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><circle cx="16" cy="13" r="5.2"/><path d="M16 2.6v2.6M8.6 5.6l1.8 1.8M23.4 5.6l-1.8 1.8M5.6 13h2.6M23.8 13h2.6"/><path class="slot" d="M4 24h24"/></svg>`;

/** @param {string} state of an inspection @returns {string} */
export function stateWord(state) {
  return { dispatched: t("待签收"), received: t("已签收"), on_site: t("现场检查中"), submitted: t("已提交"), under_review: t("审核中"), returned: t("已退回"), published: t("已公示") }[state] ?? state;
}

/**
 * @param {import("../model/phase.js").Phase} phase @param {string} state
 * @param {{draft?: any, submission?: any, way?: import("../model/words.js").Transfer|null}} [mine] @returns {{word: string, tone: string}}
 */
export function phaseWord(phase, state, { draft, submission, way } = {}) {
  if (submission && way && !draft && (phase === "waiting" || (phase === "done" && state !== "published"))) return recordWord(submission, way);
  switch (phase) {
    case "receive": return { word: t("待签收"), tone: "due" };
    case "work": return { word: state === "returned" ? t("草稿，退回修改中") : draft ? t("草稿，检查中") : t("已签收"), tone: "due" };
    case "frozen": return { word: t("草稿，等待签字"), tone: "due" };
    case "waiting": return { word: t("已封存，待发送"), tone: "wait" };
    case "conflict": return { word: t("有冲突，请处理"), tone: "bad" };
    case "rejected": return { word: t("未被接收，请处理"), tone: "bad" };
    case "returned": return { word: t("已退回"), tone: "bad" };
    case "closed": return { word: t("已结束"), tone: "calm" };
    default: return { word: stateWord(["dispatched", "received", "on_site", "returned"].includes(state) ? "submitted" : state), tone: state === "published" ? "good" : "calm" };
  }
}

/** Why a visit that was not drawn takes place. @param {string} kind */
export const notDrawn = (kind) => kind === "complaint" ? t("投诉举报核查，不经抽取") : kind === "recheck" ? t("责令改正复查，不经抽取") : t("移送交办核查，不经抽取");

/** @param {string} method of a check item @returns {string} */
export function methodWord(method) {
  return { on_site: t("实地检查"), onsite: t("实地检查"), documents: t("书面检查"), other_result: t("依托其他部门结果"), testing: t("检验检测"), online: t("网络监测"), commissioned: t("委托专业机构") }[method] ?? method;
}

/** @param {import("../model/types.js").Problem|null} problem @returns {string} */
export function problemWords(problem) {
  if (!problem) return "";
  if (problem.title) return problem.title;
  return {
    "receipt-differs": t("服务器回执与本机记录不一致"), "damaged-here": t("本机文件已损坏"), "missing-evidence": t("服务器缺少照片，将重新发送"),
    "already-submitted": t("同事已提交这户的记录"), "unknown-device": t("本机密钥尚未登记"), "hash-mismatch": t("文件在传输中损坏"), "too-large": t("文件过大"),
  }[problem.code] ?? t("服务器答复 %(code)s", { code: problem.code });
}

/** @param {string} tone @param {string} word */
export const pill = (tone, word) => html`<span class="pill ${tone}">${word}</span>`;

/** @param {{href?: string, act?: () => void, label: any, testid: string, off?: boolean, quiet?: boolean}} what */
export const action = ({ href, act, label, testid, off = false, quiet = false }) => href
  ? html`<a class="button ${quiet ? "quiet" : ""}" href=${href} data-testid=${testid}>${label}</a>`
  : html`<button type="button" class="button ${quiet ? "quiet" : ""}" ?disabled=${off} @click=${act} data-testid=${testid}>${label}</button>`;

/** @param {string} hash */
export const go = (hash) => { location.hash = hash; };

/**
 * A question that needs an answer before anything happens.
 * @param {{title: string, text?: string, yes: string, danger?: boolean}} what @returns {Promise<boolean>}
 */
export function ask({ title, text, yes, danger = false }) {
  return new Promise((done) => {
    const dialog = document.createElement("dialog");
    document.body.append(dialog);
    const close = (/** @type {boolean} */ answer) => { dialog.close(); dialog.remove(); done(answer); };
    dialog.addEventListener("cancel", (e) => { e.preventDefault(); close(false); });
    dialog.setAttribute("aria-labelledby", "ask-title");
    render(html`<h2 id="ask-title">${title}</h2>${text ? html`<p>${text}</p>` : nothing}
      <div class="pair"><button type="button" class="button quiet" @click=${() => close(false)} data-testid="ask-no">${t("取消")}</button>
      <button type="button" class="button ${danger ? "danger" : ""}" @click=${() => close(true)} data-testid="ask-yes">${yes}</button></div>`, dialog);
    dialog.showModal();
  });
}

/**
 * Asks for the password that the officer knows already.
 * @param {{title: string, text: string, yes: string}} what @returns {Promise<string|null>} null when the officer changed their mind
 */
export function askPassword({ title, text, yes }) {
  return new Promise((done) => {
    const dialog = document.createElement("dialog");
    document.body.append(dialog);
    const close = (/** @type {string|null} */ answer) => { dialog.close(); dialog.remove(); done(answer); };
    dialog.addEventListener("cancel", (e) => { e.preventDefault(); close(null); });
    dialog.setAttribute("aria-labelledby", "ask-title");
    const submit = (/** @type {SubmitEvent} */ e) => { e.preventDefault(); close(String(new FormData(/** @type {HTMLFormElement} */ (e.target)).get("password"))); };
    render(html`<h2 id="ask-title">${title}</h2><form class="stack" @submit=${submit}><p>${text}</p>
      <label class="field"><span>${t("密码")}</span><input name="password" type="password" autocomplete="current-password" required data-testid="ask-password"></label>
      <div class="pair"><button type="button" class="button quiet" @click=${() => close(null)} data-testid="ask-no">${t("取消")}</button>
      <button class="button" data-testid="ask-yes">${yes}</button></div></form>`, dialog);
    dialog.showModal();
  });
}

let toastTimer = 0;
/** A short word that something happened; also read aloud. @param {string} text */
export function toast(text) {
  const box = /** @type {HTMLElement} */ (document.getElementById("toast"));
  box.textContent = text;
  box.classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => box.classList.remove("shown"), 2500);
}

/** Object URLs of the pictures on the screen, given back when it is left. */
export class Pictures {
  constructor() { /** @type {Map<string, string>} */ this.urls = new Map(); }
  /** @param {string} key @param {ArrayBuffer|null|undefined} data @param {string} type @returns {string} */
  url(key, data, type) {
    if (!data || !data.byteLength) return "";
    if (!this.urls.has(key)) this.urls.set(key, URL.createObjectURL(new Blob([data], { type })));
    return /** @type {string} */ (this.urls.get(key));
  }
  release() { for (const u of this.urls.values()) URL.revokeObjectURL(u); this.urls.clear(); }
}

/** Saves a text field soon after the last key, and at once when it is left. @param {(value: string) => Promise<any>} save */
export function soon(save) {
  let timer = 0;
  return {
    /** @param {Event} e */
    input(e) { const v = /** @type {HTMLInputElement} */ (e.target).value; clearTimeout(timer); timer = setTimeout(() => { timer = 0; void save(v); }, 350); },
    /** @param {Event} e */
    change(e) { clearTimeout(timer); timer = 0; void save(/** @type {HTMLInputElement} */ (e.target).value); },
  };
}
