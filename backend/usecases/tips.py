"""投诉举报: filed by anybody, sorted, answered and followed by a visit where it needs one; what is about officers is the oversight office's."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from backend.deadlines.queries import load_book
from backend.deadlines.rules import Lamp, judge
from backend.inspections import queries as inspections
from backend.inspections.rules import COMPLAINT, AdhocPlan
from backend.intake import queries as files
from backend.intake import service as intake
from backend.intake.queries import FileContent, FileView
from backend.intake.rules import JPEG, Clean, NotTaken
from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid, NotFound
from backend.limits import service as limits
from backend.limits.rules import Limit, network
from backend.notify import service as notify
from backend.people import queries as people
from backend.people.rules import AUDITOR, MANAGER, Principal
from backend.people.service import require
from backend.registry import queries as registry
from backend.storage.engine import transaction
from backend.tips import queries, rules, service
from backend.tips.queries import MessageView, TipView
from backend.tips.rules import Category, Filing
from backend.tips.service import Filed
from backend.usecases.adhoc import find_enterprise, open_within

FILINGS = Limit("tip", 15, timedelta(minutes=10))
LOOKS = Limit("tip-code", 30, timedelta(minutes=10))
PHOTOS = "tip"  # the word under which they are kept among strangers' files


@dataclass(frozen=True, slots=True)
class Followed:
    """What a code shows: the citizen's own matter, the one that it goes on in, its answers, the day by which something is owed, the results
    that came of it. ``own``: what the citizen has added; ``answers``: the office's words."""

    tip: TipView
    lead: TipView
    own: Sequence[MessageView]
    answers: Sequence[MessageView]
    due_on: date | None
    results: Sequence[str]


async def _check(filing: Filing, n_photos: int) -> Category:
    category = next((c for c in await queries.list_categories(clock.today()) if c.code == filing.category), None)
    category = rules.check_filing(filing, category)
    if filing.county not in {r.code for r in await registry.list_regions()}:
        raise Invalid(field="county", why_zh="请选择区县", why_en="choose the county")
    if n_photos > rules.MOST_PHOTOS:
        raise Invalid(field="photos", why_zh=f"照片最多 {rules.MOST_PHOTOS} 张", why_en=f"at most {rules.MOST_PHOTOS} photos")
    return category


async def _picture(raw: bytes, name: str) -> Clean:
    clean = await intake.inspect(raw, name)
    if clean.media_type != JPEG:
        raise NotTaken(name=clean.name, why_zh="只接受照片（JPEG、PNG、WebP）", why_en="only photos (JPEG, PNG, WebP) are accepted")
    return clean


async def file(form: UUID, filing: Filing, photos: Sequence[tuple[str, bytes]], *, address: str) -> Filed:
    """``photos``: (name, bytes) as they came. Raises ``Invalid`` naming the field, ``NotTaken``, ``Conflict`` for other words under the same form,
    ``TooManyRequests``."""
    await limits.spend(FILINGS, network(address))
    async with transaction():
        category = await _check(filing, len(photos))
    pictures = [await _picture(raw, name) for name, raw in photos]
    async with transaction():
        filed = await service.file(form, filing, category, [hashlib.sha256(p.content).hexdigest() for p in pictures])
        await intake.keep(pictures, purpose=PHOTOS, subject=filed.id)
        if filed.is_new:
            department = category.department if category.subject == rules.ENTERPRISE else None
            await _tell(department, filing.county, "tip.filed", filed.id, f"{filed.number}：{category.zh}", f"{filed.number}: {category.en}")
        return filed


async def follow(code: str, *, address: str) -> Followed:
    """What a code opens. Raises ``NoSuchCode``, ``TooManyRequests``."""
    await limits.spend(LOOKS, network(address))
    async with transaction():
        return await _followed(await queries.find_by_code(code))


async def add(code: str, message: UUID, text: str, *, address: str) -> Followed:
    """Raises as ``follow``, and ``Invalid``, ``NotOpen``."""
    await limits.spend(LOOKS, network(address))
    async with transaction():
        tip = await queries.find_by_code(code)
        if await service.add(tip, message, text):
            await _tell(tip.department, tip.county, "tip.added", tip.id, f"{tip.number}：当事人补充了情况", f"{tip.number}: more was added")
        return await _followed(tip)


async def _followed(tip: TipView) -> Followed:
    lead = await queries.find_lead(tip)
    said = [m for m in await queries.list_messages(tip.id) if m.author is None]
    answers = [m for t in dict.fromkeys((tip.id, lead.id)) for m in await queries.list_messages(t) if m.author is not None]
    lamp = await lamp_of(lead)
    results = [v.result for v in await queries.list_visits(lead.id) if v.result]
    return Followed(tip, lead, said, sorted(answers, key=lambda m: m.at), lamp.due_on if lamp else None, results)


async def list_photos(tip: TipView) -> Sequence[FileView]:
    """For a caller that has found the matter; erased ones are not among them."""
    return [f for f in (await files.list_files(PHOTOS, [tip.id]))[tip.id] if f.erased_at is None]


