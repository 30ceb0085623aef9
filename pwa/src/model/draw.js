// The public draw sdr/1 in the browser: docs/draw-spec.md, twin of backend/draws/rules.py.
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { encode, stringify } from "./jcs.js";
import { Tree, leafHash, root } from "./merkle.js";
import { pairPeople } from "./pairing.js";
import { compareUtf8, digestInto, ranked, ticket } from "./tickets.js";

export { compareUtf8, ticket } from "./tickets.js";

/** @typedef {{code: string, ok: boolean|null, detail: string}} Check */
/** @typedef {Record<string, any>} Bundle */

const UTF8 = new TextEncoder();
const utf8 = (/** @type {string} */ text) => UTF8.encode(text);

/** @param {...Uint8Array} parts */
function hash(...parts) {
  const h = sha256.create();
  for (const part of parts) h.update(part);
  return h.digest();
}

/** R of the specification. @param {(number[]|number|string)[]} values */
export function encodeRandomness(values) {
  return utf8(
    values
      .map((v) => {
        if (Array.isArray(v)) return `${[...v].sort((a, b) => a - b).map((n) => `${n}.`).join("")}/`;
        return typeof v === "number" ? `${v}./` : `${v}/`;
      })
      .join(""),
  );
}

/** PRK = HMAC-SHA256(c_{K-1}, R || 0x00 || a). @param {Uint8Array} secret @param {(number[]|number|string)[]} randomness @param {string} digest */
export function pseudorandomKey(secret, randomness, digest) {
  const r = encodeRandomness(randomness);
  const a = hexToBytes(digest);
  const message = new Uint8Array(r.length + 1 + a.length);
  message.set(r);
  message.set(a, r.length + 1);
  return hmac(sha256, secret, message);
}

/** @param {Bundle} announcement */
export const announcementHash = (announcement) => bytesToHex(sha256(encode(announcement)));

/** @template T @param {T[]} items @param {(item: T) => string} id */
const ascending = (items, id) => [...items].sort((a, b) => compareUtf8(id(a), id(b)));

const breathe = () => new Promise((resolve) => setTimeout(resolve, 0));

/**
 * Draw the objects. @param {Uint8Array} prk @param {{id: string, cell: string, class: string}[]} rows the eligible ones
 * @param {Record<string, [number, number]>} rates
 */
export function selectObjects(prk, rows, rates) {
  /** @type {Map<string, Map<string, string[]>>} */
  const classes = new Map();
  for (const row of rows) {
    const cells = classes.get(row.class) ?? new Map();
    classes.set(row.class, cells);
    const ids = cells.get(row.cell);
    if (ids) ids.push(row.id);
    else cells.set(row.cell, [row.id]);
  }
  const result = [];
  for (const name of ascending([...classes.keys()], (c) => c)) {
    const [p, q] = rates[name].map(BigInt);
    const u = BigInt(`0x${ticket(prk, "round", name)}`) % q;
    let total = 0n;
    const cells = /** @type {Map<string, string[]>} */ (classes.get(name));
    for (const cell of ranked(prk, `cell|${name}|`, [...cells.keys()])) {
      const ids = /** @type {string[]} */ (cells.get(cell));
      const upto = total + BigInt(ids.length) * p;
      const n = Number((upto + u) / q - (total + u) / q);
      total = upto;
      result.push({ class: name, cell, n, order: ranked(prk, "obj|", ids) });
    }
  }
  return result;
}

/** The whole result from a complete bundle, in the shape of `bundle.result`. @param {Bundle} bundle */
export function recompute(bundle) {
  const { announcement } = bundle;
  const prk = pseudorandomKey(hexToBytes(bundle.secret), bundle.randomness, announcementHash(announcement));
  const rows = bundle.frame
    .filter((/** @type {Bundle} */ row) => row.st === "E")
    .map((/** @type {Bundle} */ row) => ({ id: row.id, cell: row.cell, class: bundle.classes[row.id]?.class ?? "-" }));
  const cells = selectObjects(prk, rows, announcement.rates);
  return { cells, ...pair(bundle, bundle.frame, prk, cells.flatMap((c) => c.order.slice(0, c.n))) };
}

