"""A revealed draw of any size, made by the rules themselves."""

from __future__ import annotations

import hashlib
from typing import Any

from backend.draws import rules
from backend.kernel import jcs

COUNTIES = tuple(f"5303{n:02d}" for n in range(1, 10))
TRADES = tuple(f"{n}" for n in range(6210, 6222))


def make(n: int, officers: int = 600, percent: int = 5) -> tuple[dict[str, Any], bytes]:
    """(bundle without its frame, frame as ndjson) of ``n`` rows in 108 cells, one class, two officers a visit."""
    seed, key = hashlib.sha256(b"bench").digest(), hashlib.sha256(b"salts").digest()
    rows = []
    for k in range(n):
        code, county = f"9153{k:014}", COUNTIES[k % len(COUNTIES)]
        st = "E" if k % 20 else "X:OPEN"
        commitment = rules.class_commitment(rules.salt(key, "class", code), "-")
        rows.append(rules.FrameRow(code, county, f"{county}/{TRADES[k // 9 % len(TRADES)]}", st, "-", commitment))
    pool = sorted(
        (rules.PoolRow(hashlib.sha256(b"%d" % k).hexdigest()[:16], "scjg", (), (COUNTIES[k % len(COUNTIES)],), k % 3) for k in range(officers)),
        key=lambda p: p.pid,
    )
    announcement = {
        "spec": rules.SPEC,
        "draw_id": "QJ-2026-9999",
        "frame_root": rules.frame_root([r.public() for r in rows]),
        "n_frame": n,
        "rates": {"-": [percent, 100]},
        "pool_root": rules.pool_root([p.public() for p in pool]),
        "recusal_root": rules.recusal_root([]),
        "slots": [{"dept": "scjg", "qual": None}] * 2,
        "anchor": rules.anchor_of(seed).hex(),
        "sources": [{"kind": "dice", "name": "dice", "date": "2026-11-24", "rule": "", "count": "20"}],
        "reveal_by": "2026-12-31T00:00:00Z",
    }
    randomness: list[list[int] | int | str] = ["31415926535897932384"]
    outcome = rules.perform(announcement=announcement, rows=rows, pool=pool, recusals=frozenset(), randomness=randomness, secret=rules.secret_of(seed))
    bundle = {
        "announcement": announcement,
        "frame": None,
        "pool": [p.public() for p in pool],
        "recusals": [],
        "classes": {r.id: {"class": "-", "salt": rules.salt(key, "class", r.id).hex()} for r in rows if r.st == rules.ELIGIBLE},
        "randomness": randomness,
        "beacons": None,
        "secret": rules.secret_of(seed).hex(),
        "result": outcome.public(),
    }
    return bundle, b"".join(jcs.encode(r.public()) + b"\n" for r in rows)
