"""Keep a page, give it out while it is true, sweep what nobody can be given any more."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass

from backend.kernel import clock
from backend.storage.engine import reader

EVERY_SUBJECT = "*"
# Changes only ever get larger ids, so two sets of them that agree in all three are the same set.
_STAMP = "(select count(*) || '-' || coalesce(max(c.id), 0) || '-' || coalesce(sum(c.id), 0) from kept_change c where c.subject in ({subject}, '*'))"
_FIND = f"select p.etag, p.body from kept_page p where p.key = $1 and p.day = $2 and p.stamp = {_STAMP.format(subject='p.subject')}"
_SWEPT_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Kept:
    """``etag`` with its quotes; ``body``: gzip."""

    etag: str
    body: bytes


async def find_kept(key: str) -> Kept | None:
    """The page under ``key``, if nothing that it shows has changed."""
    row = await reader().fetchrow(_FIND, key, clock.today())
    return None if row is None else Kept(row["etag"], row["body"])


async def find_stamp(subject: str) -> str:
    """To be read before the first fact: a change between the two makes a page look older than it is, never newer."""
    return str(await reader().fetchval(f"select {_STAMP.format(subject='$1::text')}", subject))


def pack(text: str) -> Kept:
    """The same text has the same ETag in every process."""
    content = text.encode()
    return Kept(f'"{hashlib.sha256(content).hexdigest()[:32]}"', gzip.compress(content, 6, mtime=0))


async def keep(key: str, subject: str, stamp: str, page: Kept) -> None:
    """Idempotent; of two builders the later one wins, and a stamp that is out of date is as good as no page."""
    await reader().execute(
        "insert into kept_page (key, subject, stamp, day, etag, body, kept_at) values ($1, $2, $3, $4, $5, $6, $7) on conflict (key) do update set"
        " subject = excluded.subject, stamp = excluded.stamp, day = excluded.day, etag = excluded.etag, body = excluded.body, kept_at = excluded.kept_at",
        key,
        subject,
        stamp,
        clock.today(),
        page.etag,
        page.body,
        clock.now(),
    )


async def sweep() -> int:
    """Delete pages of earlier days and changes of earlier days. Returns how many; the worker asks again while there are any.

    A change of yesterday that goes alters its subject's stamp: at worst a page is built once more.
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
    return int(pages) + int(changes)