/** @param {Bundle} bundle @param {Bundle[]} frame @param {Uint8Array} prk @param {string[]} drawn */
function pair(bundle, frame, prk, drawn) {
  const counties = new Map(frame.map((/** @type {Bundle} */ row) => [row.id, row.county]));
  const recusals = new Set(bundle.recusals.filter((/** @type {Bundle} */ r) => r.id !== undefined).map((/** @type {Bundle} */ r) => `${r.id}|${r.pid}`));
  return pairPeople(
    prk,
    drawn.map((id) => [id, counties.get(id)]),
    bundle.announcement.slots,
    bundle.pool,
    recusals,
  );
}

/**
 * Check everything that a bundle lets one check. `verdict`: "verified" (complete and right), "failed", or "incomplete"
 * (not revealed yet, what could be checked was right). Never throws for a wrong bundle.
 * @param {Bundle} bundle
 * `frame`: what readFrame gave, where the bundle itself has no frame. `isSigned`: checks a drand round's signature, where the page can.
 * @param {{onProgress?: (done: number, total: number) => void, frame?: {rows: import("./frame.js").Row[], root: string, error: string}|null,
 *   isSigned?: ((round: number, signature: Uint8Array) => boolean)|null}} [options]
 * @returns {Promise<{verdict: "verified"|"failed"|"incomplete", checks: Check[]}>}
 */
export async function verifyBundle(bundle, { onProgress = () => {}, frame: read = null, isSigned = null } = {}) {
  /** @type {Check[]} */
  const checks = [];
  const total = 10;
  /** @param {string} code @param {() => boolean|null|Promise<boolean|null>} test @param {string} [detail] */
  const check = async (code, test, detail = "") => {
    try {
      checks.push({ code, ok: await test(), detail });
    } catch (error) {
      checks.push({ code, ok: false, detail: error instanceof Error ? error.message : String(error) });
    }
    onProgress(checks.length, total);
    await breathe();
  };
  const a = bundle?.announcement;
  const frame = read ? read.rows : bundle?.frame;
  await check("announcement", () => a.spec === "sdr/1" && announcementHash(a).length === 64, (() => { try { return announcementHash(a); } catch { return ""; } })());
  await check("frame", async () => {
    if (!frame) return null;
    if (read) {
      if (read.error) throw new Error(read.error);
      return read.rows.length === a.n_frame && read.root === a.frame_root;
    }
    const tree = new Tree();
    const rows = ascending(/** @type {Bundle[]} */ (frame), (row) => row.id);
    for (const [i, row] of rows.entries()) {
      if (i > 0 && rows[i - 1].id === row.id) return false;
      tree.push(leafHash(encode({ id: row.id, county: row.county, cell: row.cell, st: row.st, cc: row.cc })));
      if (i % 5000 === 4999) await breathe();
    }
    return rows.length === a.n_frame && bytesToHex(tree.root()) === a.frame_root;
  });
  await check("pool", () => {
    if (!bundle.pool) return null;
    const pool = ascending(/** @type {Bundle[]} */ (bundle.pool), (p) => p.pid);
    return pool.every((p, i) => i === 0 || pool[i - 1].pid !== p.pid) && bytesToHex(root(pool.map(encode))) === a.pool_root;
  });
  await check("recusals", () => {
    if (!bundle.recusals) return null;
    // An entry is wholly open or wholly closed: a pair beside a hash that does not open it would steer the pairing unproven.
    if (/** @type {Bundle[]} */ (bundle.recusals).some((r) => !["h", "id,pid,salt"].includes(Object.keys(r).sort().join()))) return false;
    const leaves = /** @type {Bundle[]} */ (bundle.recusals).map((r) => r.h ?? bytesToHex(hash(hexToBytes(r.salt), encode({ id: r.id, pid: r.pid }))));
    return bytesToHex(root(leaves.sort().map(hexToBytes))) === a.recusal_root;
  });
  await check("classes", () => {
    if (!bundle.classes || !frame) return null;
    const isComplete = /** @type {Bundle[]} */ (frame).every((row) => row.st !== "E" || row.id in bundle.classes);
    const commitments = new Map(/** @type {Bundle[]} */ (frame).map((row) => [row.id, row.cc]));
    /** @type {Map<string, string>} */
    const texts = new Map();
    const textOf = (/** @type {string} */ name) => texts.get(name) ?? /** @type {string} */ (texts.set(name, bytesToHex(encode({ class: name }))).get(name));
    const digest = new Uint8Array(32);
    return (
      isComplete &&
      Object.entries(/** @type {Record<string, Bundle>} */ (bundle.classes)).every(
        ([id, opened]) => bytesToHex(digestInto(hexToBytes(opened.salt + textOf(opened.class)), digest)) === commitments.get(id),
      )
    );
  });
  await check("secret", () => (bundle.secret ? bytesToHex(sha256(hexToBytes(bundle.secret))) === a.anchor : null));
  await check("randomness", () => (bundle.randomness ? bundle.randomness.length === a.sources.length && beaconsHold(bundle, isSigned) : null));
  /** @type {Uint8Array|null} */
  let prk = null;
  try {
    if (bundle.secret && bundle.randomness) prk = pseudorandomKey(hexToBytes(bundle.secret), bundle.randomness, announcementHash(a));
  } catch (error) {
    checks.push({ code: "randomness", ok: false, detail: String(error) });
  }
  /** @type {string[]|null} */
  let drawn = null;
  await check("objects", () => {
    if (!prk || !frame || !bundle.result) return null;
    if (bundle.classes) {
      const rows = /** @type {Bundle[]} */ (frame).filter((row) => row.st === "E").map((row) => ({ id: row.id, cell: row.cell, class: bundle.classes[row.id].class }));
      const cells = selectObjects(prk, rows, a.rates);
      drawn = cells.flatMap((c) => c.order.slice(0, c.n));
      return stringify(cells) === stringify(bundle.result.cells);
    }
    drawn = bundle.result.drawn;
    return withinCutoffs(prk, bundle, frame);
  });
  await check("teams", () => {
    if (!prk || !drawn || !frame || !bundle.result || !bundle.pool || !bundle.recusals) return null;
    const { teams, exceptions } = pair(bundle, frame, prk, drawn);
    return stringify(teams) === stringify(bundle.result.teams) && stringify(exceptions) === stringify(bundle.result.exceptions);
  });
  await check("changes", () => (prk && frame && bundle.result && bundle.pool && bundle.recusals ? changesHold(bundle, frame) : null));
  const failed = checks.some((c) => c.ok === false);
  const waiting = checks.some((c) => c.ok === null && !(c.code === "classes" && prk));
  return { verdict: failed ? "failed" : waiting ? "incomplete" : "verified", checks };
}

