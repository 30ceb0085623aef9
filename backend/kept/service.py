"""Keep a page, give it out while it is true, sweep what nobody can be given any more."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.kernel import clock
from backend.storage.engine import reader

# Changes only ever get larger ids, so two sets of them that agree in all three are the same set.
_STAMP = "(select count(*) || '-' || coalesce(max(c.id), 0) || '-' || coalesce(sum(c.id), 0) from kept_change c where c.subject = any({subjects}))"
_OF_PAGE = "p.tables || array[p.subject, '*']"
_FIND = (
    "select p.etag, p.body from kept_page p where p.key = $1 and p.day = $2 and (p.until is null or p.until > $3)"
    f" and p.stamp = {_STAMP.format(subjects=_OF_PAGE)}"
)
_SWEPT_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Kept:
    """``etag`` with its quotes; ``body``: gzip."""

    etag: str
    body: bytes


async def find_kept(key: str) -> Kept | None:
    """The page under ``key``, if nothing that it shows has changed."""
    row = await reader().fetchrow(_FIND, key, clock.today(), clock.now())
    return None if row is None else Kept(row["etag"], row["body"])


def _notes(tables: Sequence[str]) -> list[str]:
    return [f"table:{table}" for table in tables]


async def find_stamps(subject: str, tables: Sequence[str] = ()) -> tuple[str, str]:
    """(of a page, of what stands on every page). To be read before the first fact: a change between the two makes a page look older than it is,
    never newer."""
    row = await reader().fetchrow(
        f"select {_STAMP.format(subjects='$1::text[]')} as page, current_database() || ' ' || {_STAMP.format(subjects='$2::text[]')} as common",
        [subject, "*", *_notes(tables)],
        ["*"],
    )
    return row["page"], row["common"]


async def find_stamp(subject: str, tables: Sequence[str] = ()) -> str:
    return (await find_stamps(subject, tables))[0]


def pack(text: str) -> Kept:
    """The same text has the same ETag in every process."""
    content = text.encode()
    return Kept(f'"{hashlib.sha256(content).hexdigest()[:32]}"', gzip.compress(content, 6, mtime=0))


async def keep(key: str, subject: str, stamp: str, page: Kept, *, tables: Sequence[str] = (), until: datetime | None = None) -> None:
    """Idempotent; of two builders the later one wins, and a stamp that is out of date is as good as no page.

    ``tables``: any change of these ends the page, too; ``until``: what it says is true before that moment only.
    """
    await reader().execute(
        "insert into kept_page (key, subject, tables, stamp, day, until, etag, body, kept_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        " on conflict (key) do update set subject = excluded.subject, tables = excluded.tables, stamp = excluded.stamp, day = excluded.day,"
        " until = excluded.until, etag = excluded.etag, body = excluded.body, kept_at = excluded.kept_at",
        key,
        subject,
        _notes(tables),
        stamp,
        clock.today(),
        until,
        page.etag,
        page.body,
        clock.now(),
    )


async def sweep() -> int:
    """Delete pages of earlier days, changes of earlier days, and of whole tables those of earlier hours but the latest. Returns how many; the worker
    asks again while there are any.

    A change that goes alters its subject's stamp: at worst a page is built once more. The latest of a table stays for the day, so that no stamp
    comes a second time.
    """
    pages = await reader().fetchval(
        "with gone as (delete from kept_page where key in (select key from kept_page where day < $1 limit $2) returning 1) select count(*) from gone",
        clock.today(),
        _SWEPT_AT_ONCE,
    )
    changes = await reader().fetchval(
        "with gone as (delete from kept_change where id in (select id from kept_change where at < $1::timestamptz - interval '1 day' order by id limit $2)"
        " returning 1) select count(*) from gone",
        clock.now(),
        _SWEPT_AT_ONCE,
    )
    of_tables = await reader().fetchval(
        "with gone as (delete from kept_change where id in (select c.id from kept_change c where c.subject like 'table:%'"
        " and c.at < $1::timestamptz - interval '1 hour' and exists (select from kept_change n where n.subject = c.subject and n.id > c.id) limit $2)"
        " returning 1) select count(*) from gone",
        clock.now(),
        _SWEPT_AT_ONCE,
    )
    return int(pages) + int(changes) + int(of_tables)
