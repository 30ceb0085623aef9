"""Approval sheet, list of results, order to correct: numbered without gaps, kept as issued, checked by their code."""

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
        number = await connection().fetchval("select number from paper")
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
        row = await connection().fetchrow("select content_sha256, number from paper")
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
