"""Verbs on facts, many at once and in the database. Each runs inside the caller's transaction.

Rows come as a ``Relation`` with the columns enterprise and draft: jsonb of the columns of ``rules.COLUMNS`` and ``as_of``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from backend.facts.rules import COLUMNS, PENALTY, PERMIT
from backend.kernel import clock
from backend.ledger import service as ledger
from backend.storage.engine import connection
from backend.storage.relation import Relation

TABLES: Final = {PENALTY: "penalty", PERMIT: "permit"}
_KEPT: Final = ("source", "department", "batch", "as_of")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a telling of facts comes from: the file's name, the office, the import."""

    source: str
    department: str | None
    batch: UUID


def _type(column: str) -> str:
    return "date" if column.endswith(("_on", "_to", "_of")) else "uuid" if column == "batch" else "text"


def known_source(layout: str) -> Relation:
    """The facts that are known: enterprise, document_no, version, as_of, before (jsonb of everything that a telling may change)."""
    columns = (*COLUMNS[layout], *_KEPT, "version")
    before = ", ".join(f"'{c}', {c}" for c in columns)
    return Relation(f"select enterprise, document_no, version, as_of, jsonb_build_object({before}) as before from {TABLES[layout]}", ())


async def put_facts(layout: str, rows: Relation, origin: Origin) -> tuple[int, int]:
    """Add facts, or change those already told of the same enterprise under the same number. Returns how many of each."""
    table, columns = TABLES[layout], COLUMNS[layout]
    n = len(rows.args)
    record = ", ".join(f"{c} {_type(c)}" for c in (*columns, "as_of"))
    changing = [c for c in columns if c != "document_no"]
    written = await connection().fetch(
        f"insert into {table} (id, enterprise, {', '.join(columns)}, as_of, source, department, batch, version, created_at, updated_at)"
        f" select gen_random_uuid(), i.enterprise, {', '.join(f'd.{c}' for c in columns)}, d.as_of, ${n + 1}, ${n + 2}, ${n + 3}, 1, ${n + 4}, ${n + 4}"
        f" from ({rows.sql}) i, jsonb_to_record(i.draft) as d({record})"
        f" on conflict (enterprise, document_no) do update set {', '.join(f'{c} = excluded.{c}' for c in (*changing, *_KEPT))},"
        f" version = {table}.version + 1, updated_at = excluded.updated_at"
        f" where ({', '.join(f'{table}.{c}' for c in changing)}) is distinct from ({', '.join(f'excluded.{c}' for c in changing)})"
        " returning version = 1 as is_new",
        *rows.args,
        origin.source,
        origin.department,
        origin.batch,
        clock.now(),
    )
    new = sum(row["is_new"] for row in written)
    return new, len(written) - new


async def take_back(layout: str, rows: Relation, batch: UUID) -> Relation:
    """Undo a telling where nothing has been told since. ``rows``: enterprise, document_no, before (null: the fact was new).

    Returns enterprise and document_no of what was undone.
    """
    table = TABLES[layout]
    columns = [c for c in (*COLUMNS[layout], *_KEPT) if c != "document_no"]
    record = ", ".join(f"{c} {_type(c)}" for c in columns)
    n = len(rows.args)
    sql = connection()
    await sql.execute("create temp table undone_fact (enterprise uuid, document_no varchar(120)) on commit drop")
    await sql.execute(
        f"with gone as (delete from {table} f using ({rows.sql}) i where i.before is null and i.enterprise = f.enterprise and i.document_no = f.document_no"
        f" and f.version = 1 and f.batch = ${n + 1} returning f.enterprise, f.document_no) insert into undone_fact select * from gone",
        *rows.args,
        batch,
    )
    await sql.execute(
        f"with back as (update {table} f set {', '.join(f'{c} = b.{c}' for c in columns)}, version = f.version + 1, updated_at = ${n + 2}"
        f" from ({rows.sql}) i, jsonb_to_record(i.before) as b(version int, {record})"
        f" where i.enterprise = f.enterprise and i.document_no = f.document_no and f.batch = ${n + 1} and f.version = b.version + 1"
        " returning f.enterprise, f.document_no) insert into undone_fact select * from back",
        *rows.args,
        batch,
        clock.now(),
    )
    return Relation("select enterprise, document_no from undone_fact", ())


async def note_import(event: str, *, actor: UUID, batch: UUID, payload: dict[str, object]) -> None:
    """``event``: imported or undone."""
    if event == "imported":
        await ledger.record("facts.imported", actor=actor, subject=str(batch), payload=payload)
    else:
        await ledger.record("facts.undone", actor=actor, subject=str(batch), payload=payload)
