"""Verbs on placards, in life-cycle order. Each runs inside the caller's transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from backend.kernel import clock, jcs
from backend.kernel.errors import NotFound
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.placards import rules, signing
from backend.storage import outbox
from backend.storage.engine import connection
from backend.storage.numbering import next_serial

NUMBERING = 7262326  # advisory lock: numbers without gaps or doubles
TOPIC = "placards"


@dataclass(frozen=True, slots=True)
class Door:
    """Whom a placard is for, as it is printed."""

    enterprise: UUID
    code: str
    name: str
    address: str
    county: str


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues a batch: the department by its printed names, within a region."""

    department: str
    region: str
    authority_zh: str
    authority_en: str
    account: UUID


async def take_turn() -> None:
    """One batch at a time, until the transaction ends: no enterprise gets two codes from two people at once."""
    await connection().execute("select pg_advisory_xact_lock($1)", NUMBERING)


def fingerprint(asked: Mapping[str, Any]) -> str:
    return hashlib.sha256(jcs.encode(dict(asked))).hexdigest()


async def find_same(batch: UUID, asked_sha256: str) -> bool:
    """Whether this very order was issued before. Raises ``OtherOrder`` where another was under the same id."""
    known = await connection().fetchval("select asked_sha256 from placard_batch where id = $1", batch)
    if known is not None and known != asked_sha256:
        raise rules.OtherOrder()
    return known is not None


async def issue(
    batch: UUID, doors: Sequence[Door], *, form: str, asked: Mapping[str, Any], asked_sha256: str, left_out: tuple[int, int], replaces: bool, issuer: Issuer
) -> str:
    """Give each door a code and ask the worker for the files. Returns the batch's number. The caller holds ``take_turn``.

    ``left_out``: (have one already, are not active). ``replaces``: earlier codes of the department for these doors, of the same kind,
    no longer hold.
    """
    now, kind, key = clock.now(), rules.FORMATS[form].kind, signing.current().number
    year = clock.day_of(now).year
    enterprises = [d.enterprise for d in doors]
    replaced = await _replace(enterprises, kind=kind, department=issuer.department, by=issuer.account) if replaces else 0
    serial = await next_serial("placard_batch", department=issuer.department, year=year)
    number = rules.make_number(issuer.department, year, serial)
    entry = await ledger.record(
        "placard.issued",
        actor=issuer.account,
        subject=number,
        payload={"department": issuer.department, "format": form, "n": len(doors), "replaced": replaced, "asked": dict(asked)},
    )
    await connection().execute(
        "insert into placard_batch (id, number, department, region, year, serial, format, asked, asked_sha256, n, skipped, inactive, replaced, authority_zh,"
        " authority_en, issued_by, issued_at, entry_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        batch,
        number,
        issuer.department,
        issuer.region,
        year,
        serial,
        form,
        json.dumps(dict(asked), ensure_ascii=False),
        asked_sha256,
        len(doors),
        *left_out,
        replaced,
        issuer.authority_zh,
        issuer.authority_en,
        issuer.account,
        now,
        entry,
    )
    await connection().copy_records_to_table(
        "placard",
        records=[
            (new_id(), batch, n, d.enterprise, d.code, d.name, d.address, d.county, rules.make_token(), key, kind, now, "", "") for n, d in enumerate(doors, 1)
        ],
        columns=[
            "id", "batch", "position", "enterprise", "enterprise_code", "enterprise_name", "address", "county", "token", "key_no", "kind", "issued_at",
            "ground", "reason",
        ],
    )  # fmt: skip
    for part, (first, last) in enumerate(rules.list_files(len(doors), form), 1):
        sheet = await connection().fetchval(
            "insert into placard_sheet (batch, part, first, last, pages, asked_at, printed) values ($1, $2, $3, $4, 0, $5, 0) returning id",
            batch,
            part,
            first,
            last,
            now,
        )
        await outbox.ask(TOPIC, {"sheet": sheet}, key=f"placards:{sheet}")
    return number


async def _replace(enterprises: Sequence[UUID], *, kind: str, department: str, by: UUID) -> int:
    done = await connection().execute(
        "update placard p set revoked_at = $4, revoked_by = $5, ground = 'replaced' from placard_batch b"
        " where b.id = p.batch and b.department = $3 and p.enterprise = any($1) and p.kind = $2 and p.revoked_at is null",
        list(enterprises),
        kind,
        department,
        clock.now(),
        by,
    )
    return int(done.split()[-1])


async def revoke(placard: UUID, *, serial: str, ground: str, reason: str, by: UUID) -> None:
    """停用 one code. Idempotent. Raises ``Invalid`` naming the field, ``RevokedBefore`` on another ground. The reason stays inside the office."""
    reason = rules.check_revocation(ground, reason)
    row = await connection().fetchrow("select ground, reason from placard where id = $1 for update", placard)
    if row is None:
        raise NotFound()
    if row["ground"]:
        if (row["ground"], row["reason"]) == (ground, reason):
            return
        zh, en = rules.GROUNDS[row["ground"]]
        raise rules.RevokedBefore(ground_zh=f"{zh}。{row['reason']}", ground_en=f"{en}. {row['reason']}")
    await connection().execute(
        "update placard set revoked_at = $2, revoked_by = $3, ground = $4, reason = $5 where id = $1", placard, clock.now(), by, ground, reason
    )
    await ledger.record("placard.revoked", actor=by, subject=serial, payload={"ground": ground, "reason": reason})


async def keep_file(sheet: int, pdf: bytes, pages: int) -> None:
    await connection().execute("update placard_sheet set pdf = $2, pages = $3, made_at = $4 where id = $1", sheet, pdf, pages, clock.now())


async def ask_again(batch: UUID) -> int:
    """Have the files that were removed made again. Returns how many."""
    rows = await connection().fetch(
        "update placard_sheet set made_at = null, asked_at = $2 where batch = $1 and made_at is not null and pdf is null returning id", batch, clock.now()
    )
    for row in rows:
        await outbox.ask(TOPIC, {"sheet": row["id"]}, key=f"placards:{row['id']}")
    return len(rows)


async def take_file(batch: UUID, part: int) -> tuple[bytes, int] | None:
    """(PDF, its id), counted as printed once more; None while it is not there."""
    row = await connection().fetchrow(
        "update placard_sheet set printed = printed + 1, printed_at = $3 where batch = $1 and part = $2 and pdf is not null returning pdf, id",
        batch,
        part,
        clock.now(),
    )
    return (bytes(row["pdf"]), int(row["id"])) if row else None


async def remove_old_files(days: int) -> int:
    """Files that were made so many days ago are removed: they can be made again. Returns how many."""
    done = await connection().execute(
        "update placard_sheet set pdf = null where pdf is not null and made_at < $1", clock.now() - timedelta(days=days)
    )
    return int(done.split()[-1])
