"""No list of the office ends in silence: page by page each row is seen once, in the list's order, and the filter goes along."""

from __future__ import annotations

import html
import re
from uuid import uuid4

import pytest

from backend.exchange import queries as exchange
from backend.handovers import queries as handovers
from backend.inspections import submission_queries
from backend.objections import queries as objections
from backend.people.account_queries import AccountFilter, search_accounts
from backend.rectification import queries as rectification
from backend.storage.engine import connection, transaction
from backend.web.console import accounts, campaigns, imports, items
from tests.usecases.test_records import principal


async def walk(browser, first: str, row: str) -> list[list[str]]:
    """Of each page of a list, the rows that the pattern finds."""
    found, address = [], first
    while address:
        answer = await browser.get(address)
        assert answer.status_code == 200, address
        found.append(re.findall(row, answer.text))
        following = re.search(r'<a class="button" href="([^"]+)" rel="next">', answer.text)
        address = html.unescape(following[1]) if following else ""
        assert len(found) < 60, "the pages never end"
    return found


def whole(pages: list[list[str]], size: int) -> list[str]:
    """All rows of the pages; each page but the last is full, and no row comes twice."""
    rows = [row for page in pages for row in page]
    assert [len(page) for page in pages[:-1]] == [size] * (len(pages) - 1)
    assert len(pages) > 1, "one page shows nothing of paging"
    assert len(set(rows)) == len(rows)
    return rows


async def multiply(sql: str, *values: object) -> None:
    async with transaction():
        await connection().execute("set local session_replication_role = replica")
        await connection().execute(sql, *values)


async def test_items(county):
    manager = await county("manager")
    async with transaction():
        await connection().execute(
            "insert into check_item (code, department, name_zh, name_en, category, legal_basis, method, valid_from, version)"
            " select 'ZZ' || to_char(g, 'FM000'), 'scjg', '事项' || g, 'Item', 'general', '法', 'onsite', '2026-01-01', 1 from generate_series(1, 120) g"
        )
    pages = await walk(manager, "/console/items?q=ZZ", r'href="/console/items/(ZZ\d{3})"')
    assert whole(pages, items.PAGE) == [f"ZZ{n:03}" for n in range(1, 121)]
    assert "共 120 条" in (await manager.get("/console/items?q=ZZ")).text
    everything = [code for page in await walk(manager, "/console/items", r'href="/console/items/([A-Z]+\d+)"><b>') for code in page]
    async with transaction():
        assert set(everything) == {r["code"] for r in await connection().fetch("select code from check_item")}


async def test_accounts_are_searched_and_paged(county):
    admin = await county("admin")
    rows = r'href="/console/accounts/([0-9a-f-]{36})/devices"'
    seen = [a for page in await walk(admin, "/console/accounts", rows) for a in page]
    async with transaction():
        assert seen == [str(r["id"]) for r in await connection().fetch("select id from account order by role, username")]
    await multiply(
        "insert into account (id, username, password_hash, name, role, department, region, active, created_at)"
        " select gen_random_uuid(), 'many' || to_char(g, 'FM000'), '-', '赵' || g, 'reviewer', 'xfjy', '5303', g % 2 = 0, now() from generate_series(1, 130) g"
    )
    assert len(whole(await walk(admin, "/console/accounts?q=many", rows), accounts.PAGE)) == 130
    stopped = whole(await walk(admin, "/console/accounts?q=many&standing=stopped&role=reviewer&department=xfjy", rows), accounts.PAGE)
    assert len(stopped) == 65
    async with transaction():
        has = await connection().fetchval("select id from account where username = 'many002'")
        await connection().execute(
            "insert into passkey (id, account, credential_id, public_key, sign_count, name, is_synced, created_at)"
            " values ($1, $1, 'x', 'x', 0, '', false, now())",
            has,
        )
    bare = whole(await walk(admin, "/console/accounts?q=many&standing=no-factor", rows), accounts.PAGE)
    assert len(bare) == 64
    assert str(has) not in bare
    assert await walk(admin, "/console/accounts?standing=no-factor&role=inspector", rows) == [[]]
    assert "没有符合条件的账号" in (await admin.get("/console/accounts?q=nobody-at-all")).text
    assert (await admin.get("/console/accounts?after=nonsense&role=king")).status_code == 200
    assert [a.username for a in await search_accounts("530302", AccountFilter())] == []


