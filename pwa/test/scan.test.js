import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "../src/model/scan.js";

const enterprise = { qr_token: "Tok_en-123456", code: "91530302MA6K1234XU" };
const cases = [
  ["https://sunlot.example/e/Tok_en-123456", "door", "Tok_en-123456"],
  ["https://sunlot.example/e/Tok_en-123456?from=door", "door", "Tok_en-123456"],
  ["https://sunlot.example/e/Tok_en-1234567", "other", "Tok_en-1234567"],
  ["https://sunlot.example/e/tok_en-123456", "other", "tok_en-123456"],
  ["https://zzapp.gsxt.gov.cn/scan?uniscid=91530302MA6K1234XU&sign=1", "licence", "91530302MA6K1234XU"],
  [" 91530302ma6k1234xu ", "licence", "91530302MA6K1234XU"],
  ["91530302MA6K1234XU", "licence", "91530302MA6K1234XU"],
  ["91530302MA6K9999XA", "other", "91530302MA6K9999XA"],
  ["X91530302MA6K1234XU", "unreadable", ""],
  ["hello", "unreadable", ""], ["", "unreadable", ""],
];
for (const [text, match, value] of cases) test(`${text} is ${match}`, () => assert.deepEqual(judge(text, enterprise), { match, value }));
