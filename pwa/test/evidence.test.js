import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { claimsOf, counts, filesOf, photoEntry, shown, stampLines, stampTime, takenWords, voiceEntry } from "../src/model/evidence.js";
import { drawn, FULL, moved, placed, sized } from "../src/model/marks.js";
import { placeWords, trust } from "../src/model/place.js";

const vectors = JSON.parse(readFileSync(new URL("../../tests/vectors/position.json", import.meta.url), "utf8"));
const photo = { sha256: "a".repeat(64), bytes: 3, type: "image/webp", item: "I", q: "q", t_dev: Date.UTC(2026, 10, 25, 6, 3, 22), gps: { lat_e7: 254900300, lon_e7: 1037901400, acc_cm: 1240 } };
const facts = { enterprise: "沾益某店", number: "QJ-1", officer: "张三", zone: 480 };
const file = { sha256: "f".repeat(64), bytes: 99 };

test("a position is stated or unverified, as the office judges it", () => {
  for (const { gps, trust: told } of vectors) assert.equal(trust(gps), told, JSON.stringify(gps));
  assert.match(placeWords({ lat_e7: 1, lon_e7: 1, acc_cm: 0 }), /未核实/);
  assert.equal(placeWords(photo.gps), "定位 ±12 米");
});

test("what a picture file says is kept as integers, and nonsense as nothing", () => {
  assert.deepEqual(claimsOf({ taken: "2026:11:20 09:08:07", offset: "+08:00", latitude: 25.4900333, longitude: -103.79, error_m: 8.5 }, file),
    { file_sha256: file.sha256, file_bytes: 99, taken: 20261120090807, offset_min: 480, lat_e7: 254900333, lon_e7: -1037900000, acc_cm: 850 });
  const nothing = { file_sha256: file.sha256, file_bytes: 99, taken: null, offset_min: null, lat_e7: null, lon_e7: null, acc_cm: null };
  for (const exif of [{}, { taken: "0000:00:00 00:00:00", latitude: NaN, longitude: 1 }, { taken: 5, latitude: 91, longitude: 0, error_m: 3 }, { latitude: 1 }]) assert.deepEqual(claimsOf(exif, file), nothing);
  assert.equal(takenWords(20261120090807), "2026-11-20 09:08:07");
});

test("the record names original and copy, and says what was drawn", () => {
  const bare = photoEntry(photo);
  assert.deepEqual([bare.source, bare.claims, bare.marked, bare.marks], ["camera", null, null, {}]);
  const shapes = [placed("blur"), placed("arrow"), placed("blur")];
  assert.deepEqual(photoEntry({ ...photo, shapes }).marks, {}, "marks of a copy that is not there are not claimed");
  const full = photoEntry({ ...photo, shapes, marked: "b".repeat(64) });
  assert.deepEqual(full.marks, { blur: 2, arrow: 1 });
  assert.deepEqual(counts([]), {});
  assert.equal("shapes" in full, false);
  assert.deepEqual(filesOf({ photos: [bare, full], voices: [{ sha256: "v" }] }), [photo.sha256, photo.sha256, "b".repeat(64), "v"]);
  assert.deepEqual(filesOf({ photos: [{ sha256: "old" }] }), ["old"]);
  assert.deepEqual([shown(bare), shown(full)], [photo.sha256, "b".repeat(64)]);
  assert.deepEqual(voiceEntry({ sha256: "v", bytes: 1, type: "audio/webm", item: null, q: null, t_dev: 5, ms: 900, text: " x " }, (s) => s.trim()).text, "x");
});

test("the strip tells time, place, task, officer and the original", () => {
  assert.equal(stampTime(photo.t_dev, 480), "2026-11-25 14:03:22 +08:00");
  assert.equal(stampTime(photo.t_dev, -210), "2026-11-25 02:33:22 -03:30");
  assert.deepEqual(stampLines(photo, facts), ["沾益某店", "拍摄 2026-11-25 14:03:22 +08:00", "位置 25.49003, 103.79014 ±12 米", "任务 QJ-1  执法人员 张三", `原图 ${"a".repeat(16)}`]);
  const chosen = stampLines({ ...photo, source: "gallery", gps: null, claims: claimsOf({ taken: "2026:11:20 09:08:07" }, file) }, facts);
  assert.deepEqual(chosen.slice(1, 4), ["相册选入 2026-11-25 14:03:22 +08:00", "文件自称拍摄于 2026-11-20 09:08:07（未核实）", "选入时位置未核实"]);
  for (const acc_cm of [0, 500_000]) assert.match(stampLines({ ...photo, gps: { ...photo.gps, acc_cm } }, facts)[2], /^位置未核实/);
});

test("marks stay inside the picture, stray touches are none", () => {
  assert.equal(drawn("arrow", { x: 0.5, y: 0.5 }, { x: 0.505, y: 0.51 }), null);
  assert.deepEqual(drawn("blur", { x: 0.9, y: -1 }, { x: 2, y: 0.5 }), { kind: "blur", x1: 9000, y1: 0, x2: FULL, y2: 5000 });
  const m = placed("circle");
  assert.deepEqual(moved(m, 99_999, -99_999), { ...m, x1: 8000, x2: FULL, y1: 0, y2: 2000 });
  assert.deepEqual(sized(m, 500, -500), { ...m, x2: 6500, y2: 5500 });
  assert.equal(sized(m, -2000, -2000), m, "never so small that it cannot be seen");
});
