/**
 * Everything unsent in one file, for the day a phone must be handed in or never finds a network again. The office takes it in
 * (补传手机备份). A ZIP: `manifest.json`, `evidence/<sha256>` for sealed records, `drafts/<sha256>` for the photos of drafts, which
 * are no records and are kept out there. One file at a time is in memory, however many there are.
 */
import { filesOf } from "../model/evidence.js";
import { unsent } from "../model/states.js";
import { dayOf } from "../model/text.js";
import { Zip } from "../model/zip.js";
import { blob, submissions } from "./outbox.js";
import { drafts, inspections, setMeta } from "./work.js";

/** @typedef {import("../model/types.js").Account} Account */
/** @typedef {{file: Blob, name: string, records: number, drafts: number, files: number, lacking: number}} Backup `lacking`: files that are not on this phone, such as a colleague's */

/** @param {Account} officer @param {Date} now @returns {Promise<Backup>} @throws when the phone has no room even for that */
export async function backup(officer, now) {
  const subs = (await submissions()).filter(unsent);
  const open = (await drafts()).filter((d) => d.state !== "sealed");
  const names = new Map((await inspections()).map((i) => [i.id, i.enterprise.name]));
  const zip = new Zip(now);
  const sealed = new Set(subs.flatMap((s) => s.hashes));
  const loose = new Set(open.flatMap(filesOf).filter((h) => !sealed.has(h)));
  let lacking = 0;
  for (const [folder, hashes] of /** @type {const} */ ([["evidence", sealed], ["drafts", loose]])) {
    for (const h of hashes) {
      const row = await blob(h);
      if (row?.data.byteLength) zip.add(`${folder}/${h}`, new Uint8Array(row.data));
      else lacking++;
    }
  }
  const files = zip.count;
  const manifest = {
    v: 1, kind: "sunlot-unsent", at_ms: now.getTime(), officer: { id: officer.id, username: officer.username, name: officer.name },
    submissions: subs.map(({ id, inspection, enterprise, device, record, signature, record_sha256, sealed_at_ms, state }) => ({ id, inspection, enterprise, device, record, signature, record_sha256, sealed_at_ms, state })),
    drafts: open.map((d) => ({ ...d, enterprise: names.get(d.inspection) ?? "" })),
  };
  zip.add("manifest.json", new TextEncoder().encode(JSON.stringify(manifest)));
  const file = zip.finish();
  await file.slice(-22).arrayBuffer(); // a Blob that the disk had no room for says so only when it is read
  await setMeta("exported_at_ms", now.getTime()).catch(() => {}); // on a full disk the file still comes first
  return { file, name: `sunlot-${officer.username}-${officer.name}-${dayOf(now)}.zip`, records: subs.length, drafts: open.length, files, lacking };
}
