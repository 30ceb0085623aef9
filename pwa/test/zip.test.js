import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { crc32, Zip } from "../src/model/zip.js";

test("CRC-32 of the check string", () => {
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
  assert.equal(crc32(new Uint8Array()), 0);
});

test("another program reads the file back", () => {
  const zip = new Zip(new Date(2026, 10, 25, 13, 30, 8));
  const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) & 255);
  zip.add("evidence/aa", bytes);
  bytes.fill(0); // let go of: the file has its own
  zip.add("说明.json", new TextEncoder().encode("{}"));
  return zip.finish().arrayBuffer().then((all) => {
    const folder = mkdtempSync(join(tmpdir(), "zip-"));
    try {
      writeFileSync(join(folder, "a.zip"), Buffer.from(all));
      const told = execFileSync("python3", ["-c",
        "import sys,zipfile,hashlib;z=zipfile.ZipFile(sys.argv[1]);print(z.testzip(),[(i.filename,i.file_size,i.compress_type,i.date_time) for i in z.infolist()],z.read('evidence/aa')[:3].hex())",
        join(folder, "a.zip")], { encoding: "utf8", env: { ...process.env, PYTHONIOENCODING: "utf8" } });
      assert.equal(told.trim(), "None [('evidence/aa', 300000, 0, (2026, 11, 25, 13, 30, 8)), ('说明.json', 2, 0, (2026, 11, 25, 13, 30, 8))] 00070e");
    } finally { rmSync(folder, { recursive: true }); }
  });
});
