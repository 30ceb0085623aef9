"""Codes for doors: issued once for each enterprise, within the department and region, printed by the worker, revoked with a reason."""

from __future__ import annotations

import io
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
import typst
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from backend.kernel import clock
from backend.kernel.errors import Forbidden, Invalid, NotFound
from backend.notices import papers
from backend.placards import queries, rules
from backend.placards.service import TOPIC
from backend.registry.jobs import index_some
from backend.registry.queries import Filter, find_by_token, list_by_codes
from backend.storage import outbox
from backend.storage.engine import connection, transaction
from backend.usecases.export_register import NotAllFound
from backend.usecases.placards import Choice, issue_placards, make_file, make_files_again, print_file, remove_old_files, revoke_placard
from backend.web.shared.placard_papers import _draw, render_placards
from tests.usecases.test_records import principal


async def work() -> int:
    async def handler(payload):
        await make_file(payload, render_placards)

    done = 0
    while taken := await outbox.work_off({TOPIC: handler}):
        done += taken
    return done


async def some_codes(n: int, where: str = "status = 'active'") -> list[str]:
    async with transaction():
        rows = await connection().fetch(
            f"select code from enterprise e where {where} and not exists (select from placard p where p.enterprise = e.id) order by code limit {n}"
        )
    return [row["code"] for row in rows]


async def one(sql: str, *args):
    async with transaction():
        return await connection().fetchval(sql, *args)


async def test_a_list_is_issued_once_numbered_and_entered_in_the_log(demo):
    manager, codes = await principal("manager"), await some_codes(9)
    batch, choice = uuid4(), Choice("sticker", Filter(), "\n".join(codes))
    number = await issue_placards(batch, choice, by=manager)
    assert await issue_placards(batch, choice, by=manager) == number, "sent twice, issued once"
    with pytest.raises(rules.OtherOrder):
        await issue_placards(batch, replace(choice, format="poster"), by=manager)
    made = await queries.list_of_batch(batch)
    assert [p.enterprise_code for p in made] == codes
    assert [p.position for p in made] == list(range(1, 10))
    assert made[0].serial == f"{number}-0001"
    known = await list_by_codes(codes)
    for p in made:
        assert await find_by_token(p.code) == known[p.enterprise_code]
    assert await one("select count(*) from ledger_entry where type = 'placard.issued' and subject = $1", number) == 1
    view = await queries.find_batch(batch, manager.scope)
    assert (view.n, view.standing, view.asked["codes"]) == (9, 9, 9)
    following = await issue_placards(uuid4(), Choice("poster", Filter(), codes[0]), by=manager)
    assert int(following.split("-")[-1]) == int(number.split("-")[-1]) + 1


async def test_who_has_one_is_skipped_and_a_reissue_replaces_it(demo):
    manager, codes = await principal("manager"), await some_codes(3)
    first, second = uuid4(), uuid4()
    await issue_placards(first, Choice("sticker", Filter(), "\n".join(codes[:2])), by=manager)
    await issue_placards(second, Choice("small", Filter(), "\n".join(codes)), by=manager)
    assert [p.enterprise_code for p in await queries.list_of_batch(second)] == codes[2:], "a sticker is a sticker, in whatever size"
    assert (await queries.find_batch(second, manager.scope)).skipped == 2
    with pytest.raises(rules.NothingToIssue):
        await issue_placards(uuid4(), Choice("sticker", Filter(), codes[0]), by=manager)
    await issue_placards(uuid4(), Choice("poster", Filter(), codes[0]), by=manager)
    other = await principal("manager2")
    await issue_placards(uuid4(), Choice("sticker", Filter(), codes[0]), by=other)

    again = uuid4()
    await issue_placards(again, Choice("sticker", Filter(), codes[0], is_reissue=True), by=manager)
    assert (await queries.find_batch(again, manager.scope)).replaced == 1
    (e,) = (await list_by_codes(codes[:1])).values()
    found = {(p.department, p.kind, p.ground) for p in await queries.list_of_enterprise(e.id)}
    assert found == {("scjg", "sticker", "replaced"), ("scjg", "sticker", ""), ("scjg", "poster", ""), ("xfjy", "sticker", "")}


