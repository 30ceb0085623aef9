"""Many enterprises at once, in the database: taken in, taken out again, put back as they were.

Rows come as a ``Relation``, so a million of them never pass through Python. Its columns: code, code_kind, override_reason, name, name_key,
region, industry, and the fields of ``rules.UNSAID``, null where a row leaves one unsaid. Codes are distinct. Each verb runs inside the
caller's transaction, and after ``hold`` in it.
"""

from __future__ import annotations

import json
import secrets
from typing import Any, Final
from uuid import UUID

from backend.kernel import clock
from backend.registry.rules import KIND_OF_CODE, KINDS, UNSAID
from backend.registry.service import SAID
from backend.storage.engine import connection
from backend.storage.relation import Relation

_COLUMNS: Final = (*SAID, *UNSAID)
_DEFAULTS: Final = {name: "null" if value is None else f"'{value}'" for name, value in UNSAID.items()}
_KINDS: Final = {prefix: next(key for key, label in KINDS.items() if label.zh == zh) for prefix, zh in KIND_OF_CODE.items()}
_DEFAULTS["kind"] = "case left(i.code, 2) " + " ".join(f"when '{prefix}' then '{key}'" for prefix, key in _KINDS.items()) + " end"


def known_source() -> Relation:
    """What the register holds, by code: columns code, enterprise, version, ``SAID`` and ``UNSAID``. Not scoped: a code may be taken elsewhere."""
    return Relation(f"select code, id as enterprise, version, {', '.join(_COLUMNS)} from enterprise", ())


# Copies and histories of enterprises, kept by triggers: they tell of one, and refer to none.
_SHADOWS: Final = ("enterprise_search", "enterprise_change")


async def hold(kind: str, *, source: UUID, account: UUID | None) -> None:
    """One bulk change at a time until the transaction ends; reading goes on. What was compared then still holds when it is written.

    ``kind`` (import | undo), the import and who answers for it go into the history of every enterprise that changes.
    """
    origin = {"kind": kind, "source": str(source), "account": account and str(account)}
    await connection().execute("select set_config('sunlot.origin', $1, true)", json.dumps(origin))
    await connection().execute("lock table enterprise in share row exclusive mode")
    # The planner knows nothing of rows that are being written, and would read the whole register for each slice. A slice is put in order in memory.
    await connection().execute("set local enable_hashjoin = off; set local enable_mergejoin = off; set local work_mem = '64MB'")


async def add_enterprises(rows: Relation) -> int:
    """Take in enterprises that the register does not know. Each gets a QR token for good. Returns how many."""
    n = len(rows.args) + 1
    values = [f"i.{c}" for c in SAID] + [f"coalesce(i.{c}, {_DEFAULTS[c]})" if _DEFAULTS[c] != "null" else f"i.{c}" for c in UNSAID]
    # Id and token are the two halves of a keyed hash of the code, whose key nobody keeps: as unguessable as random numbers, of which the
    # server would have to ask the system two for each row. In the order of the codes, so that neighbours meet in the index.
    done = await connection().execute(
        f"insert into enterprise (id, code, {', '.join(_COLUMNS)}, qr_token, version, created_at, updated_at)"
        f" select overlay(overlay(right(h, 32) placing '4' from 13 for 1) placing '8' from 17 for 1)::uuid, i.code, {', '.join(values)}, left(h, 32),"
        f" 1, ${n}, ${n} from (select *, encode(sha256(${n + 1}::bytea || convert_to(code, 'UTF8')), 'hex') as h from ({rows.sql}) r order by code) i",
        *rows.args,
        clock.now(),
        secrets.token_bytes(32),
        timeout=None,
    )
    return _count(done)


async def change_enterprises(rows: Relation) -> int:
    """Give known enterprises what the rows say; each that differs gets one version more. Returns how many did."""
    n = len(rows.args) + 1
    values = {c: f"i.{c}" for c in SAID} | {c: f"coalesce(i.{c}, e.{c})" for c in UNSAID}
    done = await connection().execute(
        f"update enterprise e set {', '.join(f'{c} = {v}' for c, v in values.items())}, version = e.version + 1, updated_at = ${n}"
        f" from ({rows.sql}) i where i.code = e.code"
        f" and ({', '.join(f'e.{c}' for c in values)}) is distinct from ({', '.join(values.values())})",
        *rows.args,
        clock.now(),
    )
    return _count(done)


async def list_referring_tables() -> list[str]:
    """The tables whose rows are about an enterprise: those with a uuid column of that name (docs/data-model.md)."""
    rows = await connection().fetch(
        "select table_name from information_schema.columns where table_schema = 'public' and column_name = 'enterprise' and udt_name = 'uuid'"
        " and table_name <> all($1) order by 1",
        list(_SHADOWS),
    )
    return [row["table_name"] for row in rows]


async def take_out(rows: Relation) -> tuple[Relation, Relation]:
    """Delete enterprises of which nothing but an import has ever said anything. ``rows``: column code.

    Returns the codes of those taken out, and of those that something refers to; what is in neither has been changed since.
    """
    sql = connection()
    await sql.execute("create temp table taken_out (code varchar(40)) on commit drop; create temp table referred_to (code varchar(40)) on commit drop")
    await sql.execute("set local enable_hashjoin = on; set local enable_mergejoin = on")
    referred = " or ".join(f"exists (select from {table} t where t.enterprise = e.id)" for table in await list_referring_tables()) or "false"
    await sql.execute(f"insert into referred_to select e.code from enterprise e join ({rows.sql}) i using (code) where {referred}", *rows.args)
    await sql.execute(
        f"with gone as (delete from enterprise e using ({rows.sql}) i where i.code = e.code and e.version = 1"
        " and not exists (select from referred_to r where r.code = e.code) returning e.code) insert into taken_out select code from gone",
        *rows.args,
    )
    return Relation("select code from taken_out", ()), Relation("select code from referred_to", ())


async def put_back(rows: Relation) -> Relation:
    """Give enterprises their earlier values where nobody has changed them since. ``rows``: code, before (jsonb of ``known_source``).

    Returns the codes of those put back.
    """
    n = len(rows.args) + 1
    await connection().execute("create temp table put_back (code varchar(40)) on commit drop")
    await connection().execute(
        f"with old as (select i.code, b.* from ({rows.sql}) i, jsonb_to_record(i.before) as b(version int, {', '.join(f'{c} {_type(c)}' for c in _COLUMNS)})),"
        f" done as (update enterprise e set {', '.join(f'{c} = o.{c}' for c in _COLUMNS)}, version = e.version + 1, updated_at = ${n}"
        " from old o where o.code = e.code and e.version = o.version + 1 returning e.code) insert into put_back select code from done",
        *rows.args,
        clock.now(),
    )
    return Relation("select code from put_back", ())


def _type(column: str) -> str:
    return "date" if column == "established_on" else "text"


def _count(tag: Any) -> int:
    return int(str(tag).rpartition(" ")[2])