/**
 * A drand source's value is the hash of the round's signature, which the bundle carries. @param {Bundle} bundle
 * @param {((round: number, signature: Uint8Array) => boolean)|null} isSigned
 */
function beaconsHold(bundle, isSigned) {
  return /** @type {Bundle[]} */ (bundle.announcement.sources).every((source, i) => {
    if (source.kind !== "drand") return true;
    const signature = hexToBytes(bundle.beacons[String(i)]);
    return bytesToHex(sha256(signature)) === bundle.randomness[i] && (isSigned === null || isSigned(Number(source.round), signature));
  });
}

/**
 * What changed after the draw: an alternate is the next of its cell (any eligible one of the cell, where classes stay sealed), and whoever
 * takes over a place is a fit officer of the announced pool. @param {Bundle} bundle @param {Bundle[]} frame
 */
function changesHold(bundle, frame) {
  const { result, announcement } = bundle;
  /** @type {Map<string, (string|null)[]>} */
  const teams = new Map(Object.entries(result.teams).map(([id, team]) => [id, [.../** @type {string[]} */ (team)]]));
  const rows = new Map(frame.map((row) => [row.id, row]));
  const people = new Map(/** @type {Bundle[]} */ (bundle.pool).map((p) => [p.pid, p]));
  const refused = new Set(/** @type {Bundle[]} */ (bundle.recusals).map((r) => `${r.id}|${r.pid}`));
  return /** @type {Bundle[]} */ (bundle.changes ?? []).every((c) => {
    const team = teams.get(c.id);
    if (!team) return false;
    if (c.kind === "replacement") {
      const cell = result.cells?.find((/** @type {Bundle} */ x) => x.order.includes(c.id));
      const isNext = cell
        ? c.by === (cell.order.find((/** @type {string} */ id) => !teams.has(id)) ?? null)
        : c.by === null || (!teams.has(c.by) && rows.get(c.by)?.st === "E" && rows.get(c.by)?.cell === rows.get(c.id)?.cell);
      if (isNext && c.by !== null) teams.set(c.by, [...team]);
      return isNext;
    }
    const [slot, person] = [announcement.slots[c.slot], people.get(c.to)];
    const fits =
      person && slot &&
      [null, person.dept].includes(slot.dept) &&
      (slot.qual === null || person.quals.includes(slot.qual)) &&
      person.counties.includes(rows.get(c.id)?.county) &&
      !refused.has(`${c.id}|${c.to}`);
    const holds = c.kind === "substitution" && team[c.slot] === c.from && !team.includes(c.to) && Boolean(fits);
    if (holds) team[c.slot] = c.to;
    return holds;
  });
}

