"""A witness: cosigns a log's checkpoint only when it is a continuation of the last one that it cosigned (C2SP tlog-witness).

A witness belongs to another body on another machine, so it needs no database server: its whole state is one row a log,
compared and swapped before it answers, in a file of its own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.kernel import clock, merkle
from backend.ledger import cosigning, rules


@dataclass(frozen=True, slots=True)
class Answer:
    """``status`` is HTTP's: 200 signed, 400 malformed, 403 not signed by the log, 404 unknown log, 409 another size known, 422 not a continuation."""

    status: int
    body: str = ""

    @property
    def is_size(self) -> bool:
        return self.status == 409


class WitnessStore:
    """The last cosigned (size, root) of each log."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as db:
            db.execute("create table if not exists seen (origin text primary key, size integer not null, root blob not null, note text not null)")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self.path, isolation_level=None, timeout=30)
        try:
            db.execute("pragma synchronous = full")
            yield db
        finally:
            db.close()

    def last(self, origin: str) -> tuple[int, bytes, str] | None:
        with self._open() as db:
            found: tuple[int, bytes, str] | None = db.execute("select size, root, note from seen where origin = ?", (origin,)).fetchone()
            return found

    def swap(self, origin: str, old_size: int, size: int, root: bytes, note: str) -> int | None:
        """Write the new state if the old size still stands; else the size that does."""
        with self._open() as db:
            db.execute("begin immediate")
            row = db.execute("select size from seen where origin = ?", (origin,)).fetchone()
            known = row[0] if row else 0
            if known != old_size:
                db.execute("rollback")
                return int(known)
            db.execute("insert or replace into seen (origin, size, root, note) values (?, ?, ?, ?)", (origin, size, root, note))
            db.execute("commit")
            return None


class WitnessNode:
    """``logs``: the keys of the logs that this witness looks after; a log's origin is its key's name."""

    def __init__(self, store: WitnessStore, name: str, private: Ed25519PrivateKey, logs: Sequence[rules.VerifierKey]) -> None:
        self.store, self.name, self.private = store, name, private
        self.logs = {key.name: key for key in logs}

    @property
    def key(self) -> rules.VerifierKey:
        return rules.verifier_key(self.name, self.private, rules.COSIGNATURE)

    def add_checkpoint(self, body: str) -> Answer:
        """What ``add-checkpoint`` answers. Never raises for a bad request."""
        try:
            old_size, proof, note = cosigning.parse_request(body)
            origin, size, root = rules.parse_checkpoint(note)
        except (ValueError, UnicodeError):
            return Answer(400)
        log = self.logs.get(origin)
        if log is None:
            return Answer(404)
        text = rules.open_note(note, log)
        if text is None:
            return Answer(403)
        if old_size > size or (old_size == 0 and proof):
            return Answer(400)
        last = self.store.last(origin)
        known = last[0] if last else 0
        if known != old_size:
            return Answer(409, f"{known}\n")
        if last and size == known and root != last[1]:
            return Answer(409, f"{known}\n")
        if last and known and not merkle.verify_consistency(known, size, proof, last[1], root):
            return Answer(422)
        moved = self.store.swap(origin, old_size, size, root, note)
        if moved is not None:
            return Answer(409, f"{moved}\n")
        return Answer(200, cosigning.cosign(text, self.name, self.private, int(clock.now().timestamp())))