async def test_a_filter_chooses_active_enterprises_of_the_region(demo):
    while await index_some():
        pass
    manager = await principal("manager")
    batch = uuid4()
    await issue_placards(batch, Choice("small", Filter(county="530323", status="active")), by=replace(manager, region="530323"))
    made = await queries.list_of_batch(batch, limit=5000)
    expected = await one("select count(*) from enterprise where region = '530323' and status = 'active'")
    assert {p.county for p in made} == {"530323"}
    assert len(made) == expected > 50
    with pytest.raises(rules.NothingToIssue):
        await issue_placards(uuid4(), Choice("small", Filter(county="530302", status="active")), by=replace(manager, region="530323"))
    with pytest.raises(NotFound):
        await queries.find_batch(batch, replace(manager, region="530302").scope)
    assert (await queries.find_batch(batch, manager.scope)).region == "530323", "the city sees its counties' batches"
    with pytest.raises(NotFound):
        await queries.find_batch(batch, (await principal("manager2")).scope)


async def test_a_choice_that_the_search_cannot_know_yet_or_that_is_too_large_is_refused(demo, monkeypatch):
    manager = await principal("manager")
    async with transaction():
        await connection().execute("insert into enterprise_unindexed (enterprises, n) values (array[]::uuid[], 1)")
    with pytest.raises(NotAllFound):
        await issue_placards(uuid4(), Choice("small", Filter(status="active")), by=manager)
    async with transaction():
        await connection().execute("delete from enterprise_unindexed")
    monkeypatch.setattr(rules, "LARGEST", 20)
    with pytest.raises(rules.TooMany):
        await issue_placards(uuid4(), Choice("small", Filter(status="active")), by=manager)
    with pytest.raises(rules.TooMany):
        await issue_placards(uuid4(), Choice("small", Filter(), "\n".join(await some_codes(21))), by=manager)
    with pytest.raises(Invalid):
        await issue_placards(uuid4(), Choice("stamp", Filter(status="active")), by=manager)
    with pytest.raises(Forbidden):
        await issue_placards(uuid4(), Choice("small", Filter(status="active")), by=await principal("reviewer"))


async def test_lines_that_fit_nothing_are_named(demo):
    manager = await principal("manager")
    here, elsewhere = await some_codes(1, "status = 'active' and region = '530302'"), await some_codes(1, "status = 'active' and region = '530381'")
    listed = f"{here[0]}\n\n91530302XXXXXXXXXX\n {elsewhere[0]} "
    with pytest.raises(Invalid) as refused:
        await issue_placards(uuid4(), Choice("sticker", Filter(), listed), by=replace(manager, region="530302"))
    assert "3 (91530302XXXXXXXXXX)" in refused.value.message("zh")
    assert f"4 ({elsewhere[0]})" in refused.value.message("zh"), "another region's is as unknown as none"
    gone = await some_codes(1, "status <> 'active'")
    with pytest.raises(rules.NothingToIssue):
        await issue_placards(uuid4(), Choice("sticker", Filter(), gone[0]), by=manager)


async def test_the_worker_makes_the_files_and_they_are_counted_as_printed(demo):
    manager = await principal("manager")
    await work()
    batch = uuid4()
    number = await issue_placards(batch, Choice("poster", Filter(), "\n".join(await some_codes(103))), by=manager)
    assert await print_file(batch, 1, by=manager) is None, "not made yet"
    assert await work() == 2
    assert [(s.first, s.last, s.pages) for s in await queries.list_sheets(batch)] == [(1, 100, 100), (101, 103, 3)]
    found = await print_file(batch, 2, by=manager)
    assert found
    pdf, name = found
    assert name == f"{number}-2"
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 3
    await print_file(batch, 2, by=manager)
    assert [s.printed for s in await queries.list_sheets(batch)] == [0, 2]
    with pytest.raises(NotFound):
        await print_file(batch, 2, by=await principal("manager2"))