/**
 * Where classes stay sealed: the drawn are eligible; a cutoff is the ticket of one of them, so it belongs to that one's cell;
 * a cell has at most one cutoff per class; nobody lies above the highest of their cell.
 * @param {Uint8Array} prk @param {Bundle} bundle @param {Bundle[]} frame
 */
function withinCutoffs(prk, bundle, frame) {
  const { drawn, cutoffs } = bundle.result;
  /** @type {Map<string, string>} */
  const cellOf = new Map(frame.filter((/** @type {Bundle} */ row) => row.st === "E").map((/** @type {Bundle} */ row) => [row.id, row.cell]));
  /** @type {Map<string, string>} */
  const idOf = new Map(drawn.map((/** @type {string} */ id) => [ticket(prk, "obj", id), id]));
  /** @type {Map<string, string[]>} */
  const limits = new Map();
  for (const { cutoff } of cutoffs) {
    if (cutoff === null) continue;
    const cell = cellOf.get(idOf.get(cutoff) ?? "");
    if (cell === undefined) return false;
    limits.set(cell, [...(limits.get(cell) ?? []), cutoff]);
  }
  const classes = Object.keys(bundle.announcement.rates).length;
  return (
    idOf.size === drawn.length &&
    [...limits.values()].every((found) => new Set(found).size === found.length && found.length <= classes) &&
    [...idOf].every(([t, id]) => (limits.get(cellOf.get(id) ?? "") ?? []).some((limit) => t <= limit))
  );
}

/**
 * Why one enterprise was, or was not, drawn. `place` counts from 1; `n` of the cell's `size` were drawn. Where classes stay sealed, `cutoffs`
 * are those of its cell, and a class that the enterprise opens ({class, salt}) is checked against its commitment.
 * @param {Bundle} bundle @param {string} id @param {Bundle[]} [frame] @param {{class: string, salt: string}|null} [opened]
 * @returns {Bundle}
 */
export function explain(bundle, id, frame = bundle.frame ?? [], opened = null) {
  const row = frame.find((/** @type {Bundle} */ r) => r.id === id);
  if (!row) return { inFrame: false };
  const known = { inFrame: true, st: row.st, cell: row.cell };
  if (row.st !== "E" || !bundle.secret || !bundle.result) return known;
  const prk = pseudorandomKey(hexToBytes(bundle.secret), bundle.randomness, announcementHash(bundle.announcement));
  const own = ticket(prk, "obj", id);
  if (!bundle.result.cells) {
    const cellOf = new Map(frame.map((/** @type {Bundle} */ r) => [r.id, r.cell]));
    const inCell = new Set(bundle.result.drawn.filter((/** @type {string} */ d) => cellOf.get(d) === row.cell).map((/** @type {string} */ d) => ticket(prk, "obj", d)));
    return {
      ...known,
      sealed: true,
      ticket: own,
      drawn: bundle.result.drawn.includes(id),
      cutoffs: bundle.result.cutoffs.map((/** @type {Bundle} */ c) => c.cutoff).filter((/** @type {string|null} */ c) => c !== null && inCell.has(c)).sort(),
      opens: opened ? bytesToHex(hash(hexToBytes(opened.salt), encode({ class: opened.class }))) === row.cc : null,
    };
  }
  const cell = bundle.result.cells.find((/** @type {Bundle} */ c) => c.order.includes(id));
  const place = cell.order.indexOf(id) + 1;
  return { ...known, ticket: own, place, n: cell.n, size: cell.order.length, cutoff: cell.n ? ticket(prk, "obj", cell.order[cell.n - 1]) : null, drawn: place <= cell.n };
}