async def list_erased(tip: TipView) -> Sequence[str]:
    """The hashes of the photos that were erased with it. For a caller that has found the matter."""
    return [f.sha256 for f in (await files.list_files(PHOTOS, [tip.id]))[tip.id] if f.erased_at is not None]


async def find_photo(tip: UUID, photo: UUID, by: Principal) -> FileContent:
    """Raises ``NotFound`` also for a matter that the person may not see."""
    view = await queries.find_tip(tip, by)
    found = await files.find_file(photo, purpose=PHOTOS, subject=view.id)
    if found is None:
        raise NotFound()
    return found


async def lamp_of(tip: TipView) -> Lamp | None:
    return judge(tip.clock, tip.since, await load_book(), clock.today()) if tip.clock and tip.since else None


async def _handled(tip: UUID, by: Principal) -> TipView:
    """A matter that the person may decide on. Raises ``NotFound``, ``Forbidden``."""
    view = await queries.find_tip(tip, by)
    if not rules.may_handle(by, view.subject, view.department):
        raise Forbidden()
    return view


async def assign(tip: UUID, to: str, *, reason: str, version: int, by: Principal) -> None:
    """To another department, or to the oversight office where ``to`` is empty. Raises ``Forbidden``, ``Invalid``, ``TipMoved``, ``NotOpen``."""
    async with transaction():
        view = await queries.find_tip(tip, by)
        if not rules.may_assign(by, view.subject, view.department):
            raise Forbidden()
        if to == (view.department or "") or (to and to not in {d.code for d in await people.list_open_departments()}):
            raise Invalid(field="to", why_zh="请选择另一个部门", why_en="choose another department")
        await service.assign(view, to or None, reason=reason, version=version, by=by.account_id)
        await _tell(to or None, view.county, "tip.assigned", tip, f"{view.number}：{reason.strip()[:80]}", f"{view.number}: {reason.strip()[:80]}")


async def decide(tip: UUID, *, accepted: bool, reason: str, version: int, by: Principal) -> None:
    async with transaction():
        await service.decide(await _handled(tip, by), accepted=accepted, reason=reason, version=version, by=by.account_id)


async def extend(tip: UUID, *, reason: str, version: int, by: Principal) -> None:
    """By the head of whoever handles it, while the time runs. Raises ``Forbidden``, ``TipMoved``, ``NotOpen``, ``NotExtendable``, ``Invalid``."""
    async with transaction():
        view = await _handled(tip, by)
        if not rules.may_extend(by, view.subject, view.department):
            raise Forbidden()
        lamp = await lamp_of(view)
        if lamp is not None and lamp.left < 0:
            raise rules.NotExtendable()
        await service.extend(view, reason=reason, version=version, by=by.account_id)


async def join(tip: UUID, lead: UUID, *, version: int, by: Principal) -> None:
    async with transaction():
        await service.join(await _handled(tip, by), await _handled(lead, by), version=version, by=by.account_id)


async def answer(tip: UUID, message: UUID, text: str, *, version: int, by: Principal) -> None:
    async with transaction():
        await service.answer(await _handled(tip, by), message, text, version=version, by=by.account_id)


async def close(tip: UUID, message: UUID, text: str, *, version: int, by: Principal) -> None:
    async with transaction():
        await service.close(await _handled(tip, by), message, text, version=version, by=by.account_id)


async def unseal(tip: UUID, *, by: Principal) -> tuple[str, str]:
    """(name, phone), for who handles it; each look is in the log. Raises ``NotFound`` for an anonymous one."""
    async with transaction():
        return await service.unseal(await _handled(tip, by), by=by.account_id)


async def open_visit(tip: UUID, plan: AdhocPlan, *, version: int, by: Principal) -> UUID:
    """A visit because of it: not drawn, announced without the enterprise, on file under the matter's number. Gives its campaign.

    Raises as ``adhoc.open_adhoc``, and ``TipMoved``, ``NotOpen``.
    """
    require(by, MANAGER)
    async with transaction():
        view = await _handled(tip, by)
        enterprise = await find_enterprise(plan.enterprise_code, by)
        if enterprise is None or (view.enterprise is not None and enterprise.id != view.enterprise):
            raise Invalid(field="enterprise_code", why_zh="须为所反映的企业", why_en="it must be the enterprise that was reported")
        if plan.kind != COMPLAINT or plan.source_ref.strip() != view.number:
            raise Invalid(field="source_ref", why_zh=f"编号须为 {view.number}", why_en=f"the number must be {view.number}")
        campaign, inspection = await open_within(plan, by=by)
        number = (await inspections.find_campaign(campaign, by.scope)).number
        await service.link_visit(view, inspection, campaign, number, enterprise.id, version=version, by=by.account_id)
        return campaign


async def _tell(department: str | None, county: str, kind: str, tip: UUID, zh: str, en: str) -> None:
    """Whoever will handle it: the department's managers, or the oversight office."""
    for account in await people.list_accounts_of_role(MANAGER if department else AUDITOR):
        if account.active and county.startswith(account.region) and (department is None or account.department == department):
            await notify.tell(account.id, kind, inspection=None, params={"tip": str(tip), "zh": zh, "en": en})
