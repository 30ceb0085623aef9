"""Many visits at once: first what would happen to each and which cannot, then the run. Each row is done wholly or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from backend.desk import queries, rules, service
from backend.desk.queries import RunView
from backend.inspections import handling
from backend.inspections.queries import InspectionPlace, find_place
from backend.inspections.rules import STATES, WrongState
from backend.inspections.submissions import lock_inspection
from backend.kernel import clock
from backend.kernel.errors import DomainError, Forbidden, Invalid, NotFound
from backend.notify import service as notify
from backend.people import queries as people
from backend.people.rules import MANAGER, REVIEWER, Principal
from backend.people.service import require
from backend.storage.engine import connection, transaction
from backend.usecases.comment import list_colleagues


@dataclass(frozen=True, slots=True)
class Order:
    """What to do: ``due_on`` and ``reason`` to extend, ``reviewer`` to assign, nothing more to remind."""

    action: str
    due_on: date | None = None
    reason: str = ""
    reviewer: UUID | None = None


class _Undo(Exception):
    """Takes back what a preview did to a row."""


async def preview(order: Order, rows: Sequence[UUID], *, by: Principal) -> list[dict[str, Any]]:
    """What the run would give, row by row. Nothing is kept: each row is done and taken back, so that the preview cannot differ from the run."""
    require(by, MANAGER, REVIEWER)
    rules.check_run(order.action, len(set(rows)))
    async with transaction():
        return [await _one(order, row, by, keep=False) for row in dict.fromkeys(rows)]


async def run(run_id: UUID, order: Order, rows: Sequence[UUID], *, by: Principal) -> RunView:
    """Do it. Idempotent by ``run_id``: the same again gives what was given. Raises ``Invalid`` for what no run can be."""
    require(by, MANAGER, REVIEWER)
    async with transaction():
        await connection().execute("select pg_advisory_xact_lock(hashtext($1))", f"run:{run_id}")
        try:
            return await queries.find_run(run_id, by.account_id)
        except NotFound:
            rules.check_run(order.action, len(set(rows)))
        results = [await _one(order, row, by, keep=True) for row in dict.fromkeys(rows)]
        params = {"due_on": order.due_on.isoformat() if order.due_on else "", "reason": order.reason, "reviewer": str(order.reviewer or "")}
        await service.keep_run(run_id, action=order.action, params=params, results=results, account=by.account_id)
        return await queries.find_run(run_id, by.account_id)


async def _one(order: Order, row: UUID, by: Principal, *, keep: bool) -> dict[str, Any]:
    """{"inspection", "name", "ok", "zh", "en"}: done, or refused with the reason. In a savepoint of its own."""
    name = ""
    told = {"inspection": str(row)}
    try:
        async with connection().transaction():
            await lock_inspection(row)
            place = await find_place(row, by.scope)
            name = place.enterprise_name
            if place.department != by.department:
                raise Forbidden()
            zh, en = await {rules.REMIND: _remind, rules.EXTEND: _extend, rules.ASSIGN: _assign}[order.action](order, place, by)
            if not keep:
                raise _Undo
    except _Undo:
        pass
    except WrongState as e:
        state_zh, state_en = STATES[str(e.fields["state"])]
        return {**told, "name": name, "ok": False, "zh": f"当前状态（{state_zh}）不能进行此操作", "en": f"not in the present state ({state_en})"}
    except DomainError as e:
        zh, en = (str(e.fields["why_zh"]), str(e.fields["why_en"])) if isinstance(e, Invalid) else (e.message("zh"), e.message("en"))
        return {**told, "name": name, "ok": False, "zh": zh, "en": en}
    return {**told, "name": name, "ok": True, "zh": zh, "en": en}


async def _accounts(place: InspectionPlace) -> list[tuple[UUID, str]]:
    officers = await people.list_inspectors_by_id(list(place.officers))
    return [(o.account, o.name) for o in officers.values() if o.account is not None]


async def _remind(_order: Order, place: InspectionPlace, by: Principal) -> tuple[str, str]:
    if place.state not in handling.TO_VISIT:
        raise WrongState(state=place.state)
    reminded = await connection().fetch("select created_at from inbox_entry where kind = 'inspection.reminded' and inspection = $1", place.id)
    if any(clock.day_of(r["created_at"]) == clock.today() for r in reminded):
        raise Invalid(field="rows", why_zh="今天已催办过", why_en="reminded today already")
    officers = await _accounts(place)
    if not officers:
        raise Invalid(field="rows", why_zh="检查人员没有账号，无法通知", why_en="its officers have no account to be told on")
    day = place.due_on.isoformat()
    shop = place.enterprise_name
    texts = {"enterprise": shop, "zh": f"请尽快完成：{shop}，期限 {day}", "en": f"Please finish: {shop}, due {day}"}
    for account, _name in officers:
        await notify.tell(account, "inspection.reminded", inspection=place.id, params=texts)
    await service.remind(place.id, officers=place.officers, by=by.account_id)
    names = "、".join(name for _account, name in officers)
    return f"通知 {names}", f"{names} are told"


async def _extend(order: Order, place: InspectionPlace, by: Principal) -> tuple[str, str]:
    require(by, MANAGER)
    if order.due_on is None:
        raise Invalid(field="due_on", why_zh="请选择新的期限", why_en="choose the new deadline")
    before, entry = await handling.extend(place.id, due_on=order.due_on, reason=order.reason, by=by.account_id)
    await service.note_extension(place.id, before=before, after=order.due_on, reason=order.reason, entry=entry, by=by.account_id)
    day = order.due_on.isoformat()
    texts = {"enterprise": place.enterprise_name, "zh": f"{place.enterprise_name}，延至 {day}", "en": f"{place.enterprise_name}, now due {day}"}
    for account, _name in await _accounts(place):
        await notify.tell(account, "inspection.extended", inspection=place.id, params=texts)
    return f"期限由 {before} 延至 {day}", f"due {day} instead of {before}"


async def _assign(order: Order, place: InspectionPlace, by: Principal) -> tuple[str, str]:
    reviewers = {a.id: a for a in await list_colleagues(place.department, place.county) if a.role == REVIEWER}
    chosen = reviewers.get(order.reviewer) if order.reviewer else None
    if chosen is None:
        raise Invalid(field="reviewer", why_zh="请选择本部门能查看该区县的审核员", why_en="choose a reviewer of the department who sees this county")
    if chosen.id in {account for account, _name in await _accounts(place)}:
        raise Invalid(field="reviewer", why_zh="此人参加了这次检查，不能审核", why_en="this person took part in the visit and cannot review it")
    await handling.assign_reviewer(place.id, reviewer=chosen.id, by=by.account_id)
    if chosen.id != by.account_id:
        texts = {"enterprise": place.enterprise_name, "zh": place.enterprise_name, "en": place.enterprise_name}
        await notify.tell(chosen.id, "review.assigned", inspection=place.id, params=texts)
    return f"由 {chosen.name} 审核", f"{chosen.name} reviews it"
