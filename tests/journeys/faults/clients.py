"""People at work, each with a journal on disk of what the servers acknowledged: whatever is in it must be there at the end."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from backend.cli.demo.fieldwork import Phone, draw_photo, make_work

PASSWORD = "sunlot-demo"
PAUSE_S = 0.3
SHOWN = re.compile(r'id="code">([A-Z2-9-]{19})<')
# What a person may be told while something is away: "not now", and what to do. Anything else is a fault of ours.
NOT_NOW = {"database-away", "disk-full", "evidence-store-away", "upload-busy", "changed-meanwhile"}


class Refused(AssertionError):
    """An answer that no fault explains."""


@dataclass
class Journal:
    """What was acknowledged; on disk before the client goes on. ``told``: what went wrong meanwhile, as the clients were told."""

    path: Path
    written: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    last_at: float | None = None  # of the latest acknowledgement
    longest: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, kind: str, **what: Any) -> None:
        with self.lock:
            with self.path.open("a") as file:
                file.write(json.dumps({"kind": kind, **what}) + "\n")
                file.flush()
                os.fsync(file.fileno())
            self.written[kind] += 1
            now = time.monotonic()
            self.longest, self.last_at = max(self.longest, now - (self.last_at or now)), now

    def hear(self, what: str) -> None:
        with self.lock:
            self.told[what] += 1


class Client(threading.Thread):
    """One person. ``work`` does one piece and is called again, after ``rest_s``, until ``stop``; then what is in hand is still finished."""

    rest_s = 0.05

    def __init__(self, url: str, journal: Journal, username: str, stop: threading.Event, seed: int) -> None:
        super().__init__(daemon=True, name=f"{type(self).__name__} {username}")
        self.url, self.journal, self.username, self.stop, self.dice = url, journal, username, stop, random.Random(f"{seed} {username}")
        self.failure: BaseException | None = None
        self.limit = float("inf")
        self.http = self._browser()

    def _browser(self) -> httpx.Client:
        # One request a connection, so that the line sends each to another server.
        limits = httpx.Limits(max_keepalive_connections=0)
        return httpx.Client(base_url=self.url, timeout=30, limits=limits, headers={"connection": "close"}, trust_env=False)

    def run(self) -> None:
        try:
            self.enter()
            while not self.stop.is_set() and self.work():
                pass
        except BaseException as e:  # noqa: BLE001 - told by the driver
            self.failure = e
        finally:
            self.http.close()

    def enter(self) -> None:
        raise NotImplementedError

    def work(self) -> bool:
        raise NotImplementedError

    def ask(self, method: str, path: str, *, fine: tuple[int, ...] = (200, 201), **options: Any) -> httpx.Response:
        """Again and again until it is done. Raises ``Refused`` for an answer that says neither yes nor "not now"."""
        while True:
            if time.monotonic() > self.limit:
                raise Refused(f"{self.name}: {method} {path} was not done in time")
            token = self.http.cookies.get("csrf")
            headers = {"x-csrf-token": token} if token else {}
            try:
                answer = self.http.request(method, path, headers=headers, **options)
            except httpx.TransportError as e:
                self.journal.hear(type(e).__name__)
                time.sleep(PAUSE_S)
                continue
            if answer.status_code in fine:
                return answer
            if answer.status_code in (401, 303) and "login" not in path and path != "/field/api/session":
                self.journal.hear("signed out")
                self.enter()
                continue
            if answer.status_code >= 500:
                self._require_clear(method, path, answer)
                time.sleep(PAUSE_S)
                continue
            raise Refused(f"{self.name}: {method} {path}: {answer.status_code} {answer.text[:500]}")

    def _require_clear(self, method: str, path: str, answer: httpx.Response) -> None:
        if path.startswith("/field/api"):
            problem = answer.json()
            code = problem["code"]
            if code not in NOT_NOW or not problem["title"]:
                raise Refused(f"{self.name}: {method} {path}: {answer.status_code} {answer.text[:500]}")
        else:
            code = "page"
            if answer.status_code == 500 or "x-request-id" not in answer.headers:
                raise Refused(f"{self.name}: {method} {path}: {answer.status_code} {answer.text[-1500:]}")
        self.journal.hear(f"{answer.status_code} {code}")


class Officer(Client):
    """Visits from the bundle, the ``share``-th of two officers' halves, one every ``pace`` seconds: received, worked on, photos sent, handed in."""

    def __init__(self, *args: Any, share: int, pace: float = 0) -> None:
        super().__init__(*args)
        self.share, self.pace, self.phone, self.next_at = share, pace, Phone(), 0.0
        self.visits: list[dict[str, Any]] = []
        self.checklists: dict[str, Any] = {}

    def enter(self) -> None:
        self.http.cookies.clear()
        self.ask("GET", "/field/api/session")
        self.ask("POST", "/field/api/session", json={"username": self.username, "password": PASSWORD})
        self.ask("PUT", f"/field/api/devices/{self.phone.id}", json={"name": self.name, "public_key": self.phone.public_jwk()})

    def work(self) -> bool:
        if not self.checklists:
            bundle = self.ask("GET", "/field/api/bundle").json()
            self.checklists = bundle["checklists"]
            self.visits = [v for v in sorted(bundle["inspections"], key=lambda v: v["id"]) if v["state"] in ("dispatched", "received")][self.share :: 2]
        if not self.visits or time.monotonic() < self.next_at:
            # A photo that no record names yet: what a phone sends while its officer still writes.
            self._send(draw_photo(self.dice, (160, 120)))
            time.sleep(self.rest_s)
            return True
        self.next_at = time.monotonic() + self.pace
        visit = self.visits.pop()
        self.ask("POST", f"/field/api/inspections/{visit['id']}/receive", json={"t_dev": round(time.time() * 1000)}, fine=(200, 201, 204))
        self.journal.write("received", inspection=visit["id"])
        work = make_work(visit, self.checklists, self.phone, t_dev_ms=round(time.time() * 1000), dice=self.dice, bad=self.dice.random() < 0.3)
        for content in work.files.values():
            self._send(content)
        signature = base64.urlsafe_b64encode(work.signature).rstrip(b"=").decode()
        body = {"device": str(self.phone.id), "record": work.record, "signature": signature}
        receipt = self.ask("PUT", f"/field/api/submissions/{work.submission}", json=body).json()
        if receipt["record_sha256"] != self.phone.prev:
            raise Refused(f"the receipt of {work.submission} is for other bytes")
        self.journal.write("submission", id=str(work.submission), record_sha256=receipt["record_sha256"], entry=receipt["ledger"]["entry_id"])
        return True

    def _send(self, content: bytes) -> None:
        sha256 = hashlib.sha256(content).hexdigest()
        self.ask("PUT", f"/field/api/evidence/{sha256}", content=content)
        self.journal.write("evidence", sha256=sha256, bytes=len(content))


