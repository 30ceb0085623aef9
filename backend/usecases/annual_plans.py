"""A department's yearly plan from its draft to the campaigns made of it: who may do what, the check of its lines, who is told.

Only managers of the department and region write; whom a step waits for decides; what is in force is read by the whole region.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from backend.inspections import service as inspections
from backend.items.queries import list_items
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid
from backend.notify import service as notify
from backend.people import queries as people
from backend.people.rules import MANAGER, Principal
from backend.people.service import require
from backend.planning import lines as plan_lines
from backend.planning import queries, rules, service
from backend.planning.queries import EditionView, LineView
from backend.planning.rules import Head, Line
from backend.rulebook.queries import find_limits
from backend.storage.engine import transaction


def may_write(who: Principal, plan: EditionView) -> bool:
    return who.role == MANAGER and who.department == plan.department and who.region == plan.region


def waits_for(who: Principal, plan: EditionView) -> bool:
    """Whether the edition waits for somebody of this person's office. Whether it may be this very person, the verb says."""
    step = plan.waits_for
    return step is not None and rules.may_decide(
        step["role"], role=who.role, department=who.department, region=who.region, plan_department=plan.department, plan_region=plan.region
    )


async def find_own(plan: UUID, by: Principal) -> EditionView:
    """The newest edition, for somebody who may write it. Raises ``NotFound``, ``Forbidden``."""
    edition = await queries.find_edition(plan, by.scope)
    if not may_write(by, edition):
        raise Forbidden()
    return edition


async def draft_plan(plan: UUID, *, year: int, is_joint: bool, head: Head, by: Principal) -> None:
    """Idempotent by ``plan``. Raises ``Forbidden``, ``Invalid`` naming the field."""
    require(by, MANAGER)
    async with transaction():
        await service.draft_plan(plan, service.Owner(by.department or "", by.region, year, is_joint), head, by=by.account_id)


async def save_head(plan: UUID, head: Head, *, version: int, by: Principal) -> None:
    """Raises ``NotFound``, ``Forbidden``, ``Invalid``, ``WrongPlanState``, ``ChangedByOther``."""
    async with transaction():
        await service.save_head(await find_own(plan, by), head, version=version)


async def check_line(edition: EditionView, line: Line) -> None:
    """Hold a line against the rules and the registers of its first day. Raises ``Invalid`` naming the field."""
    limits = await find_limits(line.campaign.departments, edition.region, line.first_on)
    items = {i.code: i.department for i in await list_items(on=line.first_on)}
    rules.check_line(line, year=edition.year, is_joint=edition.is_joint, scope=edition.scope, limits=limits, items=items)


async def save_line(plan: UUID, line: Line, *, version: int | None, by: Principal) -> None:
    """Add a line (``version`` None) or change one. Raises as ``check_line`` and ``lines.add_line`` or ``change_line`` do."""
    async with transaction():
        edition = await find_own(plan, by)
        await check_line(edition, line)
        if version is None:
            await plan_lines.add_line(edition.edition_id, line, by=by.account_id)
        else:
            await plan_lines.change_line(edition.edition_id, line, version=version, by=by.account_id)


async def remove_line(plan: UUID, key: UUID, *, version: int, by: Principal) -> None:
    """Raises ``NotFound``, ``Forbidden``, ``WrongPlanState``, ``ChangedByOther``."""
    async with transaction():
        await plan_lines.remove_line((await find_own(plan, by)).edition_id, key, version=version)


async def _problems(edition: EditionView, lines: Sequence[LineView]) -> list[tuple[str, str]]:
    """What keeps the lines from being submitted, each in both languages."""
    found = []
    for view in lines:
        try:
            await check_line(edition, view.line)
        except Invalid as e:
            zh, en = rules.FIELD_NAMES.get(str(e.fields["field"]), (str(e.fields["field"]),) * 2)
            name = view.line.campaign.name
            found.append((f"“{name}”{zh}：{e.fields['why_zh']}", f"“{name}”, {en}: {e.fields['why_en']}"))
    return found


async def submit(plan: UUID, *, by: Principal) -> None:
    """Into the approval chain; whom the first step waits for is told. Raises ``LinesNotReady``, ``NoChain``, ``Invalid``, ``WrongPlanState``."""
    async with transaction():
        edition = await find_own(plan, by)
        lines = (await queries.list_lines([edition.edition_id]))[edition.edition_id]
        if problems := await _problems(edition, lines):
            raise rules.LinesNotReady(zh="；".join(zh for zh, _en in problems), en="; ".join(en for _zh, en in problems))
        chain = rules.chain_of(await queries.list_steps(), edition.department, edition.region, clock.today())
        await service.submit(edition, lines, chain, by=by.account_id)
        await _tell_next(plan, by)


