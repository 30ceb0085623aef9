"""A complaint or tip from its filing to its end: who sees it, what moves it, what the log knows, what the code shows."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from PIL import Image

from backend.deadlines.queries import load_book
from backend.deadlines.rules import bounds
from backend.inspections.rules import AdhocPlan
from backend.kernel import clock
from backend.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from backend.notify.queries import list_inbox
from backend.publicity import queries as publicity
from backend.storage.engine import connection, transaction
from backend.tips import queries, rules
from backend.tips.queries import TipFilter
from backend.tips.rules import Filing
from backend.tips.service import Filed
from backend.usecases import erasing, tips
from tests.usecases.test_adhoc import enterprise_in, team
from tests.usecases.test_records import principal

WORDS = "冷柜里的牛奶过期三天还在卖，店员说没空换"
PHONE = "13912345678"


def picture(shade: int = 90) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 200), (shade, 80, 40)).save(out, "JPEG")
    return out.getvalue()


async def filed(form: UUID | None = None, photos: int = 0, **changed) -> Filed:
    filing = Filing("food", None, "", "测试超市", "", "530302", "一楼", WORDS, "", "")
    return await tips.file(form or uuid4(), replace(filing, **changed), [(f"{n}.jpg", picture(n)) for n in range(photos)], address=str(uuid4()))


async def see(tip: UUID, by) -> queries.TipView:
    return await queries.find_tip(tip, by)


async def accepted(by, **changed) -> queries.TipView:
    tip = (await filed(**changed)).id
    await tips.decide(tip, accepted=True, reason="", version=1, by=by)
    return await see(tip, by)


async def test_the_same_form_again_is_the_same_and_other_words_are_refused(demo):
    form = uuid4()
    one = await filed(form, photos=2)
    two = await filed(form, photos=2)
    assert (one.number, one.code, one.is_new, two.is_new) == (two.number, two.code, True, False)
    assert one.number.startswith(f"JB-{clock.today().year}-")
    for changed in ({"text": WORDS + "。"}, {"phone": PHONE, "name": "王"}):
        with pytest.raises(Conflict):
            await filed(form, photos=2, **changed)
    with pytest.raises(Conflict):
        await filed(form, photos=1)
    assert one.id != form, "who reads the row cannot ask for the code with it"
    async with transaction():
        assert await connection().fetchval("select count(*) from received_file where purpose = 'tip' and subject = $1", one.id) == 2


async def test_numbers_have_no_gaps_and_each_track_its_own(demo):
    async with transaction():
        before = await connection().fetch("select track, max(serial) as n from tip group by track")
    last = {row["track"]: row["n"] for row in before}
    with pytest.raises(Invalid):
        await filed(text="短")
    tip, complaint = await filed(), await filed(category="consumer", name="王", phone=PHONE)
    assert tip.number.endswith(f"{last['tip'] + 1:06d}")
    assert complaint.number == f"TS-{clock.today().year}-{last['complaint'] + 1:06d}"


async def test_what_stands_in_tables_and_log_gives_nobody_away(demo):
    one = await filed(photos=1, name="赵女士", phone=PHONE, place="幸福小区北门")
    manager = await principal("manager")
    await tips.unseal(one.id, by=manager)
    async with transaction():
        row = str(dict(await connection().fetchrow("select * from tip where id = $1", one.id)))
        entries = await connection().fetch(
            "select e.type, e.actor, p.is_public, p.payload::text as said from ledger_entry e join ledger_payload p using (entry_id)"
            " where e.subject = $1 order by e.at",
            str(one.id),
        )
    for secret in (PHONE, "赵女士", one.code, rules.show_code(one.code)):
        assert secret not in row
    assert [e["type"] for e in entries] == ["tip.filed", "tip.unsealed"]
    assert entries[0]["actor"] == "system"
    for entry in entries:
        assert not entry["is_public"]
        for secret in (PHONE, "赵女士", WORDS, "幸福小区", "测试超市", one.code):
            assert secret not in entry["said"]


async def test_the_contact_opens_for_who_handles_it_and_each_look_is_in_the_log(demo):
    one, nameless = await filed(name="赵女士", phone=PHONE), await filed()
    manager = await principal("manager")
    assert await tips.unseal(one.id, by=manager) == ("赵女士", PHONE)
    with pytest.raises(NotFound):
        await tips.unseal(nameless.id, by=manager)
    with pytest.raises(Forbidden):
        await tips.unseal(one.id, by=await principal("auditor"))
    for stranger in ("manager2", "admin", "inspector"):
        with pytest.raises((NotFound, Forbidden)):
            await tips.unseal(one.id, by=await principal(stranger))
    async with transaction():
        assert await connection().fetchval("select count(*) from ledger_entry where type = 'tip.unsealed' and subject = $1", str(one.id)) == 1


async def test_each_sees_the_own_departments_and_what_is_about_officers_only_the_oversight_office(demo):
    shop, fire = await filed(), await filed(category="fire")
    officer = await filed(category="bribe", accused="张三，滇D-001", enterprise_name="")
    book = await load_book()

    async def listed(name: str) -> set[UUID]:
        return {t.id for t in await queries.list_tips(await principal(name), TipFilter(), bounds(book, clock.today()), limit=500)}

    assert {shop.id} <= await listed("manager") and not {fire.id, officer.id} & await listed("manager")
    assert {shop.id} <= await listed("reviewer") and officer.id not in await listed("reviewer")
    assert {fire.id} <= await listed("manager2") and not {shop.id, officer.id} & await listed("manager2")
    assert {shop.id, fire.id, officer.id} <= await listed("auditor")
    for name in ("admin", "inspector"):
        with pytest.raises(Forbidden):
            await listed(name)
    for name, hidden in (("manager", officer), ("reviewer", officer), ("manager2", officer), ("manager2", shop), ("manager", fire)):
        with pytest.raises(NotFound):
            await see(hidden.id, await principal(name))
    told = {}
    for name in ("manager", "manager2", "auditor"):
        told[name] = {e.params["tip"] for e in await list_inbox((await principal(name)).account_id) if e.kind == "tip.filed"}
    assert str(shop.id) in told["manager"] and str(fire.id) in told["manager2"] and str(officer.id) in told["auditor"]
    assert str(officer.id) not in told["manager"] | told["manager2"]


async def test_a_county_sees_its_own(demo):
    one = await filed(county="530303")
    manager = await principal("manager")
    assert (await see(one.id, replace(manager, region="530303"))).number == one.number
    with pytest.raises(NotFound):
        await see(one.id, replace(manager, region="530302"))


async def test_the_clocks_are_the_statutory_ones_and_turn_with_the_decision(demo):
    manager, book, today = await principal("manager"), await load_book(), clock.today()
    tip, complaint = await filed(), await filed(category="consumer", name="王", phone=PHONE)
    for one, first, second in ((tip, (15, "working"), (90, "natural")), (complaint, (7, "working"), (60, "rolling"))):
        lamp = await tips.lamp_of(await see(one.id, manager))
        assert lamp and lamp.due_on == book.add(today, *first)
        await tips.decide(one.id, accepted=True, reason="", version=1, by=manager)
        lamp = await tips.lamp_of(await see(one.id, manager))
        assert lamp and lamp.due_on == book.add(today, *second)


async def test_counts_and_filters_by_lamp_say_what_each_lamp_says(demo):
    manager, book, today = await principal("manager"), await load_book(), clock.today()
    known = bounds(book, today)
    rows = await queries.list_tips(manager, TipFilter(), known, limit=500)
    lamps = {t.id: await tips.lamp_of(t) for t in rows}
    for colour in ("red", "yellow", "green"):
        found = {t.id for t in await queries.list_tips(manager, TipFilter(lamp=colour), known, limit=500)}
        assert found == {i for i, lamp in lamps.items() if lamp and lamp.colour == colour}, colour
    assert {lamp.colour for lamp in lamps.values() if lamp} >= {"red", "green"}, "the demo shows more than one"
    filed_, late = await queries.count_open(manager, known)
    assert (filed_, late) == (sum(t.state == "filed" for t in rows), sum(bool(lamp and lamp.colour == "red") for lamp in lamps.values()))


async def test_a_refusal_needs_its_reason_and_the_code_shows_it(demo):
    reviewer, one = await principal("reviewer"), await filed()
    with pytest.raises(Invalid):
        await tips.decide(one.id, accepted=False, reason=" ", version=1, by=reviewer)
    await tips.decide(one.id, accepted=False, reason="不属于本部门职责", version=1, by=reviewer)
    followed = await tips.follow(rules.show_code(one.code).lower(), address="a")
    assert (followed.tip.state, followed.tip.reason, followed.due_on) == ("declined", "不属于本部门职责", None)
    with pytest.raises(rules.NotOpen):
        await tips.add(one.code, uuid4(), "还有一件事情", address="a")
    with pytest.raises(rules.NotOpen):
        await tips.decide(one.id, accepted=True, reason="", version=2, by=reviewer)


async def test_of_two_colleagues_the_second_is_told(demo):
    manager, reviewer, one = await principal("manager"), await principal("reviewer"), await filed()
    await tips.decide(one.id, accepted=True, reason="", version=1, by=manager)
    for act in (
        tips.decide(one.id, accepted=False, reason="重复反映的问题", version=1, by=reviewer),
        tips.answer(one.id, uuid4(), "正在核查", version=1, by=reviewer),
        tips.assign(one.id, "xfjy", reason="属消防职责", version=1, by=manager),
    ):
        with pytest.raises(rules.TipMoved):
            await act


async def test_answers_and_what_is_added_meet_under_the_code(demo):
    manager = await principal("manager")
    one = await filed()
    await tips.decide(one.id, accepted=True, reason="", version=1, by=manager)
    message, answer = uuid4(), uuid4()
    for _ in range(2):
        followed = await tips.add(one.code, message, "今天又看到他们在卖", address="a")
    assert [m.text for m in followed.own] == ["今天又看到他们在卖"], "a second click"
    for _ in range(2):
        await tips.answer(one.id, answer, "已安排现场核查", version=2, by=manager)
    assert str(one.id) in {e.params["tip"] for e in await list_inbox(manager.account_id) if e.kind == "tip.added"}
    await tips.close(one.id, uuid4(), "已责令下架并立案", version=3, by=manager)
    followed = await tips.follow(one.code, address="a")
    assert [(m.kind, m.text) for m in followed.answers] == [("answer", "已安排现场核查"), ("closing", "已责令下架并立案")]
    assert (followed.tip.state, followed.due_on) == ("closed", None)


async def test_closing_comes_after_accepting(demo):
    one = await filed()
    with pytest.raises(rules.NotOpen):
        await tips.close(one.id, uuid4(), "已处理完毕", version=1, by=await principal("manager"))


async def test_joined_ones_go_on_in_their_lead_with_one_answer(demo):
    manager = await principal("manager")
    lead, second, third = await accepted(manager), await filed(), await filed()
    assert {second.id, third.id} <= {t.id for t in await queries.list_like(lead, manager, limit=50)}
    await tips.join(third.id, second.id, version=1, by=manager)
    await tips.join(second.id, lead.id, version=1, by=manager)
    assert {t.id for t in await queries.list_joined(lead.id, manager)} == {second.id, third.id}, "a chain is one matter"
    await tips.answer(lead.id, uuid4(), "三件反映同一问题，合并核查", version=(await see(lead.id, manager)).version, by=manager)
    for code in (second.code, third.code):
        followed = await tips.follow(code, address="b")
        assert (followed.tip.state, followed.lead.id) == ("joined", lead.id)
        assert [m.text for m in followed.answers] == ["三件反映同一问题，合并核查"]
    fire = await filed(category="fire")
    with pytest.raises((Forbidden, NotFound)):
        await tips.join(fire.id, lead.id, version=1, by=manager)
    other = await filed()
    with pytest.raises(Invalid):
        await tips.join(other.id, other.id, version=1, by=manager)


async def test_it_is_handed_on_and_then_seen_no_more(demo):
    manager, fire, auditor = await principal("manager"), await principal("manager2"), await principal("auditor")
    one = await filed()
    with pytest.raises(Forbidden):
        await tips.assign(one.id, "xfjy", reason="属消防职责", version=1, by=await principal("reviewer"))
    for to in ("scjg", "nobody"):
        with pytest.raises(Invalid):
            await tips.assign(one.id, to, reason="转办试试", version=1, by=manager)
    await tips.assign(one.id, "xfjy", reason="属消防职责", version=1, by=manager)
    with pytest.raises(NotFound):
        await see(one.id, manager)
    assert (await see(one.id, fire)).department == "xfjy"
    # Its text turns out to speak of an officer: to the oversight office, and from there nowhere.
    await tips.assign(one.id, "", reason="反映的是执法人员", version=2, by=fire)
    with pytest.raises(NotFound):
        await see(one.id, fire)
    assert (await see(one.id, auditor)).subject == "office"
    with pytest.raises(Forbidden):
        await tips.assign(one.id, "scjg", reason="退回原部门", version=3, by=auditor)
    await tips.decide(one.id, accepted=True, reason="", version=3, by=auditor)


async def test_what_no_department_has_is_handed_out_by_the_oversight_office(demo):
    async with transaction():
        await connection().execute("update tip_category set department = null where code = 'food'")
    one, auditor = await filed(), await principal("auditor")
    view = await see(one.id, auditor)
    assert (view.subject, view.department) == ("enterprise", None)
    with pytest.raises(Forbidden):
        await tips.decide(one.id, accepted=True, reason="", version=1, by=auditor)
    await tips.assign(one.id, "scjg", reason="按职责分办", version=1, by=auditor)
    assert (await see(one.id, await principal("manager"))).department == "scjg"


async def test_a_visit_because_of_it_is_linked_both_ways_and_tells_nobody_what_was_said(demo):
    manager, officer = await principal("manager"), await principal("inspector")
    county = next(o.counties[0] for o in await tips_team(manager, officer))
    shop = await enterprise_in(county)
    one = await accepted(manager, county=county, enterprise=shop["id"], enterprise_code=shop["code"], enterprise_name=shop["name"])
    plan = AdhocPlan(
        "complaint", one.number, shop["code"], ("SC01",), await team(manager, county, officer.inspector_id), clock.today() + timedelta(days=20)
    )
    with pytest.raises(Invalid):
        await tips.open_visit(one.id, replace(plan, source_ref="别的编号"), version=one.version, by=manager)
    other = await enterprise_in(next(c for c in ("530304", "530322", "530302", "530303") if c != county))
    with pytest.raises(Invalid):
        await tips.open_visit(one.id, replace(plan, enterprise_code=other["code"]), version=one.version, by=manager)
    with pytest.raises(rules.TipMoved):
        await tips.open_visit(one.id, plan, version=1, by=manager)
    with pytest.raises(Forbidden):
        await tips.open_visit(one.id, plan, version=one.version, by=await principal("reviewer"))
    campaign = await tips.open_visit(one.id, plan, version=one.version, by=manager)
    (visit,) = await queries.list_visits(one.id)
    assert visit.campaign == campaign
    assert [t.id for t in await queries.list_of_inspection(visit.inspection, manager)] == [one.id]
    assert await queries.list_of_inspection(visit.inspection, await principal("manager2")) == []
    with pytest.raises(Invalid, match="follows up on this number already"):
        await tips.open_visit(one.id, replace(plan), version=one.version + 1, by=manager)
    async with transaction():
        public = await connection().fetch(
            "select p.payload::text as said from ledger_payload p join ledger_entry e using (entry_id) where p.is_public and e.at > now() - interval '1 hour'"
        )
    for entry in public:
        for secret in (one.number, WORDS, shop["code"]):
            assert secret not in entry["said"]
    assert await publicity.find_number_of(visit.inspection) is None
    assert (await tips.follow((await code_of(one)), address="c")).results == []


async def tips_team(manager, officer):
    from backend.usecases.adhoc import list_choosable

    return [o for o in await list_choosable(manager) if o.id == officer.inspector_id]


async def code_of(tip: queries.TipView) -> str:
    """A code of our own for a matter whose citizen we are not."""
    code = "ABCDEFGHJKMNPQRS"
    async with transaction():
        await connection().execute("update tip set code_sha256 = $2 where id = $1", tip.id, rules.hash_code(code))
    return code


async def test_a_category_that_has_ended_is_offered_no_more(demo):
    async with transaction():
        await connection().execute("update tip_category set valid_to = $1 where code = 'food'", clock.today())
    with pytest.raises(Invalid):
        await filed()
    assert "food" not in {c.code for c in await queries.list_categories(clock.today())}


async def test_an_officer_matter_can_have_no_department_whoever_writes_it(demo):
    import asyncpg

    one = await filed(category="bribe", accused="张三")
    with pytest.raises(asyncpg.CheckViolationError):
        async with transaction():
            await connection().execute("update tip set department = 'scjg' where id = $1", one.id)


async def test_the_words_of_a_closed_matter_are_erased_by_two_people_or_when_their_time_is_over(demo):
    reviewer, admin, auditor = [await principal(n) for n in ("reviewer", "admin", "auditor")]
    one, late, running = await filed(photos=1, name="赵女士", phone=PHONE), await filed(), await filed()
    await tips.add(one.code, uuid4(), "还有一句补充", address="e")
    for tip in (one, late):
        await tips.decide(tip.id, accepted=False, reason="不属于本部门职责", version=1, by=reviewer)
    request, refused = uuid4(), uuid4()
    await erasing.ask(request, kind="tip", number=one.number, ground="本人申请", by=admin)
    await erasing.decide(request, approved=True, reason="", by=auditor)
    followed = await tips.follow(one.code, address="e")
    assert followed.tip.text == rules.ERASED == followed.own[0].text == followed.tip.enterprise_name
    assert (followed.tip.reason, followed.tip.photos, followed.tip.has_contact) == ("不属于本部门职责", 0, False)
    assert await tips.list_photos(followed.tip) == []
    async with transaction():
        kept = await connection().fetch(
            "select e.type, p.erased_at is not null as gone from ledger_payload p join ledger_entry e using (entry_id) where e.subject = $1", str(one.id)
        )
    assert {r["type"]: r["gone"] for r in kept} == {"tip.filed": True, "tip.added": True, "tip.decided": False}
    await erasing.ask(refused, kind="tip", number=running.number, ground="本人申请", by=admin)
    with pytest.raises(rules.NotOpen):
        await erasing.decide(refused, approved=True, reason="", by=auditor)
    async with transaction():
        await connection().execute("update tip set decided_at = decided_at - interval '6 years' where id = $1", late.id)
    assert await erasing.erase_what_is_due() >= 1
    assert (await see(late.id, reviewer)).text == rules.ERASED
    assert (await see(running.id, reviewer)).text == WORDS
