"""抽取证明: that one visit was drawn, in a text short enough for one QR code. Pure.

Who holds the log's public key needs nothing else to check it: the visit's leaf, its path to the sealed list's root, the public
payload of ``draw.performed`` that names this root, the entry's path to the log's root, and the log's signature over that root.
Format: docs/draw-spec.md, "A visit's proof". The browser's twin is pwa/src/model/visit_proof.js; both run
tests/vectors/visit_proof.json (tests/rules/test_visit_proof.py, pwa/test/visit_proof.test.js).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from backend.draws.rules import sealed_leaf
from backend.kernel import jcs, merkle
from backend.ledger.cosigning import cosigned_at
from backend.ledger.rules import VerifierKey, checkpoint_text, make_entry, open_note

VERSION = 1
EVENT = "draw.performed"
PID_BYTES, SALT_BYTES, SIGNATURE_BYTES, KEY_ID_BYTES = 8, 32, 64, 4
MOST = 4096  # bytes: more than any proof that a QR code can hold
# What a check says to people, in the order in which it is made.
BOOK = {
    "text": ("证明完整、可读", "the proof is whole and readable"),
    "sealed": ("该企业和检查组在抽取时封存的名单中", "this enterprise and its team are in the list that was sealed at the draw"),
    "signed": ("存证日志已签名登记这份名单", "the log has recorded this list and signed it"),
    "cosigned": ("见证方已共同签名", "witnesses have co-signed"),
}


@dataclass(frozen=True, slots=True)
class Cosignature:
    """One witness's signature over the checkpoint, the witness named by its key id; ``time`` in seconds since 1970."""

    key_id: bytes
    time: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class VisitProof:
    """All that a proof says. Hashes and salts have 32 bytes; paths run from the leaf's sibling up; ``team`` holds pids (16 hex) or None.

    ``rest`` is the entry's payload without draw id, announcement's hash and sealed root.
    """

    origin: str
    draw_id: str
    actor: str
    at: datetime
    announcement_sha256: bytes
    rest: dict[str, Any]
    entry_salt: bytes
    enterprise: str
    team: tuple[str | None, ...]
    leaf_salt: bytes
    sealed_index: int
    sealed_path: tuple[bytes, ...]
    sealed_root: bytes
    index: int
    size: int
    path: tuple[bytes, ...]
    signature: bytes
    cosignatures: tuple[Cosignature, ...]

    @property
    def payload(self) -> dict[str, Any]:
        return self.rest | {
            "draw_id": self.draw_id,
            "announcement_sha256": self.announcement_sha256.hex(),
            "sealed_root": self.sealed_root.hex(),
        }


def make(
    *, draw_id: str, payload: dict[str, Any], entry_salt: bytes, leaf: bytes, sealed_index: int, sealed_path: Sequence[bytes],
    entry: bytes, index: int, size: int, path: Sequence[bytes], note: str, witnesses: Sequence[VerifierKey],
) -> VisitProof:  # fmt: skip
    """From what the office holds: the leaf's and the entry's canonical bytes, and a signed checkpoint ``note``.

    Cosignatures are kept of the ``witnesses`` only. Raises ``ValueError`` for a note without a signature.
    """
    own, said = json.loads(leaf), json.loads(entry)
    text, _blank, lines = note.rpartition("\n\n")
    origin = text.partition("\n")[0]
    signed = {name: base64.b64decode(raw) for _dash, name, raw in (line.split(" ") for line in lines.splitlines())}
    if origin not in signed:
        raise ValueError("the log has not signed this checkpoint")
    found = [signed[w.name] for w in witnesses if w.name in signed and signed[w.name][:KEY_ID_BYTES] == w.key_id]
    return VisitProof(
        origin=origin,
        draw_id=draw_id,
        actor=said["actor"],
        at=datetime.fromisoformat(said["at"]),
        announcement_sha256=bytes.fromhex(payload["announcement_sha256"]),
        rest={k: v for k, v in payload.items() if k not in ("draw_id", "announcement_sha256", "sealed_root")},
        entry_salt=entry_salt,
        enterprise=own["id"],
        team=tuple(own["team"]),
        leaf_salt=bytes.fromhex(own["salt"]),
        sealed_index=sealed_index,
        sealed_path=tuple(sealed_path),
        sealed_root=bytes.fromhex(payload["sealed_root"]),
        index=index,
        size=size,
        path=tuple(path),
        signature=signed[origin][KEY_ID_BYTES:],
        cosignatures=tuple(Cosignature(raw[:4], int.from_bytes(raw[4:12], "big"), raw[12:]) for raw in found),
    )


