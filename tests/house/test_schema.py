"""The migrated schema is the one that the tables describe, in both directions."""

from __future__ import annotations

from pathlib import Path

from backend.piccolo_app import APP_CONFIG
from backend.storage.engine import connection, transaction

PICCOLO_OWN = {"migration"}


async def test_migrations_match_tables(db):
    async with transaction():
        rows = await connection().fetch(
            "select table_name, column_name, is_nullable = 'YES' as nullable from information_schema.columns where table_schema = 'public'"
        )
    found = {(r["table_name"], r["column_name"], r["nullable"]) for r in rows if r["table_name"] not in PICCOLO_OWN}
    expected = {
        (table._meta.tablename, column._meta.db_column_name, bool(column._meta.null))
        for table in APP_CONFIG.table_classes
        for column in table._meta.columns
    }
    assert found == expected


async def test_every_table_says_what_one_row_means():
    for table in APP_CONFIG.table_classes:
        assert table.__doc__, f"{table.__name__} has no docstring"
        assert not table.__doc__.isascii(), f"{table.__name__} does not give its Chinese term"


async def test_the_data_model_tells_of_every_table():
    text = (Path(__file__).parents[2] / "docs/data-model.md").read_text()
    for table in APP_CONFIG.table_classes:
        assert f"| `{table._meta.tablename}` | {(table.__doc__ or '').strip()} |" in text, table._meta.tablename
