"""The phone's own modules in a real Chromium, against a server that is told what to answer: for what needs no office behind it."""

from __future__ import annotations

import hashlib
import http.server
import json
import mimetypes
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from backend.cli import assets

REPO = Path(__file__).parents[2]
BUILD = REPO / "build" / "field"
ACCOUNT = {"id": "0a000000-0000-4000-8000-000000000001", "username": "inspector", "name": "测试员", "role": "inspector", "dept": "scjg", "region": "5303"}
Answer = tuple[int, Any]


def bundled(entry: str, name: str) -> str:
    """A program for the page: evaluated, it puts what ``tests/journeys/<entry>`` exports into ``window.<name>``."""
    script = assets._esbuild(REPO, f"tests/journeys/{entry}", "--format=iife", f"--global-name={name}").decode()
    return f"() => {{ {script}; window.{name} = {name}; }}"


class Office:
    """Serves ``build/field`` and answers ``/field/api``. ``rule`` may answer first: (method, path, body) -> (status, json) or None.

    Status 0 closes the line without an answer.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.records: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, str]] = []
        self.rule: Callable[[str, str, bytes], Answer | None] = lambda method, path, body: None
        self.account: dict[str, Any] | None = ACCOUNT
        self.bundle: dict[str, Any] = {"inspections": [], "checklists": {}, "outcome_codes": [], "inbox": [], "cursor": "1"}
        self.bundle["log"] = {"vkey": "shell", "witnesses": []}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                path = urlsplit(self.path).path
                if not path.startswith("/field/api/"):
                    self.serve_file(path)
                    return
                path = path.removeprefix("/field/api")
                outer.calls.append((self.command, path))
                status, told = outer.rule(self.command, path, body) or outer.answer(self.command, path, body)
                if status == 0:
                    self.close_connection = True
                    return
                self.send(status, json.dumps(told).encode() if told is not None else b"", "application/json")

            def send(self, status: int, body: bytes, kind: str) -> None:
                self.send_response(status)
                if body or self.command != "HEAD":
                    self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def serve_file(self, path: str) -> None:
                file = BUILD / ("index.html" if path == "/field/" else path.removeprefix("/field/"))
                if path == "/field/blank":
                    self.send(200, b"<!doctype html><title>blank</title>", "text/html")
                elif path.startswith("/field/") and file.is_file():
                    self.send(200, file.read_bytes(), mimetypes.guess_type(file.name)[0] or "application/octet-stream")
                else:
                    self.send(404, b"", "text/plain")

            do_GET = do_PUT = do_POST = do_PATCH = do_HEAD = do_DELETE = handle_any  # noqa: N815 - http.server's names

            def log_message(self, *args: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        now = round(time.time() * 1000)
        kind, _, rest = path.strip("/").partition("/")
        if kind == "session":
            return 200, {"account": self.account, "device": None, "revoked": None, "server_time_ms": now, "vapid_public_key": "", "demo": True}
        if kind == "bundle":
            return 200, {**self.bundle, "server_time_ms": now}
        if kind == "evidence":
            return self._evidence(method, rest, body)
        if kind == "submissions":
            sent = json.loads(body)["record"]
            canonical = json.dumps(sent, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
            is_new = rest not in self.records
            self.records.setdefault(rest, sent)
            digest = hashlib.sha256(canonical).hexdigest()
            ledger = {"entry_id": rest, "index": len(self.records), "leaf_hash": digest}
            return (201 if is_new else 200), {
                "submission": rest, "inspection": sent["inspection"], "record_sha256": digest, "received_at_ms": now, "clock_skew_ms": 0,
                "ledger": ledger, "state": "submitted",
            }  # fmt: skip
        if kind == "reconcile":
            asked = json.loads(body)
            if len(asked["submissions"]) > 500 or len(asked["evidence"]) > 500:
                return 422, {"code": "invalid", "title": "too many"}
            known = {s: {"durable": True, "ledger_index": 1, "inspection_state": "submitted"} for s in asked["submissions"] if s in self.records}
            return 200, {"submissions": known, "evidence": {h: len(self.files[h]) for h in asked["evidence"] if h in self.files}}
        if kind in ("devices", "inspections", "recusals"):
            return 200, {"id": rest}
        return 204, None

    def _evidence(self, method: str, sha256: str, body: bytes) -> Answer:
        if method == "HEAD":
            return 404, None
        if hashlib.sha256(body).hexdigest() != sha256:
            return 422, {"code": "hash-mismatch", "title": "hash-mismatch"}
        is_new = sha256 not in self.files
        self.files[sha256] = body
        return (201 if is_new else 200), {"sha256": sha256, "bytes": len(body), "stored_at_ms": 0}
