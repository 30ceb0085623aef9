/**
 * The shapes that travel between rooms and over the wire. Types only: this module has no code.
 *
 * Times are milliseconds since 1970 (`_ms`, `t_dev` = by this phone's clock), positions are degrees * 1e7,
 * accuracies centimetres: integers, because records are canonical JSON without floats.
 *
 * @typedef {{id: string, username: string, name: string, role: string, dept: string|null, region: string|null, inspector_id: string|null}} Account
 * @typedef {{account: Account|null, device: string|null, revoked: {id: string, at_ms: number}|null, passkeys_at: string|null, server_time_ms: number, vapid_public_key: string, demo: boolean}} Session
 *
 * @typedef {{id: string, code: string, name: string, address: string, region: string, region_zh: string, region_en: string,
 *   legal_rep: string, phone: string, industry_zh: string, industry_en: string, lat_e7: number|null, lon_e7: number|null,
 *   qr_token: string, placards?: {code: string, ground: string}[], visits_this_year: number}} Enterprise
 * @typedef {{inspector_id: string, slot: number, dept: string, dept_zh: string, dept_en: string, name: string, certificate_no: string, phone?: string, me: boolean}} Officer
 * @typedef {{number: string, completed_on: string, authority: {zh: string, en: string}, outcomes: {zh: string, en: string}[]}} Earlier
 * @typedef {{code: string, name_zh: string, name_en: string, method: string, legal_basis: string, checklist: string}} Item
 * What the phone shows of how a visit came about; `bits` are the modules of its code, `side` a row, the most significant bit first.
 * @typedef {{state: "proven"|"awaiting"|"replacement"|"not_drawn", text: string, drawn: boolean[], url?: string, side?: number, bits?: string}} ProofRow
 * @typedef {{vkey: string, witnesses: string[]}} LogKeys
 * @typedef {"dispatched"|"received"|"on_site"|"submitted"|"under_review"|"returned"|"published"} InspectionState
 * @typedef {{id: string, state: InspectionState, version: number, due_on: string, scan_due_on?: string|null, dispatched_at_ms: number, cap?: {used: number, most: number}|null,
 *   campaign: {id: string, number: string, name: string, kind: string, legal_basis: string}, draw: {draw_id: string, drawn_at_ms: number}|null,
 *   sealed_entry: string, proof?: ProofRow, notice?: {number: string, issued_at_ms: number, visits_before: number}|null, authority_zh?: string, authority_en?: string, enterprise: Enterprise, earlier?: Earlier[], officers: Officer[], items: Item[], code?: {url: string, side: number, path: string}, return_comment: string|null,
 *   submission: {id: string, state: string, received_at_ms: number, ledger_index: number|null, record_sha256?: string, mine?: boolean, outstanding?: Outstanding,
 *     cosigned?: {inspector: string, t_dev: number}[], decided?: {inspector: string, t_dev: number, key: string, value: any, reason: string}[]}|null,
 *   parts?: Part[], closed?: boolean}} Inspection
 *
 * One part: what one phone said about one visit, numbered and chained; `sha256` is of its canonical bytes. See model/merge.js.
 * @typedef {{device: string, inspector: string, seq: number, sha256: string, revs: {rev: string, key: string, over: string[], t_dev: number, value: any}[]}} Part
 * A revision on this phone: `mine` was made here, `seq` is null until it has left in a part.
 * @typedef {{rev: string, key: string, over: string[], t_dev: number, value: any, mine: boolean, by: string|null, device: string|null, seq: number|null}} Revision
 * What keeps a record that arrived from being closed, as the server sees it.
 * @typedef {{parts: string[], photos: number, cosignatures: string[], differences: {key: string, recorded: any, over: string[],
 *   rivals: {value: any, said: {by: string, t_dev: number}[]}[]}[]}} Outstanding
 *
 * @typedef {{id: string, zh: string, en: string, type: "yes_no_na"|"number"|"choice"|"text", unit?: string, min?: number|string, max?: number|string,
 *   options?: {value: string, zh: string, en: string}[], required?: boolean, photo_required_when?: string, law?: string, show_if?: {q: string, is: string},
 *   guidance?: {zh: string, en: string}, suggestions?: {zh: string, en: string}[]}} Question
 * @typedef {{id: string, item: string, version: number, title_zh: string, title_en: string, questions: Question[]}} Checklist
 * @typedef {{code: string, zh: string, en: string, parent: string|null}} OutcomeCode
 * @typedef {{id: string, kind: string, inspection: string|null, params: Record<string, any>, created_at_ms: number, read: boolean}} InboxEntry
 *
 * @typedef {{lat_e7: number, lon_e7: number, acc_cm: number}} Gps
 * @typedef {{value: string|null, note: string}} Answer
 * @typedef {{file_sha256: string, file_bytes: number, taken: number|null, offset_min: number|null, lat_e7: number|null, lon_e7: number|null, acc_cm: number|null}} Claims
 * @typedef {{kind: "arrow"|"circle"|"blur", x1: number, y1: number, x2: number, y2: number}} Mark  from, to; ten-thousandths of the picture's width and height
 * `sha256` is the original, `marked` the copy that people are shown; `claims` is what a file from the gallery says of itself.
 * @typedef {{sha256: string, bytes: number, type: string, item: string|null, q: string|null, t_dev: number, gps: Gps|null,
 *   source?: "camera"|"gallery", claims?: Claims|null, marked?: string|null, shapes?: Mark[], theirs?: string|null}} PhotoRef
 * @typedef {{sha256: string, bytes: number, type: string, item: string|null, q: string|null, t_dev: number, ms: number, text: string, theirs?: string|null}} VoiceRef
 * @typedef {{how: "qr"|"licence"|"typed"|"photo"|"backfill", value: string, t_dev: number, reason: string|null}} Scan
 * @typedef {{sha256: string, at_ms: number}} SignatureRef
 * @typedef {{name: string, refused: boolean, reason: string, witness: string}} Representative
 *
 * Work in progress, one row per submission id. `open` may be edited, `frozen` waits for signatures, `sealed` is done.
 * @typedef {{submission: string, inspection: string, state: "open"|"frozen"|"sealed", made_at_ms: number, changed_at_ms: number,
 *   scan: Scan|null, started_t_dev: number|null, answers: Record<string, Record<string, Answer>>, photos: PhotoRef[], voices?: VoiceRef[], outcomes: string[], remark: string, unscanned?: {t_dev: number, reason: string}|null,
 *   gps: Gps|null, representative: Representative, frozen: {record: any, content_sha256: string}|null,
 *   strokes: Record<string, SignatureRef>, copy_of: string|null,
 *   revs?: Revision[], heads?: Record<string, {inspector: string, seq: number, sha256: string}>, expects?: string[]}} Draft
 *
 * @typedef {"staged"|"stored"|"sending"|"acked"|"confirmed"|"purgeable"|"purged"|"quarantined"} BlobState
 * @typedef {{sha256: string, type: string, bytes: number, state: BlobState, offset: number, attempts: number, damaged?: number, next_at_ms: number,
 *   error: Problem|null, made_at_ms: number}} BlobRow  `damaged`: how often the server called an intact file damaged
 * @typedef {BlobRow & {data: ArrayBuffer, thumb: ArrayBuffer|null}} KeptBlob
 *
 * @typedef {"ready"|"inflight"|"applied"|"duplicate"|"conflict"|"rejected"} SubmissionState
 * @typedef {{submission: string, inspection: string, record_sha256: string, received_at_ms: number, clock_skew_ms: number,
 *   ledger: {entry_id: string, index: number|null, leaf_hash: string}, state: string}} Receipt
 * @typedef {{id: string, inspection: string, enterprise: string, device: string, record: any, signature: string, record_sha256: string, content_sha256: string,
 *   hashes: string[], state: SubmissionState, attempts: number, next_at_ms: number, error: Problem|null, receipt: Receipt|null,
 *   sealed_at_ms: number, durable_at_ms: number|null, ledger_index: number|null}} SubmissionRow
 * @typedef {{id: string, kind: "receive"|"arrive"|"recuse"|"unscanned"|"part"|"cosign"|"decide", inspection: string, reason?: string, path?: string, body?: any, t_dev: number, attempts: number, next_at_ms: number, error: Problem|null}} ActionRow
 * @typedef {{status: number, code: string, title: string, extra?: Record<string, any>}} Problem
 * @typedef {{id: string, private_key: CryptoKey, public_jwk: JsonWebKey, name: string, enrolled: boolean, seq: number, prev: string|null, revoked_at_ms?: number}} DeviceRow
 */
export {};
