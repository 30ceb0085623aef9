"""What the database holds, told in one snapshot."""

from __future__ import annotations

from backend.backups.rules import LogPlace
from backend.kernel.settings import settings
from backend.storage.engine import connection

_TABLES = (
    "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind = 'r' order by c.relname"
)


async def count_rows() -> dict[str, int]:
    """Rows of each table, counted, not estimated."""
    tables = [row["relname"] for row in await connection().fetch(_TABLES)]
    return {table: await connection().fetchval(f'select count(*) from "{table}"') for table in tables}


async def list_migrations() -> list[str]:
    return [row["name"] for row in await connection().fetch("select name from migration order by name")]


async def list_evidence() -> dict[str, int]:
    """Every file that a row says is durable, with its bytes."""
    return {row["sha256"]: row["bytes"] for row in await connection().fetch("select sha256, bytes from blob")}


async def find_log_place() -> LogPlace:
    row = await connection().fetchrow("select size, root, note from ledger_checkpoint order by size desc limit 1")
    staged = await connection().fetchval("select count(*) from ledger_stage")
    size, root, note = (row["size"], row["root"].hex(), row["note"]) if row else (0, "", None)
    return LogPlace(settings().log_origin, size, root, staged, note)


async def has_tables() -> bool:
    return bool(await connection().fetch(_TABLES))
