"""Erasing what is kept of a person: on request, by two people; or by itself, when the table 留存期限 says that the time is over.

The row of the matter stays with its number and dates, so that counts and links hold; the ledger keeps its leaf and every proof, and a
tombstone stands where the content was (``ledger.service.erase``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from backend.erasure import queries, rules, service
from backend.erasure.queries import RequestView
from backend.evaluations import service as evaluations
from backend.intake import service as intake
from backend.kernel import clock
from backend.kernel.errors import Invalid
from backend.kernel.scope import Scope
from backend.ledger import service as ledger
from backend.notify import service as notify
from backend.objections import queries as objection_queries
from backend.objections import service as objections
from backend.people.rules import ADMIN, AUDITOR, Principal
from backend.people.service import require
from backend.rectification import queries as order_queries
from backend.rectification import service as orders
from backend.rulebook.queries import find_retention
from backend.storage.engine import connection, transaction
from backend.tips import queries as tip_queries
from backend.tips import service as tips
from backend.usecases.my_acts import RIGHT_TO
from backend.webhooks import service as webhooks

AT_ONCE = 100
# A form with a mistake keeps its files for its next try; no session is that long.
ABANDONED = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Matter:
    id: UUID
    number: str
    region: str


@dataclass(frozen=True, slots=True)
class Eraser:
    """How one kind of matter is found by its number, which are due, and what erasing takes: it is given the ground, which stays with the matter
    for whoever looks at it later, and returns the ledger entries that held the data."""

    find: Callable[[str, Scope], Awaitable[Matter | None]]
    list_due: Callable[[timedelta, int], Awaitable[list[UUID]]]
    erase: Callable[[UUID, str], Awaitable[list[UUID]]]


async def _find_objection(number: str, scope: Scope) -> Matter | None:
    found = await objection_queries.find_by_number(number, scope)
    return Matter(found.id, found.number, found.county) if found else None


async def _erase_objection(objection: UUID, why: str) -> list[UUID]:
    await intake.erase("objection", [objection])
    return await objections.erase(objection, why)


async def _find_tip(number: str, scope: Scope) -> Matter | None:
    found = await tip_queries.find_by_number(number, scope)
    return Matter(*found) if found else None


async def _erase_tip(tip: UUID, why: str) -> list[UUID]:
    await intake.erase("tip", [tip])
    return await tips.erase(tip, why)


async def _find_order(number: str, scope: Scope) -> Matter | None:
    found = await order_queries.find_by_number(number, scope)
    return Matter(*found) if found else None


async def _erase_correction(order: UUID, why: str) -> list[UUID]:
    handed = [e.id for e in await order_queries.list_evidence(order)]
    entries = await orders.erase_evidence(order, why)
    await intake.erase("proof", handed)
    return entries


ERASERS: Mapping[str, Eraser] = {
    "objection": Eraser(_find_objection, objection_queries.list_decided_before, _erase_objection),
    "tip": Eraser(_find_tip, tip_queries.list_over_before, _erase_tip),
    "correction": Eraser(_find_order, order_queries.list_handed_before, _erase_correction),
}


async def _erase_words(moment: datetime) -> int:
    return await evaluations.erase_words_before(clock.day_of(moment))


# What goes by its age alone: a line of the table of retention, and what takes all of it that is older than a moment.
FORGETTERS: Mapping[str, Callable[[datetime], Awaitable[int]]] = {
    "inbox": notify.forget_before,
    "webhook": webhooks.forget_deliveries_before,
    "evaluation": _erase_words,
}


async def _erase(kind: str, subject: UUID, reason: str, by: UUID | None) -> int:
    entries = await ERASERS[kind].erase(subject, reason)
    for entry in entries:
        await ledger.erase(entry, reason, actor=by)
    return len(entries)


async def ask(request: UUID, *, kind: str, number: str, ground: str, by: Principal) -> None:
    """Idempotent by ``request``. Raises ``Invalid`` naming the field, ``AlreadyAsked``."""
    require(by, ADMIN, AUDITOR)
    rules.check_request(kind, ground)
    async with transaction():
        matter = await ERASERS[kind].find(number.strip(), by.scope)
        if matter is None:
            raise Invalid(field="number", why_zh="没有这个编号", why_en="there is no such number")
        await service.ask(request, kind=kind, subject=matter.id, number=matter.number, region=matter.region, ground=ground, by=by.account_id)


async def decide(request: UUID, *, approved: bool, reason: str, by: Principal) -> None:
    """Approving erases, in the same transaction. Raises ``NotFound``, ``SamePerson``, ``AlreadyDecided``, ``Invalid``."""
    require(by, ADMIN, AUDITOR)
    async with transaction():
        found = await queries.find_request(request, by.scope)
        rules.require_another(found.asked_by, by.account_id)
        if found.state != rules.ASKED:
            raise rules.AlreadyDecided()
        tombstones = await _erase(found.kind, found.subject, rules.ON_REQUEST, by.account_id) if approved else 0
        await service.decide(request, asked_by=found.asked_by, approved=approved, reason=reason, tombstones=tombstones, by=by.account_id)


async def list_requests(by: Principal) -> list[RequestView]:
    require(by, ADMIN, AUDITOR)
    return await queries.list_requests(by.scope)


async def _erase_abandoned() -> int:
    """Files of enterprises' forms that were never sent to their end."""
    rows = await connection().fetch(
        "select distinct f.purpose, f.subject from received_file f where f.purpose = any($1) and f.erased_at is null and f.received_at < $2"
        " and not exists (select from objection o where o.id = f.subject) and not exists (select from rectification_evidence e where e.id = f.subject)"
        " limit $3",
        list(RIGHT_TO),
        clock.now() - ABANDONED,
        AT_ONCE,
    )
    return sum([await intake.erase(row["purpose"], [row["subject"]]) for row in rows])


async def erase_what_is_due() -> int:
    """What the table of retention gives up: each matter in its own transaction. Returns how many; a worker's job, idempotent."""
    done = 0
    for kind, eraser in ERASERS.items():
        days = await find_retention(kind, clock.today())
        if days is None:
            continue
        for subject in await eraser.list_due(timedelta(days=days), AT_ONCE):
            async with transaction():
                await _erase(kind, subject, rules.AT_THE_END, None)
            done += 1
    async with transaction():
        done += await _erase_abandoned()
    async with transaction():
        await webhooks.forget_old_secrets()
    for what, forget in FORGETTERS.items():
        days = await find_retention(what, clock.today())
        if days is not None:
            async with transaction():
                done += await forget(clock.now() - timedelta(days=days))
    return done
