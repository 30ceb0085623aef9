"""Approval sheet, list of results, order to correct, reply, letters: numbered without gaps, kept as issued, checked by their code."""

from __future__ import annotations

import asyncio
import io
import re

import pypdf
import pytest

from backend.kernel.ids import new_id
from backend.kernel.scope import EVERYTHING
from backend.notices import service
from backend.notices.queries import find_paper
from backend.storage.engine import connection, transaction
from backend.web.shared import office_papers


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


async def a_campaign(name="2026年第三季度药品零售企业双随机抽查"):
    async with transaction():
        return await connection().fetchval("select id from campaign where name = $1", name)


async def issue(browser, campaign, kind):
    answer = await browser.post(f"/console/campaigns/{campaign}/papers", data={"kind": kind})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_a_sheet_says_who_is_visited_and_the_same_sheet_is_not_numbered_twice(county):
    manager, campaign = await county("manager"), await a_campaign()
    href = await issue(manager, campaign, "approval")
    pdf = await manager.get(href)
    assert pdf.headers["content-type"] == "application/pdf"
    text = text_of(pdf.content)
    async with transaction():
        names = [r[0] for r in await connection().fetch("select enterprise_name from inspection where campaign = $1", campaign)]
        number = await connection().fetchval("select number from paper where kind = 'approval'")
    assert re.fullmatch(r"SP-20\d\d-SCJG-000001", number)
    assert number in text
    flat = re.sub(r"\s", "", text)
    assert all(re.sub(r"\s", "", name) in flat for name in names)
    assert await issue(manager, campaign, "approval") == href
    assert (await manager.get(href)).content == pdf.content
    page = (await manager.get(f"/console/campaigns/{campaign}")).text
    assert f'{href}"' in page
    assert number in page


async def test_a_list_of_results_stays_as_issued_and_changes_get_another_number(county):
    manager, campaign = await county("manager"), await a_campaign("2026年餐饮服务食品安全双随机抽查")
    first = await issue(manager, campaign, "results")
    before = (await manager.get(first)).content
    reviewer = await county("reviewer")
    record = re.search(r"/console/reviews/([0-9a-f-]{36})", (await reviewer.get("/console/reviews")).text)[1]
    assert (await reviewer.post(f"/console/reviews/{record}/approve", data={"comment": ""})).status_code == 303
    second = await issue(manager, campaign, "results")
    assert second != first
    assert (await manager.get(first)).content == before
    async with transaction():
        numbers = [r[0] for r in await connection().fetch("select number from paper where kind = 'results' order by serial")]
    assert [n[-6:] for n in numbers] == ["000001", "000002"]
    assert len(re.findall(r"GS-20\d\d-\d{6}", text_of((await manager.get(second)).content))) == len(re.findall(r"GS-20\d\d-\d{6}", text_of(before))) + 1


async def test_anybody_checks_a_paper_and_learns_no_more_than_that_it_is_real(county, monkeypatch):
    addresses = []
    draw = office_papers._svg
    monkeypatch.setattr(office_papers, "_svg", lambda text: (addresses.append(text), draw(text))[1])
    manager, campaign = await county("manager"), await a_campaign()
    assert (await manager.get(await issue(manager, campaign, "approval"))).status_code == 200
    assert len(addresses) == 1
    nobody = await county("")
    answer = await nobody.get(addresses[0].removeprefix("http://localhost:8000"))
    assert answer.status_code == 200
    async with transaction():
        row = await connection().fetchrow("select content_sha256, number from paper where kind = 'approval'")
        names = [r[0] for r in await connection().fetch("select enterprise_name from inspection where campaign = $1", campaign)]
    assert row["content_sha256"] in answer.text
    assert not [name for name in names if name in answer.text]
    assert (await nobody.get("/papers/SP-2026-SCJG-999999")).status_code == 404


async def test_papers_are_their_department_s(county):
    manager, auditor, inspector = await county("manager"), await county("auditor"), await county("inspector")
    campaign = await a_campaign()
    href = await issue(manager, campaign, "approval")
    assert (await auditor.get(href)).status_code == 200
    assert (await inspector.get(href)).status_code == 403
    assert (await auditor.post(f"/console/campaigns/{campaign}/papers", data={"kind": "approval"})).status_code == 403
    async with transaction():
        await connection().execute("update account set department = 'xfjy' where username = 'manager'")
    other = await county("manager")
    assert (await other.get(href)).status_code == 404
    assert (await other.post(f"/console/campaigns/{campaign}/papers", data={"kind": "approval"})).status_code == 404


@pytest.mark.parametrize(("kind", "why"), [("approval", "抽取之后才能制作"), ("results", "还没有公示的结果"), ("letter", "没有这种文书")])
async def test_nothing_to_put_on_paper_is_said(county, kind, why):
    manager, campaign = await county("manager"), await a_campaign("2026年冬季加油站跨部门联合抽查")
    answer = await manager.post(f"/console/campaigns/{campaign}/papers", data={"kind": kind})
    assert answer.status_code == 422
    assert why in answer.text


