"""A partner's server: checks what it gets by Standard Webhooks, as a stranger would, and answers as it is told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Partner:
    """``got``: (id, event, is the signature right) of each request; ``answers``: statuses to give next, 204 when there are none;
    ``signatures``: the header of each."""

    secret: str = ""
    got: list[tuple[str, dict[str, Any], bool]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    elsewhere: str = ""

    def __post_init__(self) -> None:
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.signatures.append(self.headers["webhook-signature"])
                outer.got.append((self.headers["webhook-id"], json.loads(body), outer.is_signed(self.headers, body)))
                self.send_response(outer.answers.pop(0) if outer.answers else 204)
                if outer.elsewhere:
                    self.send_header("location", outer.elsewhere)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def is_signed(self, headers: Any, body: bytes) -> bool:
        if not self.secret or abs(time.time() - int(headers["webhook-timestamp"])) > 300:
            return False
        key = base64.b64decode(self.secret.split("_", 1)[1])
        signed = hmac.new(key, f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body, hashlib.sha256).digest()
        return f"v1,{base64.b64encode(signed).decode()}" in headers["webhook-signature"].split(" ")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hooks/secret-part"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
