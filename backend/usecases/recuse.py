"""Who may declare a recusal and who decides on it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from backend.inspections import queries, recusals, submission_queries
from backend.inspections.recusals import RecusalView
from backend.kernel.errors import Forbidden, Invalid, NotFound
from backend.limits import service as limits
from backend.limits.rules import Limit
from backend.notify import service as notify
from backend.people import queries as people
from backend.people.queries import InspectorView
from backend.people.rules import AUDITOR, INSPECTOR, MANAGER, Principal
from backend.people.service import require
from backend.registry import queries as registry
from backend.storage.engine import transaction

TRIES_ON_SITE = Limit("recusal", 5, timedelta(minutes=10))  # about one enterprise, whoever asks


async def _officer_of(inspector: UUID, by: Principal) -> InspectorView:
    found = {i.id: i for i in await people.list_inspectors(by.scope)}
    if inspector not in found:
        raise NotFound()
    return found[inspector]


async def declare_own(recusal: UUID, inspection: UUID, reason: str, *, by: Principal) -> bool:
    """An officer stands back from a visit of theirs, from the phone. Idempotent by ``recusal``."""
    require(by, INSPECTOR)
    if by.inspector_id is None:
        raise Forbidden()
    async with transaction():
        visit = await submission_queries.find_for_inspector(inspection, by.inspector_id)
        enterprise = (await registry.list_by_codes([visit.enterprise_code]))[visit.enterprise_code]
        done = await recusals.declare(recusal, inspector=by.inspector_id, enterprise=enterprise.id, reason=reason, origin="officer", by=by.account_id)
        if done:
            await _tell_managers((await people.list_inspectors_by_id([by.inspector_id]))[by.inspector_id], enterprise.name)
        return done


async def declare_on_site(token: str, officer: str, reason: str) -> None:
    """An enterprise that is being visited asks for an officer to stand back; ``officer`` is the name or the certificate number shown to it.

    Whoever knows a code must not learn from the answer who is visiting: nothing is said where the name fits nobody.
    Raises ``NotFound`` for a code that is no enterprise's, ``TooManyRequests``, ``Invalid`` without a reason.
    """
    if not reason.strip() or not officer.strip():
        raise Invalid(field="reason", why_zh="请填写检查人员和理由", why_en="name the officer and the reason")
    enterprise = await registry.find_by_token(token)
    if enterprise is None:
        raise NotFound()
    await limits.spend(TRIES_ON_SITE, str(enterprise.id))
    async with transaction():
        visitors = await people.list_inspectors_by_id(await queries.list_visitors(enterprise.id))
        wanted = officer.strip()
        found = [v for v in visitors.values() if wanted and wanted in (v.name, v.certificate_no)]
        if len(found) == 1 and await recusals.declare(uuid4(), inspector=found[0].id, enterprise=enterprise.id, reason=reason, origin="enterprise", by=None):
            await _tell_managers(found[0], enterprise.name)


async def declare_as_head(inspector: UUID, code: str, reason: str, *, by: Principal) -> RecusalView | None:
    """A manager takes an officer of the department off an enterprise; at once in force. None where it stood already."""
    require(by, MANAGER)
    async with transaction():
        await _officer_of(inspector, by)
        enterprise = (await registry.list_by_codes([code.strip().upper()])).get(code.strip().upper())
        if enterprise is None or not enterprise.region.startswith(by.region):
            raise Invalid(field="code", why_zh="名录中没有这个代码", why_en="this code is not in the register")
        recusal = uuid4()
        done = await recusals.declare(recusal, inspector=inspector, enterprise=enterprise.id, reason=reason, origin="head", by=by.account_id)
        return await recusals.find(recusal) if done else None


async def decide(recusal: UUID, *, upheld: bool, decision: str, by: Principal) -> RecusalView:
    """A manager of the officer's department decides. Returns the recusal with the visits from which the officer must now be replaced."""
    require(by, MANAGER)
    async with transaction():
        await _officer_of((await recusals.find(recusal)).inspector, by)
        return await recusals.decide(recusal, upheld=upheld, decision=decision, by=by.account_id)


async def end(recusal: UUID, *, by: Principal) -> None:
    require(by, MANAGER)
    async with transaction():
        await _officer_of((await recusals.find(recusal)).inspector, by)
        await recusals.end(recusal, by=by.account_id)


async def list_recusals(by: Principal) -> list[tuple[RecusalView, InspectorView, str]]:
    """(recusal, officer, enterprise's name) of the person's department; an auditor sees all of them."""
    require(by, MANAGER, AUDITOR)
    async with transaction():
        officers = {i.id: i for i in await people.list_inspectors(by.scope)}
        found = await recusals.list_of(list(officers))
        names = await registry.list_names(list({r.enterprise for r in found}))
    return [(r, officers[r.inspector], names[r.enterprise][1]) for r in found]


async def _tell_managers(officer: InspectorView, enterprise: str) -> None:
    for account in await people.list_accounts_of_role(MANAGER):
        if account.active and account.department == officer.department:
            await notify.tell(account.id, "recusal.declared", inspection=None, params={"officer": officer.name, "enterprise": enterprise})