async def test_numbers_have_neither_gaps_nor_doubles_when_many_issue_at_once(db):
    async def one(n):
        try:
            async with transaction():
                paper = await service.issue_paper("approval", subject=new_id(), department="scjg", content={"n": n}, by=new_id())
                if n % 4 == 3:
                    raise RuntimeError
                return paper
        except RuntimeError:
            return None

    papers = [p for p in await asyncio.gather(*(one(n) for n in range(16))) if p]
    found = [await find_paper(p, EVERYTHING) for p in papers]
    assert sorted(int(p.number[-6:]) for p in found) == list(range(1, 13))


def flat(pdf: bytes) -> str:
    return re.sub(r"[\s\u200b]+", "", text_of(pdf))


async def check_by_anybody(county, number: str, *secrets: str) -> None:
    page = await (await county("")).get(f"/papers/{number}")
    assert page.status_code == 200
    assert number in page.text
    assert not [s for s in secrets if s in page.text]


async def test_a_decision_has_its_reply(county, monkeypatch):
    addresses = []
    draw = office_papers._svg
    monkeypatch.setattr(office_papers, "_svg", lambda text: (addresses.append(text), draw(text))[1])
    manager = await county("manager")
    async with transaction():
        kept = await connection().fetchrow("select * from objection where decision = 'kept'")
        pending = await connection().fetchrow("select * from objection where state = 'open' order by serial limit 1")
    page = (await manager.get(f"/console/objections/{kept['id']}")).text
    href = re.search(r'href="(/console/papers/[0-9a-f-]{36}\.pdf)"', page)[1]
    text = flat((await manager.get(href)).content)
    async with transaction():
        number = await connection().fetchval("select number from paper where kind = 'reply'")
    assert re.fullmatch(r"DF-20\d\d-SCJG-000001", number)
    for words in ("异议答复书", number, kept["number"], kept["objector"], kept["grounds"], kept["result"], "维持原结果", kept["decision_reason"], "行政复议"):
        assert re.sub(r"\s", "", words) in text, words
    assert kept["contact"] not in text
    assert addresses == [f"http://localhost:8000/papers/{number}"]
    await check_by_anybody(county, number, kept["objector"], kept["enterprise_name"], kept["decision_reason"])
    assert (await manager.post(f"/console/objections/{kept['id']}/paper")).headers["location"] == href, "the same paper, not another"
    assert (await manager.post(f"/console/objections/{pending['id']}/paper")).status_code == 422
    # A decision that corrects says to what.
    answer = await manager.post(
        f"/console/objections/{pending['id']}/decide", data={"decision": "corrected", "reason": "核实后更正", "outcomes": ["E"], "seen": "1"}
    )
    assert answer.status_code == 303, answer.text
    page = (await manager.get(f"/console/objections/{pending['id']}")).text
    second = (await manager.get(re.search(r'href="(/console/papers/[0-9a-f-]{36}\.pdf)"', page)[1])).content
    assert "更正后的检查结果" in flat(second)
    assert "发现问题经责令已改正" in flat(second)
    assert number[:-1] + "2" in flat(second)
    english = flat((await manager.get(f"{href}?lang=en")).content)
    assert "Replytoanobjection" in english
    assert "Resultstays" in english


async def test_a_copy_and_a_hand_over_have_their_letter_and_both_sides_read_it(county):
    manager = await county("manager")
    async with transaction():
        copy = await connection().fetchrow("select * from handover where kind = 'copy'")
        case = await connection().fetchrow("select * from handover where kind = 'case'")
        await connection().execute("update account set department = 'xfjy' where username = 'reviewer'")
    for matter, title, to in ((copy, "抄告函", "消防救援"), (case, "移送函", case["to_unit"])):
        answer = await manager.get(f"/console/handovers/{matter['id']}/letter.pdf")
        assert answer.status_code == 200
        text = flat(answer.content)
        for words in (title, matter["number"], matter["enterprise_name"], matter["matter"], to):
            assert re.sub(r"\s", "", words) in text, words
        await check_by_anybody(county, matter["number"], matter["enterprise_name"], matter["matter"])
        issued = await manager.post(f"/console/handovers/{matter['id']}/paper")
        assert (await manager.get(issued.headers["location"])).content == answer.content
        assert f"/console/handovers/{matter['id']}/letter.pdf" in (await manager.get(f"/console/visits/{matter['inspection']}")).text
    told = await county("reviewer")  # of the department that was told
    assert f"/console/handovers/{copy['id']}/letter.pdf" in (await told.get("/console/outcomes/handovers")).text
    assert (await told.get(f"/console/handovers/{copy['id']}/letter.pdf")).status_code == 200
    assert (await told.get(f"/console/handovers/{case['id']}/letter.pdf")).status_code == 404
    assert (await told.post(f"/console/handovers/{copy['id']}/paper")).status_code == 403
    assert (await (await county("inspector")).get(f"/console/handovers/{copy['id']}/letter.pdf")).status_code == 403
