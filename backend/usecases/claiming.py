"""企业认领: the office gives codes by post and on site, a person comes in by one, the office ends a claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from backend.claims import queries, rules, service
from backend.claims.sealing import Person
from backend.claims.service import Opened
from backend.inspections.rules import ON_SITE, PUBLISHED, RETURNED, SUBMITTED, UNDER_REVIEW
from backend.inspections.submission_queries import find_for_inspector
from backend.kernel.errors import DomainError, Forbidden, Invalid, NotFound
from backend.kernel.scope import EVERYTHING
from backend.limits import service as limits
from backend.limits.rules import Limit, network
from backend.notify import service as notify
from backend.people.rules import INSPECTOR, MANAGER, Principal
from backend.people.service import require
from backend.registry.queries import EnterpriseView, find_enterprise
from backend.storage.engine import connection, transaction

# An officer hands a code over only where they have been.
AFTER_ARRIVAL = (ON_SITE, SUBMITTED, UNDER_REVIEW, RETURNED, PUBLISHED)
MOST_LETTERS = 200
TRIES = Limit("claim-code", 20, timedelta(minutes=10))  # a whole building may share one address


@dataclass(frozen=True, slots=True)
class Letter:
    """One code for one enterprise, as it is printed or shown."""

    enterprise: EnterpriseView
    code: str
    expires_at: datetime


async def _letter(code: UUID, enterprise: EnterpriseView, kind: str, by: UUID) -> Letter:
    text = await service.issue(code, enterprise.id, enterprise.code, kind=kind, by=by)
    issued = await queries.find_code(code)
    assert issued is not None
    return Letter(enterprise, text, issued.expires_at)


async def issue_code(enterprise: UUID, form: UUID, *, kind: str, by: Principal) -> Letter:
    """A manager gives one enterprise of the region a code, to be posted or handed over. Idempotent by ``form``. Raises ``NotFound``, ``Conflict``."""
    require(by, MANAGER)
    if kind not in (rules.POST, rules.SITE):
        raise Invalid(field="kind", why_zh="没有这种认领码", why_en="there is no such code")
    async with transaction():
        return await _letter(form, await find_enterprise(enterprise, by.scope), kind, by.account_id)


async def issue_letters(enterprises: Sequence[UUID], form: UUID, *, by: Principal) -> list[Letter]:
    """Letters for those of the enterprises that nobody has claimed and that hold no live code. Idempotent by ``form``: the same letters again.

    Raises ``Invalid`` for more than ``MOST_LETTERS``, ``NotFound`` for one outside the scope.
    """
    require(by, MANAGER)
    if len(enterprises) > MOST_LETTERS:
        raise Invalid(field="enterprises", why_zh=f"一次最多 {MOST_LETTERS} 封", why_en=f"at most {MOST_LETTERS} letters at once")
    made = []
    async with transaction():
        unclaimed = await queries.list_unclaimed(enterprises)
        for enterprise in enterprises:
            code = uuid5(form, str(enterprise))
            known = await queries.find_code(code)
            if enterprise in unclaimed or (known is not None and known.state == "live"):
                made.append(await _letter(code, await find_enterprise(enterprise, by.scope), rules.POST, by.account_id))
    return made


async def issue_on_site(inspection: UUID, code: UUID, *, by: Principal) -> Letter:
    """An officer who has arrived gives the enterprise a code. Idempotent by ``code``.

    Raises ``NotFound`` for a visit of others, ``NotArrived`` before the arrival.
    """
    require(by, INSPECTOR)
    if by.inspector_id is None:
        raise Forbidden()
    async with transaction():
        visit = await find_for_inspector(inspection, by.inspector_id)
        if visit.state not in AFTER_ARRIVAL:
            raise rules.NotArrived()
        return await _letter(code, await find_enterprise(visit.enterprise, EVERYTHING), rules.SITE, by.account_id)


async def revoke_code(enterprise: UUID, code: UUID, *, by: Principal) -> None:
    require(by, MANAGER)
    async with transaction():
        await find_enterprise(enterprise, by.scope)
        found = await queries.find_code(code)
        if found is None or found.kind == rules.INVITE:
            raise NotFound()
        await service.revoke(code, enterprise=enterprise, by=by.account_id)


async def end_claim(enterprise: UUID, reason: str, *, by: Principal) -> None:
    """The office ends a claim: everybody of the enterprise is out at once. Raises ``NotFound``, ``Invalid`` without a reason."""
    require(by, MANAGER)
    async with transaction():
        found = await find_enterprise(enterprise, by.scope)
        members = await queries.list_member_ids(enterprise)
        await service.end_claim(enterprise, found.code, why=reason, by=by.account_id)
        for member in members:
            await notify.forget_person(member)


async def read_code(text: str, address: str) -> tuple[Opened, EnterpriseView]:
    """What a code stands for, before it is used. Raises ``BadCode``, ``TooManyRequests``; the tries stay counted."""
    await limits.spend(TRIES, network(address))
    async with transaction():
        opened = await service.open_code(text)
    if isinstance(opened, DomainError):
        raise opened
    return opened, await find_enterprise(opened.enterprise, EVERYTHING)


async def claim(text: str, person: Person, password: str, address: str, *, is_demo: bool = False) -> UUID:
    """认领. Returns the member. Raises ``BadCode``, ``TooManyRequests`` (their tries stay counted), ``Invalid`` naming the field."""
    await limits.spend(TRIES, network(address))
    async with transaction():
        opened = await service.open_code(text)
        if isinstance(opened, Opened):
            # Two people with one code: the second waits here and finds it used.
            await connection().execute("select pg_advisory_xact_lock(hashtextextended($1, 7262342))", str(opened.enterprise))
            before = await queries.list_member_ids(opened.enterprise)
            member = await service.claim(opened, (await find_enterprise(opened.enterprise, EVERYTHING)).code, person, password, is_demo=is_demo)
            for gone in set(before) - set(await queries.list_member_ids(opened.enterprise)):
                await notify.forget_person(gone)
            return member
    raise opened
