"""No list page reads a big table from end to end: every query of every page is asked for its plan on tables that are really big.

The demo county is multiplied into some years of work, each list page of the office and of the public is opened once, everything that
was asked of the database meanwhile is asked again with EXPLAIN, and no plan may have a Seq Scan over one of ``BIG``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from backend.app import create_app
from backend.placards.signing import code_of
from backend.storage import engine
from backend.storage.engine import connection, transaction
from benchmarks._million import COLUMNS, rows
from tests.web.conftest import _browsers

BIG = {
    "enterprise", "enterprise_search", "enterprise_change", "inspection", "inspection_officer", "submission", "submission_photo", "import_row",
    "ledger_entry", "ledger_leaf", "ledger_payload", "publication", "draw_frame_row", "penalty", "permit", "notice", "inbox_entry", "placard",
}  # fmt: skip
# A door's page is opened by anybody, at any rate: it reads no table of all enterprises' doings from end to end, be it large yet or not.
BIG_FOR_A_DOOR = BIG | {"rectification_order", "enterprise_listing"}
# What adds up a whole scope or year cannot come from a few rows: a figure, not a list. By the beginning of its query.
ADDS_UP = {
    "with visit as materialized": "KPIs over all inspections of a period",
    "with visit as (select i.enterprise, count(*)": "which visits of a department's year are done and open, for its forecast",
    "select i.state, count(*) as n from inspection i": "how many inspections of the scope are in each state",
    "select i.county, count(*) as total": "how many inspections of the scope each county has",
    "with bound as (select * from unnest($1::text[], $2::date[], $3::date[], $4::date[], $5::date[]) b"
    " (clock, first, last, red_before, yellow_before)) select i.county, l.rank, count(*)": "how many inspections of each county are late",
    "select c.kind, count(*) as n from inspection i": "how many of all visits were drawn",
    "select count(*) from publication p where not exists": "how many results are public",
    "with result as (select county, department, date_trunc('month', completed_on)": "how many results of a year there are, by place and outcome",
    "select count(*) as n, max(published_at)": "whether a month's file is another one",
    "with bound as (select * from unnest($1::text[], $2::date[], $3::date[], $4::date[], $5::date[]) b"
    " (clock, first, last, red_before, yellow_before)), seen as materialized": "how many inspections of the scope stand in each column of the board",
}
# table -> rows to have, and the columns that may not repeat, as SQL; the others are those of rows that are there.
COPIES: dict[str, tuple[int, dict[str, str]]] = {
    "campaign": (400, {"id": "gen_random_uuid()", "number": "r.number || '-' || g", "state": "'closed'", "kind": "'random'"}),
    "inspection": (
        12_000,
        {"id": "gen_random_uuid()", "enterprise": "gen_random_uuid()", "enterprise_code": "left(gen_random_uuid()::text, 18)",
         "draw": "case when r.draw is not null then gen_random_uuid() end",
         "campaign": "(select array_agg(id) from campaign where state = 'closed')[1 + g % 400]", "due_on": "r.due_on - (g % 900)",
         "state": "case when g % 150 = 0 then r.state else 'published' end"},
    ),
    "publication": (
        12_000,
        {"id": "gen_random_uuid()", "inspection": "gen_random_uuid()", "enterprise": "gen_random_uuid()", "number": "r.number || '-' || g",
         "enterprise_code": "left(gen_random_uuid()::text, 18)", "published_at": "r.published_at - make_interval(hours => g)", "draw_id": "'d' || g % 50"},
    ),
    "ledger_entry": (
        20_000,
        {"entry_id": "gen_random_uuid()", "leaf_sha256": "sha256(gen_random_uuid()::text::bytea)", "subject": "gen_random_uuid()::text",
         "at": "r.at - make_interval(mins => g)"},
    ),
    "draw_frame_row": (30_000, {"draw": "gen_random_uuid()", "object_id": "left(gen_random_uuid()::text, 30)"}),
    "submission_photo": (10_000, {"id": "1000000 + g * 10000 + r.id", "submission": "gen_random_uuid()"}),
    "placard_batch": (3_000, {"id": "gen_random_uuid()", "number": "r.number || '-' || g", "serial": "r.serial + 10 * g"}),
    "placard": (
        15_000,
        {"id": "gen_random_uuid()", "batch": "(select array_agg(id) from placard_batch)[1 + g % 3000]", "position": "1000 + row_number() over ()",
         "enterprise": "gen_random_uuid()", "token": "translate(left(md5(r.token || g), 16), '0189', 'wxyz')"},
    ),
    "penalty": (8_000, {"id": "gen_random_uuid()", "enterprise": "gen_random_uuid()"}),
    "permit": (8_000, {"id": "gen_random_uuid()", "enterprise": "gen_random_uuid()"}),
    "rectification_order": (
        3_000,
        {"id": "gen_random_uuid()", "number": "r.number || '-' || g", "serial": "r.serial + 10 * g", "enterprise": "gen_random_uuid()",
         "inspection": "gen_random_uuid()", "due_on": "r.due_on - (g % 900)", "state": "case when g % 20 = 0 then r.state else 'ended' end",
         "closed_at": "case when g % 20 = 0 then r.closed_at else r.ordered_at end", "closing": "case when g % 20 = 0 then r.closing else '-' end"},
    ),
    "enterprise_listing": (3_000, {"id": "gen_random_uuid()", "enterprise": "gen_random_uuid()"}),
    "inbox_entry": (15_000, {"id": "gen_random_uuid()", "account": "gen_random_uuid()"}),
}  # fmt: skip


async def multiply(table: str, n: int, other: dict[str, str]) -> None:
    sql = connection()
    columns = [r[0] for r in await sql.fetch("select column_name from information_schema.columns where table_name = $1 order by ordinal_position", table)]
    have = await sql.fetchval(f"select count(*) from {table}")
    assert have, f"the demo has nothing in {table}"
    chosen = ", ".join(other.get(c, f"r.{c}") for c in columns)
    await sql.execute(f"insert into {table} ({', '.join(columns)}) select {chosen} from {table} r, generate_series(1, {n // have + 1}) g")


async def grow() -> None:
    async with transaction():
        sql = connection()
        await sql.copy_records_to_table("enterprise", records=list(rows(12_000, datetime.now(UTC))), columns=COLUMNS)
        await sql.execute("set local session_replication_role = replica")  # without the checks of every foreign key
        for table, (n, other) in COPIES.items():
            await multiply(table, n, other)
        await sql.execute(
            "insert into inspection_officer (inspection, inspector, slot, department) select i.id, o.inspector, o.slot, o.department"
            " from inspection i, inspection_officer o where o.id in (select min(id) from inspection_officer group by slot)"
            " and not exists (select from inspection_officer x where x.inspection = i.id)"
        )
        columns = [r[0] for r in await sql.fetch("select column_name from information_schema.columns where table_name = 'submission'")]
        other = {"id": "gen_random_uuid()", "inspection": "i.id", "state": "'approved'"}
        other["received_at"] = "r.received_at - make_interval(mins => (random() * 1e6)::int)"
        await sql.execute(
            f"insert into submission ({', '.join(columns)}) select {', '.join(other.get(c, f'r.{c}') for c in columns)}"
            " from inspection i, (select * from submission limit 1) r where not exists (select from submission x where x.inspection = i.id)"
        )
        # As the worker does it, but at one go, and the index of grams made last: several times as quick.
        made = await sql.fetchval("select pg_get_indexdef('enterprise_search_grams'::regclass)")
        await sql.execute("drop index enterprise_search_grams")
        await sql.execute("select enterprise_index(array_agg(e)) from enterprise_unindexed, unnest(enterprises) e")
        await sql.execute("truncate enterprise_unindexed")
        await sql.execute(made)
        await sql.execute("alter index enterprise_search_grams alter column 1 set statistics 0")
    await engine.database().pool.execute("vacuum analyze", timeout=300)


async def doors_of_interest() -> list[str]:
    """The codes of a busy door and of a quiet one; one that was replaced and one that was misused; an older card."""
    async with transaction():
        sql = connection()
        busy = await sql.fetchrow(
            "select p.token, e.qr_token from placard p join enterprise e on e.id = p.enterprise join rectification_order o on o.enterprise = e.id"
            " where p.ground = '' limit 1"
        )
        quiet = await sql.fetchval("select qr_token from enterprise e where not exists (select from placard p where p.enterprise = e.id) limit 1")
        rest = await sql.fetch(
            "select distinct on (p.ground) p.token from placard p join enterprise e on e.id = p.enterprise where p.ground in ('replaced', 'abuse')"
        )
    return [code_of(busy["token"]), quiet, busy["qr_token"], *(code_of(row["token"]) for row in rest)]


def list_pages() -> list[str]:
    found, elsewhere = set(), ("/field", "/static", "/console/live")
    for route in create_app().routes:
        for method, (handler, *_rest) in getattr(route, "route_handler_map", {}).items():
            if str(method) == "GET" and "{" not in route.path and not route.path.startswith(elsewhere) and handler.opt.get("access"):
                found.add(route.path)
    return sorted(found)


def scans(plan: dict[str, Any], big: set[str]) -> Iterator[str]:
    if plan["Node Type"] in ("Seq Scan", "Parallel Seq Scan") and plan.get("Relation Name") in big:
        yield f"{plan['Relation Name']}: {plan.get('Filter', 'all of it')}"
    for part in plan.get("Plans", ()):
        yield from scans(part, big)


async def test_no_list_page_reads_a_big_table_from_end_to_end(demo, monkeypatch):
    await grow()
    asked: list[tuple[str, str, tuple[object, ...]]] = []
    where = [""]

    async def watch(self: asyncpg.Connection, query: str, args: tuple[object, ...], *rest: object, **more: object) -> object:
        if re.match(r"\s*(select|with)\b", query, re.IGNORECASE) and where[0]:
            asked.append((where[0], query, tuple(args)))
        return await original(self, query, args, *rest, **more)

    original = asyncpg.Connection._execute
    monkeypatch.setattr(asyncpg.Connection, "_execute", watch)
    opened = {}
    async with _browsers() as open_browser:
        for username in ("manager", "admin", ""):
            browser = await open_browser()
            await browser.get("/console/login")
            if username:
                assert (await browser.post("/console/login", data={"username": username, "password": "sunlot-demo"})).status_code == 303
            pages = [p for p in list_pages() if username or not p.startswith("/console")]
            doors = [f"/e/{code}" for code in await doors_of_interest()] if not username else []
            extra = ["/console/enterprises?q=%E9%A5%AD%E5%BA%97", "/console/enterprises?status=revoked", "/console/inspections?state=published"]
            public = ["/results?q=%E9%A5%AD%E5%BA%97", "/results?q=9153", "/results?county=530302", "/results?department=scjg&outcome=1&item=SC03",
                      "/results?from=2026-01-01&to=2026-01-31", "/lists?q=%E9%A5%AD%E5%BA%97", "/api/v1/results?county=530303&limit=200",
                      "/api/v1/changes?after=5", "/api/v1/campaigns", "/api/v1/lists"]  # fmt: skip
            for page in [*pages, *doors, *(extra if username else public)]:
                where[0] = page
                opened[username, page] = (await browser.get(page)).status_code
                where[0] = ""
    assert sorted(status for (who, page), status in opened.items() if page.startswith("/e/")) == [200, 200, 303, 303, 410]
    assert opened["manager", "/console/inspections"] == opened["manager", "/console/enterprises"] == opened["", "/results"] == 200
    assert 500 not in opened.values()
    assert len([s for s in opened.values() if s == 200]) > 25
    found: dict[str, set[str]] = {}
    seen = set()
    for page, query, args in asked:
        if query in seen or "tablesample" in query or query.startswith(tuple(ADDS_UP)):
            continue
        seen.add(query)
        try:
            plan = json.loads(await engine.database().pool.fetchval("explain (format json) " + query, *args))
        except asyncpg.PostgresError as e:
            pytest.fail(f"{page}: no plan for {query[:200]}: {e}")
        for scan in scans(plan[0]["Plan"], BIG_FOR_A_DOOR if page.startswith("/e/") else BIG):
            found.setdefault(f"{page} | {scan}", set()).add(query)
    assert len(seen) > 50
    assert not found, "\n".join(f"{where} | {q[:1500]}" for where, queries in sorted(found.items()) for q in queries)
