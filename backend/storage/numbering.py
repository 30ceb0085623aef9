"""Numbers of documents without gaps or doubles: the next serial of a table, within a department and a year."""

from __future__ import annotations

from backend.storage.engine import connection


async def next_in(series: str) -> int:
    """The next number of a series, from 1. Costs one row however many there are; the row is held until the transaction ends, so that the next
    caller waits, and a number that was taken back with its transaction is given again."""
    return int(
        await connection().fetchval(
            "insert into number_series (series, last) values ($1, 1) on conflict (series) do update set last = number_series.last + 1 returning last", series
        )
    )


async def next_serial(table: str, **within: object) -> int:
    """1 + the largest ``serial`` of the rows of ``table`` that have these values.

    The caller holds the table's advisory lock until its transaction ends, so that a number that was taken back with it is given again.
    """
    places = " and ".join(f"{column} = ${n}" for n, column in enumerate(within, 1))
    return int(await connection().fetchval(f"select coalesce(max(serial), 0) + 1 from {table} where {places}", *within.values()))
