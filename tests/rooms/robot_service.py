"""A local service that behaves as the group robots of 企业微信 and 钉钉 do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
TOKEN = "566cc69da782ec3342e5b4c51b6e2a3d9d6a"
SECRET = "SEC8977ad824079c46935488be99fb3bc87f92a"


class RobotService:
    """Both services in one, by their documents: 20 messages a minute, a signature within the hour, 200 with an errcode whatever happens."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.answers: list[tuple[int, dict[str, Any] | bytes]] = []
        self.moved_to = ""
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                status, answer = outer.receive(self.path, json.loads(self.rfile.read(int(self.headers["content-length"]))))
                body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                if outer.moved_to:
                    self.send_header("location", outer.moved_to)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def receive(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any] | bytes]:
        if self.answers:
            return self.answers.pop(0)
        parts = urlsplit(path)
        query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        text = body["text"]["content"] if body.get("msgtype") == "text" else ""
        if parts.path == "/cgi-bin/webhook/send":
            if query.get("key") != KEY:
                return 200, {"errcode": 93000, "errmsg": "invalid webhook url, hint: [1700000000_1_abc]"}
            if len(text.encode()) > 2048:
                return 200, {"errcode": 40058, "errmsg": "text.content exceed max length 2048"}
        else:
            if query.get("access_token") != TOKEN:
                return 200, {"errcode": 300001, "errmsg": "token is not exist"}
            if "sign" in query:
                wanted = base64.b64encode(hmac.digest(SECRET.encode(), f"{query['timestamp']}\n{SECRET}".encode(), hashlib.sha256)).decode()
                if query["sign"] != wanted:
                    return 200, {"errcode": 310000, "errmsg": "sign not match"}
            elif "阳光抽查" not in text:
                return 200, {"errcode": 310000, "errmsg": "keywords not in content"}
        if len(self.told) >= 20:
            return 200, {"errcode": 45009, "errmsg": "api freq out of limit"} if "webhook" in path else {"errcode": 130101, "errmsg": "send too fast"}
        self.told.append(text)
        return 200, {"errcode": 0, "errmsg": "ok"}

    def address(self, kind: str = "wecom") -> str:
        where = f"http://127.0.0.1:{self.server.server_port}"
        return f"{where}/cgi-bin/webhook/send?key={KEY}" if kind == "wecom" else f"{where}/robot/send?access_token={TOKEN}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