class Office(Client):
    """Comments on visits, through the page's own form, each with its id."""

    def __init__(self, *args: Any, visits: list[str]) -> None:
        super().__init__(*args)
        self.visits = visits

    def enter(self) -> None:
        self.http.cookies.clear()
        self.ask("GET", "/console/login")
        self.ask("POST", "/console/login", data={"username": self.username, "password": PASSWORD}, fine=(303,))

    def work(self) -> bool:
        visit, comment = self.dice.choice(self.visits), str(uuid4())
        text = f"第 {self.journal.written['comment'] + 1} 条批注 {comment}"
        answer = self.ask("POST", f"/console/visits/{visit}/comments", data={"id": comment, "text": text}, fine=(303, 200))
        if answer.status_code == 303 and "/console/login" in answer.headers["location"]:
            self.enter()
            return True
        self.journal.write("comment", id=comment, text=text)
        time.sleep(self.rest_s)
        return True


class Complainant(Client):
    """Complaints through the public form, each from another address, until the form's code has been shown."""

    def enter(self) -> None:
        self.http.cookies.clear()
        self.ask("GET", "/complain")

    def work(self) -> bool:
        form, said = str(uuid4()), f"看见过期食品仍在出售 {uuid4()}"
        self.http.headers["x-forwarded-for"] = ".".join(str(self.dice.randrange(1, 255)) for _ in range(4))
        given = {"id": form, "category": "food", "enterprise_name": "街角小超市", "county": "530302", "text": said, "identity": "anonymous"}
        code = SHOWN.search(self.ask("POST", "/complain", data=given).text)
        if code is None:
            raise Refused("a complaint without its code")
        self.journal.write("complaint", code=code[1].replace("-", ""), text=said)
        time.sleep(0.3)
        return True


class Citizen(Client):
    """Reads what everyone may: each answer is whole, or says "not now"."""

    def enter(self) -> None:
        return

    def work(self) -> bool:
        for path in ("/", "/results", "/draws", "/log"):
            answer = self.ask("GET", path)
            if "</html>" not in answer.text:
                raise Refused(f"half a page of {path}")
        time.sleep(0.1)
        return True


