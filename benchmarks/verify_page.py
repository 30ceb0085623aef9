"""The public page's work in Chromium: 100,000 rows, from the address of the bundle to the verdict. Beside it: reading and parsing the same frame."""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import sync_playwright

from backend.cli.assets import REPO, build
from benchmarks import _bundle

ROWS = 100_000
VERIFY = """async () => {
  const start = performance.now();
  const worker = new Worker("worker.js");
  const result = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.result ? resolve(data.result) : data.error ? reject(new Error(data.error)) : null);
    worker.postMessage({ bundle: "bundle.json", frame: "frame.ndjson" });
  });
  worker.terminate();
  return [result.verdict, result.rows, performance.now() - start];
}"""
PARSE = """async () => {
  const start = performance.now();
  const text = await (await fetch("frame.ndjson")).text();
  const rows = text.trimEnd().split("\\n").map((line) => JSON.parse(line));
  return ["parsed", rows.length, performance.now() - start];
}"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        print("no chromium on this machine: not measured")
        return
    build(REPO)
    bundle, frame = _bundle.make(ROWS)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as p:
        home = Path(folder)
        (home / "bundle.json").write_text(json.dumps(bundle))
        (home / "frame.ndjson").write_bytes(frame)
        (home / "index.html").write_text("<!doctype html>")
        shutil.copy(REPO / "build/static/verify/worker.js", home)
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = p.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        best = {}
        for name, script in (("read and parse", PARSE), ("verify", VERIFY)):
            verdict, rows, ms = min((page.evaluate(script) for _ in range(3)), key=lambda r: r[2])
            best[name] = ms
            print(f"{name:15} {rows:>9,} rows  {ms / 1000:6.2f} s  {verdict}")
        print(f"verify is {best['verify'] / best['read and parse']:.1f} x reading and parsing the frame")
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