# The text: base64url without padding over one version byte and the fields in their order.


def _uint(value: int) -> bytes:
    """LEB128, shortest form."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _text(value: str) -> bytes:
    raw = value.encode()
    return _uint(len(raw)) + raw


def _hashes(values: Sequence[bytes]) -> bytes:
    return _uint(len(values)) + b"".join(values)


def encode(p: VisitProof) -> str:
    """The proof as the fragment of an address."""
    parts = [
        bytes([VERSION]),
        *(_text(t) for t in (p.origin, p.draw_id, p.actor)),
        _uint(int(p.at.timestamp())),
        p.announcement_sha256,
        _text(jcs.encode(p.rest).decode()),
        p.entry_salt,
        _text(p.enterprise),
        _uint(len(p.team)),
        *(_uint(PID_BYTES) + bytes.fromhex(pid) if pid else _uint(0) for pid in p.team),
        p.leaf_salt,
        _uint(p.sealed_index),
        _hashes(p.sealed_path),
        p.sealed_root,
        _uint(p.index),
        _uint(p.size),
        _hashes(p.path),
        p.signature,
        _uint(len(p.cosignatures)),
        *(c.key_id + _uint(c.time) + c.signature for c in p.cosignatures),
    ]
    return base64.urlsafe_b64encode(b"".join(parts)).rstrip(b"=").decode()


class _Reader:
    """Takes the fields off the front; raises ``ValueError`` where there is less than promised, or another form than ours."""

    def __init__(self, raw: bytes) -> None:
        self.raw, self.at = raw, 0

    def take(self, n: int) -> bytes:
        if self.at + n > len(self.raw):
            raise ValueError("cut off")
        self.at += n
        return self.raw[self.at - n : self.at]

    def uint(self) -> int:
        value, shift = 0, 0
        while True:
            (byte,) = self.take(1)
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        if value > jcs.MAX_INTEGER or (byte == 0 and shift > 7):
            raise ValueError("a number in another form")
        return value

    def text(self) -> str:
        return self.take(self.uint()).decode()

    def hashes(self) -> tuple[bytes, ...]:
        return tuple(self.take(merkle.HASH_BYTES) for _ in range(self.uint()))

    def pid(self) -> str | None:
        n = self.uint()
        if n not in (0, PID_BYTES):
            raise ValueError("no pid")
        return self.take(n).hex() if n else None


def decode(text: str) -> VisitProof:
    """Raises ``ValueError`` for anything but the one text that ``encode`` gives for what it says."""
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if len(raw) > MOST:
        raise ValueError("too long")
    r = _Reader(raw)
    if r.take(1) != bytes([VERSION]):
        raise ValueError("another version")
    p = VisitProof(
        origin=r.text(),
        draw_id=r.text(),
        actor=r.text(),
        at=datetime.fromtimestamp(r.uint(), UTC),
        announcement_sha256=r.take(merkle.HASH_BYTES),
        rest=json.loads(r.text()),
        entry_salt=r.take(SALT_BYTES),
        enterprise=r.text(),
        team=tuple(r.pid() for _ in range(r.uint())),
        leaf_salt=r.take(SALT_BYTES),
        sealed_index=r.uint(),
        sealed_path=r.hashes(),
        sealed_root=r.take(merkle.HASH_BYTES),
        index=r.uint(),
        size=r.uint(),
        path=r.hashes(),
        signature=r.take(SIGNATURE_BYTES),
        cosignatures=tuple(Cosignature(r.take(KEY_ID_BYTES), r.uint(), r.take(SIGNATURE_BYTES)) for _ in range(r.uint())),
    )
    if not isinstance(p.rest, dict) or type(p.rest.get("n_drawn")) is not int or encode(p) != text:
        raise ValueError("in another form")
    return p


@dataclass(frozen=True, slots=True)
class Check:
    """One point of ``BOOK``; ``ok`` is None where it was not checked."""

    code: str
    ok: bool | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """``proof`` is None where the text cannot be read.

    ``cosigned``: (witness, when in seconds) of the known ones; unknown ones prove nothing here and are passed over.
    """

    checks: tuple[Check, ...]
    proof: VisitProof | None
    cosigned: tuple[tuple[str, int], ...] = ()

    @property
    def verdict(self) -> str:
        """``verified`` | ``failed`` | ``incomplete``, the last where the log's key was not given."""
        if any(c.ok is False for c in self.checks):
            return "failed"
        return "verified" if all(c.ok for c in self.checks if c.code != "cosigned") else "incomplete"