def copies(table: str, n: int, like: str = "true", **other: str) -> str:
    """SQL that adds ``n`` copies of one row, each with an id and, by ``other``, more of its own."""
    own = {"id": "gen_random_uuid()", **other}
    fields = ", ".join(f"'{name}', {value}" for name, value in own.items())
    return (
        f"insert into {table} select (jsonb_populate_record(o.r, jsonb_build_object({fields}))).*"
        f" from (select r from {table} r where {like} limit 1) o, generate_series(1, {n}) g"
    )


UUID = "([0-9a-f-]{36})"
LISTS = {
    "orders": (
        copies("rectification_order", 120, "closed_at is null", number="'ZG-X-' || g", serial="1000 + g"),
        "/console/outcomes", rf'href="/console/rectifications/{UUID}"', rectification.PAGE,
    ),
    "objections": (
        copies("objection", 120, "state = 'open'", number="'YY-X-' || g", serial="1000 + g", inspection="gen_random_uuid()"),
        "/console/outcomes/objections", rf'href="/console/objections/{UUID}"', objections.PAGE,
    ),
    "handovers": (
        copies("handover", 120, "kind = 'case'", number="'CG-X-' || g", serial="1000 + g"),
        "/console/outcomes/handovers?show=closed", r'<h2><span class="num">([^<]+)</span>', handovers.PAGE,
    ),
    "records": (
        copies("submission", 120, state="'returned'"),
        "/console/reviews?show=returned", rf'href="/console/reviews/{UUID}"', submission_queries.QUEUE_PAGE,
    ),
    "campaigns": (copies("campaign", 60, number="'X-' || g"), "/console/campaigns", rf'<h2><a href="/console/campaigns/{UUID}"', campaigns.PAGE),
    "imports": (copies("import_batch", 70), "/console/imports", rf'<a href="/console/imports/{UUID}"', imports.BATCHES),
}  # fmt: skip


@pytest.mark.parametrize(("sql", "address", "row", "size"), LISTS.values(), ids=LISTS)
async def test_lists_page_by_page(county, sql, address, row, size):
    browser = await county("reviewer" if "reviews" in address else "manager")
    await multiply(sql)
    rows = whole(await walk(browser, address, row), size)
    assert len(rows) >= 60
    assert (await browser.get(f"{address}{'&' if '?' in address else '?'}after=nonsense")).status_code == 200


async def test_rows_of_one_moment_are_neither_lost_nor_doubled(county):
    """All copies have the same day and time: the number or the id decides, in both directions of the queue."""
    reviewer = await county("reviewer")
    await multiply(copies("submission", 60, state="'returned'"))
    queue = whole(await walk(reviewer, "/console/reviews?show=returned", r'href="/console/reviews/([0-9a-f-]{36})"'), submission_queries.QUEUE_PAGE)
    scope = (await principal("reviewer")).scope
    for n in (0, 1, submission_queries.QUEUE_PAGE - 1, submission_queries.QUEUE_PAGE, len(queue) - 1):
        before, after = await submission_queries.find_neighbours(queue[n], scope)
        assert str(before) == (queue[n - 1] if n else "None")
        assert str(after) == (queue[n + 1] if n + 1 < len(queue) else "None")


async def test_batches_after_one_that_is_not_there_begin_nowhere(county):
    manager = await county("manager")
    scope = (await principal("manager")).scope
    assert await exchange.list_batches(scope)
    assert await exchange.list_batches(scope, after=uuid4()) == []
    assert "还没有导入过名录" in (await manager.get("/console/imports?after=00000000-0000-4000-8000-000000000000")).text
