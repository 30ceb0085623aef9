/**
 * The only opener of IndexedDB. One database per account, so two people on one phone never see each other's work.
 *
 * A request's `success` proves nothing on a full disk, the transaction may still abort: every write waits for the
 * transaction to complete with strict durability. A write of a few MB can hang for ever when storage is nearly full:
 * every operation has a time-out, and a slow one is announced so that the screen can say it is not saved yet.
 */
import { openDB } from "idb";
import { announce } from "./changes.js";
import * as local from "./local.js";
import { setUsing, using } from "./owner.js";

/** @typedef {"meta"|"inspection"|"checklist"|"inbox"|"draft"|"blob"|"file"|"thumb"|"submission"|"action"|"summary"} StoreName */

/** A new layout gets the next number and a step in `upgrade`; no step may need room, or an almost full phone could not open its work. */
export const LAYOUT = 3;

export const SLOW_MS = 3_000;
export const GIVE_UP_MS = 20_000;

export class StorageTrouble extends Error {
  /** @param {"timeout"|"full"|"closed"|"outdated"|"failed"} kind @param {unknown} [cause] */
  constructor(kind, cause) { super(`storage: ${kind}`, { cause }); this.kind = kind; }
}

/** What the banner shows: null when all is well. @type {{kind: "slow"|"timeout"|"full"|"closed"|"outdated"|"failed"}|null} */
export let trouble = null;
/** @param {typeof trouble} value */
function setTrouble(value) {
  if (trouble?.kind === value?.kind) return;
  trouble = value;
  announce("storage-trouble");
}

/** @type {Promise<import("idb").IDBPDatabase<any>>|null} */
let opening = null;

/** Which account's database the calls below use. @param {string} account id */
export function use(account) {
  if (using() === account) return;
  const old = opening;
  setUsing(account);
  opening = null;
  void old?.then((db) => db.close()).catch(() => {});
}

function open() {
  if (!using()) throw new StorageTrouble("closed");
  const who = using();
  const mine = (opening ??= openDB(`sunlot-${who}`, LAYOUT, {
    upgrade(db, before, _after, tx) {
      if (before < 1) {
        if (local.remembered(who)) local.setEvicted(who);
        db.createObjectStore("meta"); //                                     cursor, outcome codes, device key, last contact, session state
        db.createObjectStore("inspection", { keyPath: "id" }); //            what the server dispatched to this officer; replaced by each bundle
        db.createObjectStore("checklist", { keyPath: "id" }); //             versioned forms, never changed once fetched
        db.createObjectStore("inbox", { keyPath: "id" }); //                 messages; also there when push cannot reach the phone
        const draft = db.createObjectStore("draft", { keyPath: "submission" }); // work in progress and its sealed past: never overwritten by the server
        draft.createIndex("inspection", "inspection");
        db.createObjectStore("blob", { keyPath: "sha256" }); //              where each photo and signature stands on its way to the server
        const submission = db.createObjectStore("submission", { keyPath: "id" }); // the outbox and its receipts; immutable records
        submission.createIndex("inspection", "inspection");
        db.createObjectStore("action", { keyPath: "id" }); //                small calls that may wait, such as receiving an inspection
      }
      if (before < 2) {
        db.createObjectStore("file"); //                                     sha256 -> the bytes as ArrayBuffer (WebKit loses Blobs), apart from the rows that every round walks through
        db.createObjectStore("thumb"); //                                    sha256 -> a small picture
        if (before) void tx.objectStore("meta").put(true, "unsplit"); //     rows of layout 1 carry their bytes: `recover` moves them out one by one
      }
      if (before < 3) db.createObjectStore("summary", { keyPath: "id" }); // what stays of a finished visit for thirty days
    },
    blocking: (_current, _blocked, event) => { /** @type {IDBDatabase} */ (event.target).close(); if (opening === mine) opening = null; },
    terminated: () => { if (opening === mine) opening = null; announce("storage-trouble"); },
  }));
  mine.then(() => local.remember(who)).catch(() => { if (opening === mine) opening = null; });
  return mine;
}

/** @param {unknown} error @returns {StorageTrouble} */
function named(error) {
  if (error instanceof StorageTrouble) return error;
  const name = error instanceof DOMException ? error.name : "";
  return new StorageTrouble(name === "QuotaExceededError" ? "full" : name === "InvalidStateError" ? "closed" : name === "VersionError" ? "outdated" : "failed", error);
}

/**
 * One transaction: `work` gets the object stores by name and may await only their requests. Resolves after the
 * transaction is complete on disk. Reopens once if the browser had closed the database.
 * @template T
 * @param {StoreName[]} names @param {"readonly"|"readwrite"} mode
 * @param {(stores: Record<StoreName, any>) => Promise<T>|T} work @returns {Promise<T>}
 */
export async function transaction(names, mode, work) {
  for (let attempt = 0; ; attempt++) {
    let late = false;
    const slow = setTimeout(() => { late = true; setTrouble({ kind: "slow" }); }, SLOW_MS);
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    let limit;
    try {
      const result = await Promise.race([
        run(names, mode, work),
        new Promise((_, reject) => { limit = setTimeout(() => reject(new StorageTrouble("timeout")), GIVE_UP_MS); }),
      ]);
      if (late || mode === "readwrite") setTrouble(null); // a read that works says nothing about what could not be written
      if (mode === "readwrite") for (const n of names) announce(n);
      return /** @type {T} */ (result);
    } catch (error) {
      const told = named(error);
      if (told.kind === "closed" && using() && attempt === 0) { opening = null; continue; }
      if (told.cause && told.kind === "failed" && !(told.cause instanceof DOMException)) throw told.cause;
      setTrouble({ kind: told.kind });
      throw told;
    } finally { clearTimeout(slow); clearTimeout(limit); }
  }
}

/** @template T @param {StoreName[]} names @param {"readonly"|"readwrite"} mode @param {(stores: Record<StoreName, any>) => Promise<T>|T} work */
async function run(names, mode, work) {
  const db = await open();
  const tx = db.transaction(names, mode, mode === "readwrite" ? { durability: "strict" } : undefined);
  tx.done.catch(() => {});
  /** @type {any} */
  const stores = {};
  for (const n of names) stores[n] = tx.objectStore(n);
  let result;
  try { result = await work(stores); } catch (error) {
    try { tx.abort(); } catch { /* already over */ }
    throw tx.error ?? error;
  }
  await tx.done;
  return result;
}

/** @param {StoreName} name @param {any} key @returns {Promise<any>} */
export const get = (name, key) => transaction([name], "readonly", (s) => s[name].get(key));
/** @param {StoreName} name @returns {Promise<any[]>} */
export const all = (name) => transaction([name], "readonly", (s) => s[name].getAll());
