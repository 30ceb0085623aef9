import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { pick, speak, t } from "../src/model/i18n.js";
import { daysLeft, dueWords, fromBase64url, base64url, grouped, hex, size } from "../src/model/text.js";

afterEach(() => speak("zh"));

test("Chinese is the key, English the catalogue, an unknown text stays", () => {
  assert.equal(t("共 %(n)s 户", { n: 3 }), "共 3 户");
  speak("en", { "共 %(n)s 户": "%(n)s in all" });
  assert.equal(t("共 %(n)s 户", { n: 3 }), "3 in all");
  assert.equal(t("未知"), "未知");
  assert.equal(pick({ name_zh: "甲", name_en: "A" }, "name"), "A");
  assert.equal(pick({ zh: "甲", en: "" }), "甲");
});

test("days, sizes and bytes", () => {
  assert.deepEqual([daysLeft("2026-03-01", "2026-02-27"), daysLeft("2026-02-27", "2026-02-28")], [2, -1]);
  assert.equal(dueWords(-2), "逾期 2 天");
  assert.equal(size(1536), "2 KB");
  assert.equal(hex(Uint8Array.of(0, 171)), "00ab");
  assert.equal(grouped("abcdefgh12"), "abcd efgh 12");
  assert.deepEqual([...fromBase64url(base64url(Uint8Array.of(251, 255, 1)))], [251, 255, 1]);
});
