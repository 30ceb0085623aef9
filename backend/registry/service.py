"""Verbs on the register: fill the code tables, take enterprises in. Each runs inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from backend.kernel import clock
from backend.kernel.errors import DomainError
from backend.kernel.ids import new_id, new_token
from backend.ledger import service as ledger
from backend.registry.codebook import shipped_codebook
from backend.registry.rules import UNSAID, EnterpriseDraft
from backend.storage.engine import connection

SAID: Final = ("code_kind", "override_reason", "name", "name_key", "region", "industry")
_COLUMNS: Final = (*SAID, *UNSAID)


class RegionNotYours(DomainError):
    code = "region-not-yours"
    status = 403
    zh = "有 {n} 户检查对象不在您的辖区内，未作任何更改"
    en = "{n} enterprises lie outside your region: nothing was changed"


@dataclass(frozen=True, slots=True)
class Taken:
    """How many enterprises were new, changed, or already the same."""

    new: int
    changed: int
    same: int


async def _fill(table: str, source: str, sql: str, rows: list[tuple[Any, ...]]) -> None:
    before = await connection().fetchval(f"select count(*) from {table}")
    await connection().executemany(sql, rows)
    if added := await connection().fetchval(f"select count(*) from {table}") - before:
        await ledger.record("codebook.loaded", actor=None, subject=table, payload={"source": source, "added": added}, public=True)


async def load_regions() -> None:
    """Fill the region table from the shipped GB/T 2260 rows; what the office has edited stays."""
    await _fill(
        "region",
        "GB/T 2260",
        "insert into region (code, name_zh, name_en, parent, valid_from, valid_to, source)"
        " values ($1, $2, $3, $4, $5, $6, $7) on conflict (code) do nothing",
        [(r.code, r.name_zh, r.name_en, r.parent, r.valid_from, r.valid_to, r.source) for r in shipped_codebook().regions.values()],
    )


async def load_industries() -> None:
    """Fill the industry table from the shipped GB/T 4754 rows; what the office has edited stays."""
    await _fill(
        "industry",
        "GB/T 4754",
        "insert into industry (code, name_zh, name_en, edition) values ($1, $2, $3, $4) on conflict (code) do nothing",
        [(i.code, i.name_zh, i.name_en, i.edition) for i in shipped_codebook().industries.values()],
    )


async def put_enterprises(
    drafts: Sequence[EnterpriseDraft],
    *,
    said: Sequence[Collection[str]] | None = None,
    places: Mapping[str, tuple[int, int]] | None = None,
    region: str = "",
) -> Taken:
    """Take enterprises in by code: new ones get a QR token for good, known ones one version more if anything differs.

    ``said[i]`` names the fields of ``UNSAID`` that row i really gives (None: all of them); the others keep their stored
    value. ``places`` maps codes to (latitude, longitude) in 1e-7 degrees. Raises ``RegionNotYours`` where a known
    enterprise lies outside ``region`` (a GB/T 2260 prefix). Codes must be distinct.
    """
    sql = connection()
    # One bulk change at a time; reading goes on. Row versions then cannot move between the join and the write.
    await sql.execute("lock table enterprise in share row exclusive mode")
    await sql.execute("drop table if exists incoming_enterprise")
    await sql.execute(
        f"create temp table incoming_enterprise on commit drop as select id, code, {', '.join(_COLUMNS)}, lat_e7, lon_e7, qr_token"
        " from enterprise with no data"
    )
    rows = []
    for i, draft in enumerate(drafts):
        gives = set(UNSAID) if said is None else said[i]
        lat, lon = (places or {}).get(draft.code, (None, None))
        optional = [getattr(draft, name) if name in gives else None for name in UNSAID]
        rows.append((new_id(), draft.code, *(getattr(draft, name) for name in SAID), *optional, lat, lon, new_token()))
    await sql.copy_records_to_table(
        "incoming_enterprise", records=rows, columns=["id", "code", *_COLUMNS, "lat_e7", "lon_e7", "qr_token"]
    )
    # A kind that the file leaves open was derived from the code: it serves new rows only.
    kinds = {draft.code: draft.kind for draft in drafts}
    await sql.execute(
        "update incoming_enterprise i set kind = k.kind from unnest($1::text[], $2::text[]) as k(code, kind)"
        " where i.code = k.code and i.kind is null and not exists (select from enterprise e where e.code = i.code)",
        list(kinds),
        list(kinds.values()),
    )
    foreign = await sql.fetchval(
        "select count(*) from enterprise e join incoming_enterprise i using (code) where not starts_with(e.region, $1)", region
    )
    if foreign:
        raise RegionNotYours(n=foreign)
    defaults = {"status": "'active'", "address": "''", "legal_rep": "''", "phone": "''", "credit_class": "'B'"}
    values = [f"i.{c}" for c in SAID] + [f"coalesce(i.{c}, e.{c}{', ' + defaults[c] if c in defaults else ''})" for c in UNSAID]
    compared = (*_COLUMNS, "lat_e7", "lon_e7")
    written = await sql.fetch(
        f"insert into enterprise (id, code, {', '.join(_COLUMNS)}, lat_e7, lon_e7, qr_token, version, created_at, updated_at)"
        f" select i.id, i.code, {', '.join(values)}, coalesce(i.lat_e7, e.lat_e7), coalesce(i.lon_e7, e.lon_e7), i.qr_token, 1, $1, $1"
        " from incoming_enterprise i left join enterprise e using (code)"
        f" on conflict (code) do update set {', '.join(f'{c} = excluded.{c}' for c in compared)},"
        " version = enterprise.version + 1, updated_at = excluded.updated_at"
        f" where ({', '.join(f'enterprise.{c}' for c in compared)}) is distinct from ({', '.join(f'excluded.{c}' for c in compared)})"
        " returning version = 1 as is_new",
        clock.now(),
    )
    new = sum(row["is_new"] for row in written)
    return Taken(new=new, changed=len(written) - new, same=len(drafts) - len(written))
