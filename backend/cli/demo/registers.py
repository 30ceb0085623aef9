"""Registers in the states that their editors are for: certificates about to end, a text to come, a draft with mistakes, an item to be written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from backend.deadlines.rules import REVIEW
from backend.figures.targets import TARGET
from backend.history.queries import list_rows
from backend.items.item_rules import ItemDraft
from backend.items.queries import find_draft, find_item
from backend.kernel import clock
from backend.kernel.ids import new_id
from backend.kernel.scope import Scope
from backend.people import officers, queries
from backend.people.officer_rules import OfficerDraft
from backend.people.rules import Principal
from backend.registry.queries import list_regions
from backend.rulebook.service import CAP
from backend.storage.engine import transaction
from backend.usecases import edit_codes, edit_items

SC01_BASIS = "《中华人民共和国食品安全法》第一百一十条；《食品生产经营监督检查管理办法》"


async def show_registers(manager: Principal, admin: Principal) -> None:
    """Through the verbs of the office, with the people of the demo."""
    today = clock.today()
    await _certificates(manager, today)
    await _items(manager, today)
    cap = next(r for r in await list_rows(CAP) if r["level"] == "county")
    values = {name: cap[name] for name in CAP.columns} | {"source": cap["source"] + "；市级统一口径"}
    await edit_codes.save_code("cap", cap["id"], values, version=1, by=admin)
    await _of_next_year(admin, date(today.year + 1, 1, 1))


async def _of_next_year(admin: Principal, day: date) -> None:
    """A shorter period and a higher target that are decided but do not hold yet."""
    shorter = {"clock": REVIEW, "amount": 3, "unit": "working", "warn": 1, "valid_from": day, "source": "本机关内部办理时限（演示数值）"}
    await edit_codes.save_code("period", new_id(), shorter, version=None, by=admin)
    joint = next(r for r in await list_rows(TARGET) if r["measure"] == "joint")
    values = {name: joint[name] for name in TARGET.columns}
    await edit_codes.save_code("target", joint["id"], values | {"valid_to": day}, version=joint["version"], by=admin)
    higher = values | {"value": 650, "valid_from": day, "source": "督查室考核办法（演示数值）"}
    await edit_codes.save_code("target", new_id(), higher, version=None, by=admin)


async def _certificates(manager: Principal, today: date) -> None:
    """Of the manager's own officers, but for the two whom visitors sign in as."""
    own = sorted(await queries.list_inspectors(Scope(manager.department, manager.region)), key=lambda o: o.certificate_no)
    later = [o for o in own if o.is_valid and o.certificate_expires_on > today][-3:]
    counties = {r.code for r in await list_regions()}
    for officer, days in zip(later, (18, 26, 49), strict=True):
        draft = OfficerDraft(
            officer.name, officer.certificate_no, today + timedelta(days=days), officer.qualifications, officer.counties, officer.phone
        )
        async with transaction():
            await officers.change_officer(
                officer.id, draft, version=officer.version, counties=counties, scope=manager.scope, by=manager.account_id
            )


async def _items(manager: Principal, today: date) -> None:
    food = await find_item("SC01")
    draft = ItemDraft(food.name_zh, food.name_en, food.category, food.legal_basis, food.method, food.qualification)
    later = today + timedelta(days=21)
    await edit_items.change_item("SC01", replace(draft, legal_basis=SC01_BASIS), effective_from=later, version=food.version, by=manager)
    scales = ItemDraft("计量器具监督检查", "Measuring instruments", "general", "《中华人民共和国计量法》第十八条", "onsite", "law")
    await edit_items.add_item("SC05", scales, valid_from=today, by=manager)
    # The next version of one checklist is published, of another it is being written.
    await edit_items.open_draft("SC04", by=manager)
    held = await find_draft("SC04")
    assert held is not None
    questions = [q | {"law": "市场主体登记管理条例 第三十六条；电子营业执照同样有效"} if q["id"] == "licence" else q for q in held.questions]
    version = await edit_items.save_draft("SC04", held.title_zh, held.title_en, questions, version=held.version, by=manager)
    await edit_items.publish_checklist("SC04", "明确电子营业执照同样有效", version=version, by=manager)
    await edit_items.open_draft("SC03", by=manager)
    held = await find_draft("SC03")
    assert held is not None
    new = dict.fromkeys(held.questions[0], "") | {"id": "q1", "type": "number", "zh": "使用年限", "min": "0", "max": "三十"}
    await edit_items.save_draft("SC03", held.title_zh, held.title_en, [*held.questions[:-1], new, held.questions[-1]], version=held.version, by=manager)
