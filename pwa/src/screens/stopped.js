/** Another officer has signed in on this browser: this page stops, shows nothing of the first one's work and sends nothing. */
import { html, nothing } from "lit-html";
import { t } from "../model/i18n.js";
import * as local from "../store/local.js";
import { using } from "../store/owner.js";
import { status } from "../sync/engine.js";
import { seen } from "../sync/round.js";
import { action } from "./parts.js";

/** @typedef {import("../model/types.js").Account} Account */
/** Whose work this tab holds. @type {Account|null} */
let mine = null;
/** @param {Account} account */
export const holds = (account) => { mine = account; };

/** @returns {Account|null} whose page stands still, and who may go on in it by signing in */
export const owner = () => (stopped() ? mine : null);

/** @returns {{other: Account|null}|null} why this tab must stand still */
export function stopped() {
  if (!using()) return null;
  const now = local.account();
  if (now && now.id !== using()) return { other: now };
  if (status.outcome === "other-account") return { other: seen.account?.id === using() ? null : seen.account };
  return null;
}

export const load = async () => stopped() ?? { other: null };

/** @param {Account} other */
function change(other) {
  local.setAccount(other);
  location.hash = "#/";
  location.reload(); // nothing of the first officer's stays in this page's memory
}

/** @param {{other: Account|null}} data */
export function view({ other }) {
  const me = mine?.name ?? "";
  return {
    title: t("这个页面已停下"), back: null,
    body: html`<section class="card stack" role="alert" data-testid="stopped">
      <p>${other ? t("现在登录的是%(other)s，而这个页面是%(me)s的工作。", { other: other.name, me }) : t("登录的账号变了，而这个页面是%(me)s的工作。", { me })}</p>
      <p class="hint">${t("没有发送任何内容。%(me)s的记录都在本机，重新登录后继续发送。", { me })}</p></section>
      ${action({ href: "#/sign-in", label: t("%(me)s重新登录", { me }), testid: "stopped-sign-in" })}
      ${other && other.role === "inspector" ? action({ act: () => change(other), label: t("转到%(other)s的工作", { other: other.name }), testid: "stopped-change", quiet: true }) : nothing}`,
  };
}
