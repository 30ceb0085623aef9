/** 认领码 on the phone: when an officer may hand one over, and what to say where none comes. Pure. */
import { t } from "./i18n.js";
import { problemOf } from "./states.js";

// As the office judges it (backend/usecases/claiming.py): a code is handed over where the officer has been.
const ARRIVED = ["on_site", "submitted", "under_review", "returned", "published"];

/** @param {import("./types.js").Inspection} inspection @param {import("./types.js").Draft|undefined} draft whose scan may still be on its way @returns {boolean} */
export const mayHand = (inspection, draft) => ARRIVED.includes(inspection.state) || !!draft?.scan;

/** @param {import("./states.js").Reply} reply that holds no code @returns {string} */
export function noCode(reply) {
  if (reply.status === 0) return t("现在没有网络，取不到认领码。走到有信号的地方再试；也可以请任务管理员邮寄信函。");
  const problem = problemOf(reply);
  return problem.title || t("服务器答复 %(code)s", { code: problem.code });
}
