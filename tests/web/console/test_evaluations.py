"""Evaluations in the office: the oversight office reads them; no page of anybody else's says a word of one."""

from __future__ import annotations

import re

import pytest

from backend.app import create_app
from backend.storage.engine import connection, transaction
from tests.usecases.test_evaluate import at_quarter_end, fresh_visit, say

SECRET = "暗号青山绿水"


def console_pages() -> list[str]:
    """The address of every page of the office that is read, as the router writes it."""
    found = []
    for route in create_app().routes:
        methods = getattr(route, "route_handler_map", {})
        if route.path.startswith("/console") and any(str(m) == "GET" for m in methods) and "/live" not in route.path:
            found.append(route.path)
    return sorted(found)


async def ids_of(inspection) -> list[str]:
    """Everything that an address may name and that has to do with the visit."""
    async with transaction():
        row = await connection().fetchrow(
            "select i.id, i.campaign, i.enterprise,"
            " (select s.id from submission s where s.inspection = i.id order by s.received_at desc limit 1) as submission,"
            " (select o.inspector from inspection_officer o where o.inspection = i.id limit 1) as officer,"
            " (select v.id from evaluation v where v.inspection = i.id limit 1) as evaluation from inspection i where i.id = $1",
            inspection,
        )
    return [str(v) for v in row.values() if v is not None]


def addresses(ids: list[str]) -> list[str]:
    words = ("satisfied", "published", "evaluationrule")
    found = set()
    for path in console_pages():
        for one in ids if ":uuid}" in path else ids[:1]:
            filled = re.sub(r"\{\w+:uuid\}", one, path)
            for word in words if ":str}" in path else words[:1]:
                found.add(re.sub(r"\{\w+:int\}", "1", re.sub(r"\{\w+:str\}", word, filled)))
    return sorted(found)


@pytest.mark.parametrize("name", ["manager", "reviewer", "admin"])
async def test_no_page_of_the_office_says_a_word_of_an_evaluation_to_who_does_not_oversee(county, name):
    token, inspection, department = await fresh_visit()
    assert department == "scjg"
    commitment = await say(token, inspection, text=SECRET, gifts="yes")
    ids = await ids_of(inspection)
    person, opened = await county(name), set()
    for address in [*addresses(ids), *(f"/console/evaluations?{q}" for q in ("department=scjg", "only=gifts", "only=text", "county=530302"))]:
        answer = await person.get(address)
        assert answer.status_code != 500, address
        if answer.status_code == 200:
            opened.add(address)
        for secret in (SECRET, commitment[:12], *([ids[-1]] if ids[-1] not in address else [])):
            assert secret.encode() not in answer.content, address
    visit, enterprise = ids[0], ids[2]
    must = {"/console", "/console/evaluations", "/console/figures", "/console/board", f"/console/visits/{visit}", f"/console/enterprises/{enterprise}"}
    assert must <= opened
    assert len(opened) > 40, "the walk opens pages"
    assert (await person.get("/console/figures/satisfied")).status_code == 404
    assert (await person.get("/console/figures/satisfied/records")).status_code == 404
    assert (await person.get("/console/figures/satisfied/records.xlsx")).status_code == 404
    assert "企业满意率" not in (await person.get("/console/figures")).text


async def test_the_oversight_office_reads_them_with_figure_trend_and_rows(county):
    token, inspection, _department = await fresh_visit()
    commitment = await say(token, inspection, text=SECRET, gifts="yes", overall="1")
    auditor = await county("auditor")
    page = (await auditor.get("/console/evaluations")).text
    for words in (SECRET, commitment[:12], "反映索要财物", "本年各部门平均", "市场监督管理局"):
        assert words in page, words
    assert SECRET in (await auditor.get("/console/evaluations?only=gifts&department=scjg")).text
    assert SECRET not in (await auditor.get("/console/evaluations?department=xfjy")).text
    assert "企业满意率" in (await auditor.get("/console/figures")).text
    assert (await auditor.get("/console/figures/satisfied")).status_code == 200
    rows = (await auditor.get("/console/figures/satisfied/records")).text
    assert str(inspection) in rows
    assert "What departments see" in (await auditor.get("/console/evaluations?lang=en")).text


@pytest.mark.parametrize(("n", "told"), [(4, False), (5, True)])
async def test_a_department_reads_its_average_of_enough_enterprises_on_the_page(county, n, told):
    await at_quarter_end(n)
    for name in ("manager", "reviewer"):
        page = (await (await county(name)).get("/console/evaluations")).text
        assert ("<b>3.8</b>" in page) is told
        assert "不足 5 家，不统计" in page
        assert "逐份评价" not in page
    assert "<b>3.8</b>" not in (await (await county("manager2")).get("/console/evaluations")).text