async def _tell_next(plan: UUID, by: Principal) -> None:
    edition = await queries.find_edition(plan, by.scope)
    step = edition.waits_for
    if step is None:
        return
    authors = await queries.list_authors(edition.edition_id)
    for account in await people.list_accounts_of_role(step["role"]):
        fits = rules.may_decide(
            step["role"],
            role=account.role,
            department=account.department,
            region=account.region,
            plan_department=edition.department,
            plan_region=edition.region,
        )
        if account.active and fits and account.id not in authors:
            await _tell(account.id, "plan.waits", edition, step["zh"], step["en"])


async def _tell(account: UUID, kind: str, edition: EditionView, zh: str, en: str) -> None:
    texts = {"zh": f"{edition.name}（{zh}）" if zh else edition.name, "en": f"{edition.name} ({en})" if en else edition.name}
    await notify.tell(account, kind, inspection=None, params={**texts, "plan": str(edition.id)})


async def decide(plan: UUID, *, verdict: str, reason: str, at_step: int, in_round: int, by: Principal) -> str:
    """One step's decision. The next step's people are told, or those who wrote it. Returns the state.

    Raises ``Forbidden`` for whoever it does not wait for, ``OwnPlan``, ``SecondVoice``, ``Invalid``, ``Conflict``, ``WrongPlanState``.
    """
    async with transaction():
        edition = await queries.find_edition(plan, by.scope)
        if edition.state != rules.SUBMITTED:
            raise rules.wrong_state(edition.state)
        if not waits_for(by, edition):
            raise Forbidden()
        state = await service.decide(edition, verdict=verdict, reason=reason, at_step=at_step, in_round=in_round, by=by.account_id)
        if state == rules.SUBMITTED:
            await _tell_next(plan, by)
        else:
            kind = "plan.returned" if state == rules.RETURNED else "plan.approved"
            for author in sorted({edition.created_by, edition.submitted_by or edition.created_by}):
                await _tell(author, kind, edition, reason.strip()[:80], reason.strip()[:80])
        return state


async def publish(plan: UUID, *, by: Principal) -> None:
    """Idempotent. Raises ``NotFound``, ``Forbidden``, ``WrongPlanState``."""
    async with transaction():
        newest = await find_own(plan, by)
        await service.publish(await find_in_force(plan, by) or newest, by=by.account_id)


async def reopen(plan: UUID, *, reason: str, by: Principal) -> int:
    """The next edition as a draft; a second click gives the same one. Raises ``Invalid``, ``NotFound``, ``Forbidden``, ``WrongPlanState``."""
    async with transaction():
        return await service.reopen(await find_own(plan, by), reason=reason, by=by.account_id)


async def drop(plan: UUID, *, by: Principal) -> None:
    async with transaction():
        await service.drop(await find_own(plan, by), by=by.account_id)


async def find_in_force(plan: UUID, by: Principal) -> EditionView | None:
    """The edition that campaigns are made from."""
    return next((e for e in await queries.list_editions(by.scope, plan=plan) if e.state in rules.IN_FORCE), None)


async def begin_campaign(plan: UUID, key: UUID, *, by: Principal) -> UUID:
    """A draft campaign from a line in force. A second click gives the same one.

    Raises ``NotFound``, ``Forbidden``, ``WrongPlanState`` for a plan that is not approved, ``Invalid`` where the line no longer holds.
    """
    require(by, MANAGER)
    async with transaction():
        newest = await find_own(plan, by)
        if there := await service.find_campaign_of(plan, key):
            return there
        edition = await find_in_force(plan, by)
        if edition is None:
            raise rules.wrong_state(newest.state)
        line = (await queries.find_line(edition.edition_id, key)).line
        campaign = replace(line.campaign, plan_name=f"{edition.name}（{edition.number}）")
        made = await inspections.create_campaign(campaign, by=by.account_id, scope=by.scope)
        await service.note_campaign(edition, key, made, by=by.account_id)
        return made


async def list_waiting_for(who: Principal) -> list[EditionView]:
    """Editions that wait for this person, the oldest first."""
    found = [e for e in await queries.list_waiting() if waits_for(who, e)]
    return [e for e in found if who.account_id not in await queries.list_authors(e.edition_id)]


async def list_unbegun(who: Principal, today: date) -> list[tuple[EditionView, LineView]]:
    """Lines of this manager's plans in force whose window has begun and of which no campaign was made."""
    editions = [e for e in await queries.list_editions(who.scope, year=today.year) if e.state in rules.IN_FORCE and may_write(who, e)]
    links = await queries.list_links([e.id for e in editions])
    lines = await queries.list_lines([e.edition_id for e in editions])
    return [(e, view) for e in editions for view in lines[e.edition_id] if view.key not in links and view.line.first_on < today]
