"""Codes for doors in the states that the office and a passer-by meet: stickers in use, one replaced, one lost, one misused on another door, posters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from backend.cli.demo.aftermath import id_of
from backend.people.rules import Principal
from backend.placards import queries
from backend.registry.jobs import index_some
from backend.registry.queries import Filter
from backend.storage.engine import connection, transaction
from backend.usecases.placards import Choice, issue_placards, revoke_placard


async def list_published() -> list[str]:
    """The codes of enterprises with results of the finished campaign, in the order of their results."""
    async with transaction():
        rows = await connection().fetch(
            "select p.enterprise_code as code from publication p join inspection i on i.id = p.inspection join campaign c on c.id = i.campaign"
            " where p.version = 1 and c.name like '%药品零售%' order by p.number"
        )
    return [row["code"] for row in rows]


async def issue_codes(at: Callable[[date, int], None], today: date, who: dict[str, Principal]) -> None:
    """``at`` sets the clock to an hour of a day."""
    manager, codes = who["manager"], await list_published()
    at(today - timedelta(days=90), 10)
    await issue_placards(id_of("stickers"), Choice("sticker", Filter(), "\n".join(codes[:10])), by=manager)
    at(today - timedelta(days=12), 10)
    await issue_placards(id_of("reissued"), Choice("sticker", Filter(), codes[0], is_reissue=True), by=manager)
    stickers = await queries.list_of_batch(id_of("stickers"))
    at(today - timedelta(days=8), 15)
    await revoke_placard(stickers[2].id, ground="lost", reason="店面装修时遗失，企业尚未来换领", by=manager)
    await revoke_placard(stickers[3].id, ground="abuse", reason="群众反映该贴纸被贴在另一家无证摊点", by=manager)
    at(today - timedelta(days=2), 9)
    # The worker's, which does not run yet: a choice by filter asks the search.
    while await index_some():
        pass
    posters = Choice("poster", Filter(county="530302", industry="5251", status="active"))
    await issue_placards(id_of("posters"), posters, by=manager)
