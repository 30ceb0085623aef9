// The officer's hands, faster: the app's own modules in the order in which its screens call them, one inspection at a time.
// Whatever was cut off is taken up where the phone's own store says that it stands. `journal` writes outside the browser.
import * as app from "../lab.js";
import { copy, db, engine, form, key, local, parts, phase, photo, record, scan, states, text, outbox, work } from "../lab.js";

export { app };

/** @param {{seed: number}} options */
export function start(options) {
  const account = local.account();
  if (account) db.use(account.id);

  /** A picture that nobody took before: noise from a seed. */
  function picture(seed, big) {
    let s = seed >>> 0 || 1;
    const next = () => { s ^= s << 13; s ^= s >>> 17; s ^= s << 5; return s >>> 0; };
    const [w, h] = big ? [1600, 1200] : [320, 240];
    const canvas = new OffscreenCanvas(w, h), ctx = canvas.getContext("2d"), pixels = ctx.createImageData(w, h), words = new Uint32Array(pixels.data.buffer);
    for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) words[y * w + x] = big || !(x % 8 || y % 8) ? next() | 0xff000000 : words[(y - (y % 8)) * w + (x - (x % 8))];
    ctx.putImageData(pixels, 0, 0);
    return canvas.convertToBlob({ type: "image/png" });
  }

  /** Every question answered; the first that asks for a photo when "no" gets a "no". */
  function answers(inspection, checklists, d) {
    let bad = false, at = null;
    for (const item of inspection.items) {
      const given = (d.answers[item.code] = {});
      for (const q of checklists[item.checklist].questions) {
        if (q.type === "yes_no_na") {
          const no = !bad && q.photo_required_when === "no";
          given[q.id] = { value: no ? "no" : "yes", note: no ? "torture" : "" };
          if (no) { bad = true; at = { item: item.code, q: q.id }; }
        } else if (q.type === "number") given[q.id] = { value: String(Math.round((Number(q.min) + Number(q.max)) / 2)), note: "" };
        else if (q.type === "choice") given[q.id] = { value: q.options[0].value, note: "" };
      }
    }
    return at;
  }

  async function shoot(id, submission, n, seed, where) {
    const t_dev = Date.now();
    const shot = await photo.take(await picture(seed, seed % 97 === 0));
    const { sha256, bytes } = await outbox.keepBlob(shot);
    await work.editDraft(submission, (d) => {
      if (!d.photos.some((p) => p.sha256 === sha256)) d.photos.push({ sha256, bytes, type: shot.type, item: where?.item ?? null, q: where?.q ?? null, t_dev, gps: null, source: "camera", claims: null, marked: null, shapes: [] });
    });
    await journal({ kind: "photo", inspection: id, submission, sha256, data: text.base64url(shot.data) });
  }

  async function signAll(id, submission, dice) {
    const { frozen, strokes } = await work.openDraft(id);
    for (const who of record.strokesOwed(frozen.record)) {
      if (strokes[who]) continue;
      const points = Array.from({ length: 24 }, (_, k) => ({ x: 20 + 9 * k, y: 100 + ((dice * (k + 3) + who.length * 7) % 60), time: 16 * k }));
      const bytes = record.strokesBlob([{ points }], { w: 600, h: 260, content_sha256: frozen.content_sha256 });
      const { sha256 } = await outbox.keepBlob({ data: new Uint8Array(bytes).buffer, type: "application/json" });
      await work.editDraft(submission, (d) => { d.strokes[who] = { sha256, at_ms: Date.now() }; }, { frozen: true });
    }
  }

  /** One inspection from its first touch to its seal, or on from wherever the last life of this browser left it. */
  async function visit(id, photos, number) {
    const inspection = await work.inspection(id), checklists = await work.checklists();
    if (!inspection) throw new Error(`no inspection ${id} on this phone`);
    if (phase.latest(await outbox.submissions(), id)) return "sealed before";
    if (inspection.state === "dispatched") await outbox.queueReceive(id, Date.now());
    const { submission } = await work.ensureDraft(id, { submission: crypto.randomUUID(), now: Date.now() });
    let draft = await work.openDraft(id);
    if (draft.state === "open") {
      let where = null;
      draft = await work.editDraft(submission, (d) => {
        const { value } = scan.judge(`${location.origin}/e/${inspection.enterprise.qr_token}`, inspection.enterprise);
        d.scan ??= { how: "qr", value, t_dev: Date.now(), reason: null };
        d.started_t_dev ??= Date.now();
        where = answers(inspection, checklists, d);
        d.outcomes = ["E"];
        d.remark = `torture ${number}`;
        d.representative = { name: "钱石林", refused: false, reason: "", witness: "" };
      });
      for (let n = draft.photos.length; n < photos; n++) await shoot(id, submission, n, options.seed * 100_000 + number * 100 + n, n === 0 ? where : null);
      draft = await work.openDraft(id);
      const gaps = form.missing(inspection, checklists, draft);
      if (gaps.length) throw new Error(`${id}: ${JSON.stringify(gaps)}`);
      await copy.keepCopies(inspection);
      const device = await key.device();
      await parts.queueParts(submission);
      await work.editDraft(submission, (d) => {
        const content = record.content({ draft: d, inspection, checklists, device, now: Date.now() });
        d.frozen = { record: content, content_sha256: record.digest(content) };
        d.strokes = {};
        d.state = "frozen";
      });
    }
    await signAll(id, submission, options.seed + number);
    const d = await work.openDraft(id);
    const whole = { ...d.frozen.record, strokes_sha256: Object.fromEntries(Object.entries(d.strokes).map(([k, s]) => [k, s.sha256])) };
    const { signature, record_sha256 } = await key.sign(whole);
    await outbox.seal({ draft: submission, record: whole, signature, record_sha256, enterprise: inspection.enterprise.name, now: Date.now() });
    await journal({ kind: "sealed", inspection: id, submission, record_sha256 });
    void engine.sync({ hurry: true });
    return "sealed";
  }

  window.torture = {
    visit,
    dispatched: async () => ({ inspections: await work.inspections(), checklists: await work.checklists() }),
    sync: () => void engine.sync({ hurry: true }),
    async standing() {
      const rows = await outbox.submissions();
      return { outcome: engine.status.outcome, sealed: rows.length, unsent: rows.filter(states.unsent).length,
        open: rows.filter((r) => r.durable_at_ms === null || r.ledger_index === null).length, held: rows.filter((r) => ["rejected", "conflict"].includes(r.state)).map((r) => r.error) };
    },
    /** What the phone believes at the end: everything but the bytes. */
    async told() {
      return {
        records: (await outbox.submissions()).map(({ id, inspection, record, record_sha256, hashes, state, receipt, durable_at_ms, ledger_index }) =>
          ({ id, inspection, seq: record.seq, prev: record.prev, device: record.device, photos: record.photos.map((p) => p.sha256), record_sha256, hashes, state, receipt, durable_at_ms, ledger_index })),
        blobs: (await outbox.blobStates()).map(({ sha256, state }) => [sha256, state]),
        drafts: (await work.drafts()).filter((d) => d.state !== "sealed").map((d) => d.submission),
      };
    },
    /** Photos of an inspection that went through the screens. */
    async photosOf(id) {
      const draft = (await work.drafts()).find((d) => d.inspection === id);
      const found = [];
      for (const p of draft?.photos ?? []) found.push({ sha256: p.sha256, submission: draft.submission, data: text.base64url((await outbox.blob(p.sha256)).data) });
      return found;
    },
  };
}