async def test_old_files_go_and_are_made_again_without_what_was_revoked(demo, monkeypatch):
    manager, codes = await principal("manager"), await some_codes(9)
    batch = uuid4()
    await issue_placards(batch, Choice("sticker", Filter(), "\n".join(codes)), by=manager)
    await work()
    assert await remove_old_files() == 0
    assert await make_files_again(batch, by=manager) == 0
    later = clock.now().replace(year=clock.now().year + 1)
    clock.hold(lambda: later)
    assert await remove_old_files() >= 1
    (sheet,) = await queries.list_sheets(batch)
    assert sheet.is_removed
    first = (await queries.list_of_batch(batch))[0]
    await revoke_placard(first.id, ground="damaged", reason="雨淋后无法扫描", by=manager)
    assert await make_files_again(batch, by=manager) == 1
    await work()
    (sheet,) = await queries.list_sheets(batch)
    assert (sheet.is_removed, sheet.pages) == (False, 1), "eight fit one page: the revoked one is left out"


async def test_a_revocation_stands_and_says_why(demo):
    manager = await principal("manager")
    batch = uuid4()
    await issue_placards(batch, Choice("sticker", Filter(), "\n".join(await some_codes(2))), by=manager)
    stolen, lost = await queries.list_of_batch(batch)
    how = {"ground": "abuse", "reason": "贴在另一家店门口"}
    await revoke_placard(stolen.id, **how, by=manager)
    await revoke_placard(stolen.id, **how, by=manager)
    assert await one("select count(*) from ledger_entry where type = 'placard.revoked' and subject = $1", stolen.serial) == 1
    with pytest.raises(rules.RevokedBefore) as refused:
        await revoke_placard(stolen.id, ground="lost", reason="后来又说是遗失", by=manager)
    assert "贴在另一家店门口" in refused.value.message("zh"), "what a colleague wrote is shown beside it"
    await revoke_placard(lost.id, ground="lost", reason="搬家时遗失", by=manager)
    assert await find_by_token(stolen.code) is None, "a misused code opens nothing"
    assert (await find_by_token(lost.code)).id == lost.enterprise
    for who in (await principal("manager2"), replace(manager, region="530381" if lost.county != "530381" else "530302")):
        with pytest.raises(NotFound):
            await revoke_placard(lost.id, ground="lost", reason="不是我们的", by=who)
    with pytest.raises(Forbidden):
        await revoke_placard(lost.id, ground="lost", reason="审核员不能停用", by=await principal("reviewer"))


def card(n: int, name: str = "曲靖市麒麟区某某餐饮店", address: str = "云南省曲靖市麒麟区南宁街道翠峰路 12 号") -> queries.PlacardView:
    token = f"aaaaaaaaaaaaaa{'abcdefghij'[n // 10]}{'abcdefghij'[n % 10]}"
    return queries.PlacardView(
        UUID(int=n), UUID(int=n), "92530302YQ1047292T", name, address, "530302", "sticker", token, 1, n, "MP-2026-SCJG-000001", "scjg", "市场监督管理局",
        "Administration for Market Regulation", clock.now(), None, "", "",
    )  # fmt: skip


@pytest.mark.parametrize(("form", "n", "dots"), [("sticker", 8, 200), ("small", 21, 300), ("poster", 1, 100)])
def test_every_code_on_a_full_page_is_read_and_leads_to_its_door(form, n, dots, monkeypatch):
    """At the resolution of a poor printer; the names and addresses are the longest that the register takes."""
    compiled = typst.compile

    def as_picture(*args, **more):
        return compiled(*args, **{k: v for k, v in more.items() if k not in ("pdf_standards", "timestamp", "format")}, format="png", ppi=dots)

    monkeypatch.setattr(papers.typst, "compile", as_picture)
    cards = [card(i, "曲靖经济技术开发区" * 22, "云南省曲靖市" * 49) if i % 2 else card(i) for i in range(n)]
    image = Image.open(io.BytesIO(_draw(form, cards))).convert("L")
    read = {found.text for found in zxingcpp.read_barcodes(image)}
    assert read == {f"http://localhost:8000/e/{c.code}" for c in cards}


def test_the_paper_says_both_languages_and_is_the_same_each_time():
    cards = [replace(card(i), issued_at=clock.now().replace(year=2026, month=11, day=20)) for i in range(3)]
    pdf = _draw("poster", cards)
    assert pdf == _draw("poster", cards)
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    flat = "".join(text.split())
    for words in ("扫码看检查", "市场监督管理局", "AdministrationforMarketRegulation", "MP-2026-SCJG-000001-0002", "曲靖市麒麟区某某餐饮店", "12345"):
        assert words in flat.replace("\u200b", ""), words