def fragment(text: str) -> str:
    """The proof in an address or in a text as copied."""
    return text.strip().rpartition("#")[2]


def verify(text: str, key: VerifierKey | None, witnesses: Sequence[VerifierKey] = ()) -> Verdict:
    """Check a proof (or the address that carries it) against the log's key as known from elsewhere. Never raises."""
    try:
        p = decode(fragment(text))
    except (ValueError, TypeError, OverflowError, OSError, RecursionError, binascii.Error):
        return Verdict((Check("text", ok=False),), None)
    is_signed, cosigned, broken = _signatures(p, key, witnesses)
    checks = (
        Check("text", ok=True),
        Check("sealed", _is_sealed(p)),
        Check("signed", is_signed),
        Check("cosigned", ok=False if broken else bool(cosigned) or None),
    )
    return Verdict(checks, p, cosigned)


def _is_sealed(p: VisitProof) -> bool:
    try:
        leaf = merkle.leaf_hash(sealed_leaf(p.leaf_salt, p.enterprise, p.team))
    except jcs.NotCanonical:
        return False
    return merkle.verify_inclusion(leaf, p.sealed_index, p.rest["n_drawn"], p.sealed_path, p.sealed_root)


def _signatures(p: VisitProof, key: VerifierKey | None, witnesses: Sequence[VerifierKey]) -> tuple[bool | None, tuple[tuple[str, int], ...], bool]:
    """Whether the log signed, who cosigned, and whether a known witness's signature does not hold."""
    try:
        entry = make_entry(EVENT, at=p.at, actor=p.actor, subject=p.draw_id, salt=p.entry_salt, payload=p.payload)
    except ValueError:
        return False, (), False
    root = merkle.root_of_path(merkle.leaf_hash(entry), p.index, p.size, p.path)
    if root is None:
        return False, (), False
    text = checkpoint_text(p.origin, p.size, root)
    cosigned, broken = [], False
    known = {w.key_id: w for w in witnesses}
    for c in p.cosignatures:
        if witness := known.get(c.key_id):
            line = f"\u2014 {witness.name} {base64.b64encode(c.key_id + c.time.to_bytes(8, 'big') + c.signature).decode()}"
            broken |= cosigned_at(line, text, witness) is None
            cosigned.append((witness.name, c.time))
    if broken:
        cosigned = []
    if key is None:
        return None, tuple(cosigned), broken
    note = f"{text}\n\u2014 {p.origin} {base64.b64encode(key.key_id + p.signature).decode()}\n"
    return open_note(note, key) == text, tuple(cosigned), broken

