"""A visit's proof: what it proves, in few enough bytes for a QR code, and that nothing in it can be changed.

The vectors are shared with the browser's twin; ``python -m tests.rules.test_visit_proof`` writes them again.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from backend.draws import visit_proof as vp
from backend.draws.rules import sealed_leaf
from backend.kernel import jcs, merkle
from backend.ledger.cosigning import cosign
from backend.ledger.rules import COSIGNATURE, checkpoint_text, make_entry, parse_vkey, sign_note, verifier_key

VECTORS = Path(__file__).parents[1] / "vectors/visit_proof.json"
ORIGIN = "sunlot.example/qujing"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def seeded(what: str) -> bytes:
    return hashlib.sha256(what.encode()).digest()


def signer(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seeded(name))


LOG = verifier_key(ORIGIN, signer(ORIGIN))
WITNESSES = tuple(verifier_key(n, signer(n), COSIGNATURE) for n in ("audit.example/sunlot", "justice.example/sunlot"))


TEAM = ("00112233445566aa", "8899aabbccddeeff")


def made(*, drawn: int, own: int, size: int, index: int, witnesses: int, team: tuple[str | None, ...] = TEAM) -> vp.VisitProof:
    """A proof as an office makes it, from keys and salts that everybody knows."""
    others = ("0123456789abcdef", "fedcba9876543210")
    leaves = [sealed_leaf(seeded(f"leaf {n}"), f"91530302MA6K{n:05d}X", team if n == own else others) for n in range(drawn)]
    sealed = [merkle.leaf_hash(leaf) for leaf in leaves]
    payload = {
        "draw_id": "SL-2026-0007",
        "announcement_sha256": seeded("announcement").hex(),
        "randomness": ["01152449390926685878", [4, 5, 9, 22]],
        "sealed_root": merkle.root_of_hashes(sealed).hex(),
        "n_drawn": drawn,
        "n_exceptions": 0,
        "beacons": {},
    }
    salt = seeded("entry salt")
    entry = make_entry(vp.EVENT, at=datetime(2026, 11, 25, 1, 2, 3, tzinfo=UTC), actor="a0b1c2d3e4f50617", subject="SL-2026-0007", salt=salt, payload=payload)
    log = [merkle.leaf_hash(entry if n == index else str(n).encode()) for n in range(size)]
    text = checkpoint_text(ORIGIN, size, merkle.root_of_hashes(log))
    cosigned = [cosign(text, w.name, signer(w.name), 1_795_000_000 + n) for n, w in enumerate(WITNESSES[:witnesses])]
    note = sign_note(text, ORIGIN, signer(ORIGIN)) + "".join(cosigned)
    return vp.make(
        draw_id="SL-2026-0007", payload=payload, entry_salt=salt, leaf=leaves[own], sealed_index=own, sealed_path=merkle.inclusion_proof(sealed, own),
        entry=entry, index=index, size=size, path=merkle.inclusion_proof(log, index), note=note, witnesses=WITNESSES,
    )  # fmt: skip


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def text_of(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def make_vectors() -> dict:
    good = {
        "one visit, one entry": made(drawn=1, own=0, size=1, index=0, witnesses=0),
        "34 visits, 302 entries, two witnesses": made(drawn=34, own=33, size=302, index=257, witnesses=2),
        "an empty place in the team": made(drawn=7, own=3, size=12, index=11, witnesses=1, team=("00112233445566aa", None, "8899aabbccddeeff")),
        "1,000 visits, 5,000 entries": made(drawn=1000, own=640, size=5000, index=4999, witnesses=2),
    }
    p = good["34 visits, 302 entries, two witnesses"]
    other = seeded("something else")
    changed = {
        "another enterprise": replace(p, enterprise="91530302MA6K00032X"),
        "another officer": replace(p, team=("00112233445566ab", p.team[1])),
        "an officer more": replace(p, team=(*p.team, "0123456789abcdef")),
        "another salt of the leaf": replace(p, leaf_salt=other),
        "another place in the list": replace(p, sealed_index=32),
        "a place outside the list": replace(p, sealed_index=34),
        "another path in the list": replace(p, sealed_path=(other, *p.sealed_path[1:])),
        "a shorter path in the list": replace(p, sealed_path=p.sealed_path[:-1]),
        "another list": replace(p, sealed_root=other),
        "a list of another length": replace(p, rest=p.rest | {"n_drawn": 33}),
        "other randomness": replace(p, rest=p.rest | {"randomness": ["1"]}),
        "another draw": replace(p, draw_id="SL-2026-0008"),
        "another time": replace(p, at=datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)),
        "another actor": replace(p, actor="system"),
        "another announcement": replace(p, announcement_sha256=other),
        "another salt of the entry": replace(p, entry_salt=other),
        "another index": replace(p, index=256),
        "an index outside the log": replace(p, index=302),
        "another size": replace(p, size=303),
        "another path in the log": replace(p, path=(*p.path[:-1], other)),
        "another log": replace(p, origin="sunlot.example/elsewhere"),
        "another signature": replace(p, signature=p.signature[:32] + other),
        "another cosignature": replace(p, cosignatures=(replace(p.cosignatures[0], signature=other + other), p.cosignatures[1])),
        "another time of a cosignature": replace(p, cosignatures=(replace(p.cosignatures[0], time=1), p.cosignatures[1])),
        "a decomposed letter": replace(p, enterprise="e\u0301"),
    }
    whole, content = vp.encode(p), raw(vp.encode(p))
    unread = {
        "nothing": "",
        "a word": "visit",
        "another alphabet": whole[:-1] + "+",
        "another version": text_of(b"\x02" + content[1:]),
        "cut off": text_of(content[:-1]),
        "something behind it": text_of(content + b"\x00"),
        "spare bits": next(whole[:-1] + c for c in ALPHABET if whole[:-1] + c != whole and raw(whole[:-1] + c) == content),
        "a number in a longer form": text_of(content[:1] + bytes([content[1] | 0x80, 0]) + content[2:]),
        "blanks in the payload": text_of(content.replace(_text(jcs.encode(p.rest)), _text(json.dumps(p.rest).encode()))),
        "a payload without a count": text_of(content.replace(_text(jcs.encode(p.rest)), _text(b'{"n_drawn":null}'))),
        "a list for a payload": text_of(content.replace(_text(jcs.encode(p.rest)), _text(b"[34]"))),
        "no UTF-8": text_of(content.replace(_text(ORIGIN.encode()), _text(b"\xff" * 21))),
    }
    cases = [{"name": name, "text": vp.encode(v)} for name, v in (good | changed).items()]
    cases += [{"name": name, "text": text} for name, text in unread.items()]
    stranger = str(verifier_key(ORIGIN, signer("stranger")))
    cases += [{"name": "signed by a stranger", "text": whole, "vkey": stranger}, {"name": "no key at hand", "text": whole, "vkey": None}]
    cases += [{"name": "no witness known", "text": whole, "witnesses": []}]
    shared = {"vkey": str(LOG), "witnesses": [str(w) for w in WITNESSES]}
    for case in cases:
        given = shared | case
        found = vp.verify(given["text"], parse_vkey(given["vkey"]) if given["vkey"] else None, [parse_vkey(w) for w in given["witnesses"]])
        case["expect"] = {"verdict": found.verdict, "checks": {c.code: c.ok for c in found.checks}, "cosigned": [list(c) for c in found.cosigned]}
        if found.proof and case["name"] in good:
            q = found.proof
            case["says"] = {
                "enterprise": q.enterprise, "team": list(q.team), "draw_id": q.draw_id, "at": int(q.at.timestamp()), "index": q.index, "size": q.size,
                "n_drawn": q.rest["n_drawn"], "sealed_root": q.sealed_root.hex(),
            }  # fmt: skip
    return shared | {"cases": cases}


def _text(value: bytes) -> bytes:
    return vp._uint(len(value)) + value


CASES = json.loads(VECTORS.read_text("utf-8"))["cases"] if VECTORS.exists() else []


def test_the_vectors_are_what_this_code_makes_and_cover_every_point():
    assert json.loads(VECTORS.read_text("utf-8")) == make_vectors()
    assert len([c for c in CASES if c["expect"]["verdict"] == "verified"]) == 5
    for code in vp.BOOK:
        assert any(c["expect"]["checks"].get(code) is False for c in CASES), code


@pytest.mark.parametrize("case", [c for c in CASES if "says" in c], ids=lambda c: c["name"])
def test_sound_proofs_say_who_and_when(case):
    assert case["expect"]["verdict"] == "verified"
    assert vp.encode(vp.decode(case["text"])) == case["text"]
    assert vp.verify("https://x.example/visit#" + case["text"] + "\n", LOG, WITNESSES).verdict == "verified"


WRONG = {
    "another enterprise": "sealed",
    "another officer": "sealed",
    "another list": "signed",
    "another draw": "signed",
    "another time": "signed",
    "another cosignature": "cosigned",
    "cut off": "text",
    "signed by a stranger": "signed",
}


@pytest.mark.parametrize("name", WRONG)
def test_what_was_changed_is_named(name):
    (case,) = [c for c in CASES if c["name"] == name]
    assert case["expect"]["verdict"] == "failed"
    assert case["expect"]["checks"][WRONG[name]] is False


def test_without_the_key_nothing_is_called_verified():
    (case,) = [c for c in CASES if c["name"] == "no key at hand"]
    assert case["expect"]["verdict"] == "incomplete"


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=63))
def test_no_single_character_can_be_changed(place, by):
    """Where it makes a witness unknown, that witness no longer counts."""
    text = vp.encode(made(drawn=5, own=2, size=9, index=4, witnesses=2))
    place %= len(text)
    other = text[:place] + ALPHABET[(ALPHABET.index(text[place]) + by) % 64] + text[place + 1 :]
    found = vp.verify(other, LOG, WITNESSES)
    assert found.verdict == "failed" or len(found.cosigned) == 1


@given(st.text(max_size=300) | st.binary(max_size=600).map(text_of) | st.binary(max_size=600).map(lambda b: text_of(b"\x01" + b)))
def test_nonsense_is_refused_quietly(text):
    assert vp.verify(text, LOG).verdict == "failed"


def test_a_large_draw_in_a_long_log_still_fits_a_screen():
    """1,000 visits, a million entries, two witnesses: 20 hashes to the log's root instead of 13."""
    p = made(drawn=1000, own=640, size=5000, index=4998, witnesses=2)
    p = replace(p, path=(*p.path, *[seeded("more")] * (20 - len(p.path))), size=1_000_000, index=999_999)
    assert len("https://sunlot.qj.gov.cn/visit#" + vp.encode(p)) < 2300  # of 2,953 that a QR code takes at level L
    alone = replace(p, cosignatures=())
    assert len("https://sunlot.qj.gov.cn/visit#" + vp.encode(alone)) < 1900


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(make_vectors(), ensure_ascii=False, indent=1) + "\n", "utf-8")
