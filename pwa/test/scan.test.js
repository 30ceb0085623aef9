import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { backfillDue, daysAllowed, scanOwed } from "../src/model/backfill.js";
import { judge, read } from "../src/model/scan.js";
import { isUscc } from "../src/model/uscc.js";

const vectors = JSON.parse(readFileSync(new URL("../../tests/vectors/uscc.json", import.meta.url), "utf8"));
const placards = JSON.parse(readFileSync(new URL("../../tests/vectors/placards.json", import.meta.url), "utf8"));
const OWN = "91530300217222042J", OTHER = "91530300579828092D", PERSON = "362322198709086409";
const enterprise = { qr_token: "Tok_en-123456", code: OWN };
const known = [{ qr_token: "Tok_other-1", code: OTHER, name: "罗平某厂" }];
const cases = [
  ["https://sunlot.example/e/Tok_en-123456", "door", "Tok_en-123456"],
  ["https://sunlot.example/e/Tok_en-123456?from=door", "door", "Tok_en-123456"],
  ["https://sunlot.example/e/Tok_en-1234567", "other", "Tok_en-1234567"],
  ["https://sunlot.example/e/tok_en-123456", "other", "tok_en-123456"],
  ["https://sunlot.example/e/Tok_other-1", "other", "Tok_other-1", "罗平某厂"],
  [`https://zzapp.gsxt.gov.cn/scan?uniscid=${OWN}&sign=1`, "licence", OWN],
  [`http://www.gsxt.gov.cn/q?d=%7B%22uniscid%22%3A%22${OWN}%22%2C%22n%22%3A%22%E5%8E%82%22%7D`, "licence", OWN],
  [`https://x.cn/r?u=https%253A%252F%252Fy.cn%252F%253Fc%253D${OWN}`, "licence", OWN],
  [`https://x.cn/100%/${OWN}%2`, "licence", OWN],
  [`统一社会信用代码：${OWN}\n名称：某厂\n法定代表人：某某 ${PERSON}`, "licence", OWN],
  [`CODE${OWN}END`, "licence", OWN],
  [` ${OWN.toLowerCase()} `, "licence", OWN],
  ["９１５３０３００２１７２２２０４２Ｊ", "licence", OWN],
  [OTHER, "other", OTHER, "罗平某厂"],
  [`法人 ${PERSON}；统一社会信用代码:${OTHER};`, "other", OTHER, "罗平某厂"],
  ["91110000600037341L", "other", "91110000600037341L"],
  [PERSON, "unreadable", ""],
  ["hello", "unreadable", ""], ["", "unreadable", ""], ["%%%", "unreadable", ""],
];
for (const [text, match, value, name = ""] of cases) test(`${text} is ${match}`, () => assert.deepEqual(judge(text, enterprise, known), { match, value, name, hint: "" }));

test("signed codes of this door are taken, with a word where they are out of date", () => {
  const [now, lost, stolen] = placards.signed.map((one) => one.code);
  const door = { ...enterprise, placards: [{ code: now, ground: "" }, { code: lost, ground: "lost" }] };
  const shop = { qr_token: "Tok_other-1", code: OTHER, name: "罗平某厂", placards: [{ code: stolen, ground: "abuse" }] };
  const at = (code, where = door) => judge(`https://sunlot.example/e/${code}`, where, [door, shop]);
  assert.deepEqual(at(now), { match: "door", value: now, name: "", hint: "" });
  assert.deepEqual(at(lost), { match: "door", value: lost, name: "", hint: "revoked" });
  assert.deepEqual(at("Tok_en-123456"), { match: "door", value: "Tok_en-123456", name: "", hint: "old" }, "a card from before codes were signed");
  assert.deepEqual(at(stolen), { match: "other", value: stolen, name: "罗平某厂", hint: "" });
  assert.deepEqual(at(stolen, shop), { match: "door", value: stolen, name: "", hint: "abuse" });
  assert.deepEqual(judge(`https://sunlot.example/e/${now}`, enterprise, []), { match: "other", value: now, name: "", hint: "new" }, "issued after the last contact");
});

test("the code is found in every address that leads to it", () => {
  for (const { text, code } of placards.addresses) assert.equal(read(text).token, code, text);
});

test("an old number is met only as a whole", () => {
  const old = { qr_token: "x", code: "530300100001234" };
  assert.equal(judge("注册号 530300100001234", old).match, "licence");
  assert.equal(judge("15303001000012349", old).match, "unreadable");
});

test("credit codes as the register judges them", () => {
  for (const code of vectors.valid) assert.equal(isUscc(code), true, code);
  for (const { code } of vectors.invalid) assert.equal(isUscc(code), false, code);
  assert.deepEqual(read(`91310000631295002H ${OWN}`).codes[0], OWN, "the sound one first");
});

const TEN = [{ days: 10, unit: "natural", from: "2019-01-01", to: null }];

test("the days come from the table as it stood when the visit began, and no date is made up", () => {
  const at = (day) => new Date(`${day}T09:00+08:00`).getTime();
  const changed = [{ ...TEN[0], to: "2026-12-01" }, { days: 15, unit: "natural", from: "2026-12-01", to: null }];
  assert.equal(backfillDue(at("2026-11-30"), changed), "2026-12-10");
  assert.equal(backfillDue(at("2026-12-01"), changed), "2026-12-16");
  assert.equal(daysAllowed("2026-12-01", changed), 15);
  for (const unknown of [[], [{ ...TEN[0], unit: "working" }], [{ ...TEN[0], from: "2027-01-01" }]]) {
    assert.equal(backfillDue(at("2026-12-01"), unknown), null);
    assert.deepEqual(scanOwed({ scan: null, unscanned: { t_dev: at("2026-12-01") } }, {}, new Date(), unknown), { due: null, days: 0 }, "owed all the same");
  }
});

test("a scan is owed until the tenth day after the visit began, by China's calendar", () => {
  const china = (text) => new Date(`${text}+08:00`);
  const began = china("2026-11-25T23:50").getTime();
  assert.equal(backfillDue(began, TEN), "2026-12-05");
  assert.equal(backfillDue(china("2026-11-26T00:10").getTime(), TEN), "2026-12-06", "still the 25th in UTC");
  const draft = { scan: null, unscanned: { t_dev: began, reason: "没有网络" } };
  assert.deepEqual(scanOwed(draft, {}, china("2026-12-05T23:00"), TEN), { due: "2026-12-05", days: 0 });
  assert.equal(scanOwed(draft, {}, china("2026-12-06T01:00"), TEN).days, -1);
  assert.deepEqual(scanOwed(draft, { scan_due_on: "2026-12-04" }, china("2026-12-01T00:00"), TEN), { due: "2026-12-04", days: 3 }, "the office's day stands");
  assert.equal(scanOwed({ ...draft, scan: {} }, {}, new Date(), TEN), null);
  assert.equal(scanOwed(draft, { state: "on_site", scan_due_on: "2026-12-04" }, new Date(), TEN), null, "a colleague has scanned in");
  assert.equal(scanOwed(undefined, {}, new Date(), TEN), null);
});
