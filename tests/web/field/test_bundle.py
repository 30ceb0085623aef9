"""A phone is told once: what it holds already does not come again, and nothing that has changed is left out."""

from __future__ import annotations

from collections import Counter
from uuid import uuid4

import httpx

from backend.bundles import service as bundles
from backend.storage.engine import connection, database, transaction
from tests.web.field.test_field import signed_in

DEVICE = str(uuid4())


async def ask(browser: httpx.AsyncClient, since: str = "", *, device: str = DEVICE, **params: str) -> dict:
    answer = await browser.get("/field/api/bundle", params={"since": since, "device": device, "part": "true", **params})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def run(sql: str, *args: object) -> None:
    async with transaction():
        await connection().execute(sql, *args)


def added(held: dict, delta: dict) -> dict:
    """What the phone's store makes of both."""
    assert delta["delta"] == held["cursor"]
    visits = {i["id"]: i for i in held["inspections"] if i["id"] not in delta["gone"]} | {i["id"]: i for i in delta["inspections"]}
    return {**delta, "inspections": list(visits.values()), "checklists": held["checklists"] | delta["checklists"]}


def same(one: dict, other: dict) -> None:
    for name in ("cursor", "inbox", "outcome_codes", "scan_periods", "log", "checklists"):
        assert one[name] == other[name], name
    assert {i["id"]: i for i in one["inspections"]} == {i["id"]: i for i in other["inspections"]}


async def test_one_changed_visit_comes_alone_and_makes_the_whole(county):
    browser = await signed_in(county)
    held = await ask(browser)
    assert "delta" not in held
    changed = next(i for i in held["inspections"] if i["state"] == "dispatched")
    await browser.post(f"/field/api/inspections/{changed['id']}/receive", json={"t_dev": 1})
    delta = await ask(browser, held["cursor"])
    assert [i["id"] for i in delta["inspections"]] == [changed["id"]]
    assert delta["inspections"][0]["state"] == "received"
    assert delta["gone"] == []
    assert set(delta["checklists"]) == {item["checklist"] for item in changed["items"]}
    whole = added(held, delta)
    same(whole, await ask(browser))
    assert (await ask(browser, whole["cursor"]))["unchanged"] is True


async def test_a_visit_that_is_gone_is_named(county):
    browser = await signed_in(county)
    held = await ask(browser)
    gone = held["inspections"][0]["id"]
    await run("update inspection set state = 'voided' where id = $1", gone)
    delta = await ask(browser, held["cursor"])
    assert (delta["gone"], delta["inspections"]) == ([gone], [])
    same(added(held, delta) | {"checklists": {}}, await ask(browser) | {"checklists": {}})


async def test_what_is_beside_the_visits_comes_too(county):
    browser = await signed_in(county)
    held = await ask(browser)
    unread = [m["id"] for m in held["inbox"] if not m["read"]]
    await browser.post("/field/api/inbox/read", json={"ids": unread[:1]})
    delta = await ask(browser, held["cursor"])
    assert delta["inspections"] == []
    assert next(m for m in delta["inbox"] if m["id"] == unread[0])["read"] is True


async def test_an_answer_that_was_lost_costs_nothing(county):
    """The phone still names the bundle before: it gets what changed since that one."""
    browser = await signed_in(county)
    held = await ask(browser)
    first, second, *_ = (i["id"] for i in held["inspections"] if i["state"] == "dispatched")
    await browser.post(f"/field/api/inspections/{first}/receive", json={"t_dev": 1})
    await ask(browser, held["cursor"])
    await browser.post(f"/field/api/inspections/{second}/receive", json={"t_dev": 1})
    delta = await ask(browser, held["cursor"])
    assert {i["id"] for i in delta["inspections"]} == {first, second}
    assert await count("device = $1", DEVICE) == 2


async def test_who_holds_something_else_gets_all(county):
    browser = await signed_in(county)
    held = await ask(browser)
    await browser.post(f"/field/api/inspections/{held['inspections'][0]['id']}/receive", json={"t_dev": 1})
    for told in (
        await ask(browser, "0" * 32),
        await ask(browser, held["cursor"], device=str(uuid4())),
        await ask(browser, held["cursor"], part="false"),
    ):
        assert "delta" not in told
        assert len(told["inspections"]) == len(held["inspections"])
    other = await county("inspector2")
    assert "delta" not in await ask(other, held["cursor"])


async def count(where: str = "true", *args: object) -> int:
    async with transaction():
        return int(await connection().fetchval(f"select count(*) from phone_bundle where {where}", *args))


async def test_little_is_remembered_and_not_for_ever(county):
    browser = await signed_in(county)
    for _ in range(bundles.MOST + 3):
        await ask(browser, device=str(uuid4()))
    assert await count() == bundles.MOST
    await run("update phone_bundle set told_at = told_at - interval '31 days'")
    await ask(browser)
    assert await bundles.sweep() == bundles.MOST - 1
    assert await count() == 1


async def test_nothing_is_asked_visit_by_visit(county):
    """But draw by draw, of which an officer has few."""
    browser = await signed_in(county)
    await ask(browser)
    sql: list[str] = []
    for c in (pooled := [await database().pool.acquire() for _ in range(database().pool.get_size())]):
        c.add_query_logger(lambda record: sql.append(record.query))
    for c in pooled:
        await database().pool.release(c)
    visits = (await ask(browser))["inspections"]
    draws = {i["draw"]["draw_id"] for i in visits if i["draw"]}
    assert len(visits) > len(draws) + 2
    assert len(sql) > 15
    assert max(Counter(sql).values()) <= max(len(draws), 2)
