"""The matrix of insecure direct object references: every route with a parameter, every role, with the ids of another department and region.

The demo county's every name is marked; the strangers' own department and region have nothing. No answer to them may be anything but 403 or
404 (or say why not in SHARED), no answer may hold a marked name, and after the walk no row of the database may differ from before.
"""

from __future__ import annotations

import hashlib
from uuid import uuid4

import pytest

from backend.people import service as people
from backend.people.rules import ADMIN, AUDITOR, INSPECTOR, ROLES
from backend.storage.engine import connection, transaction
from backend.web.shared.access import PUBLIC
from tests.web.conftest import PASSWORD
from tests.web.every_route import Route, fill, routes

MARK = "绝密字样"
# Whose register it is stands in the table itself: everybody of the office reads these, and nothing personal is in them.
SHARED = {
    "/console/items/{code:str}": "the list of check items is one for the whole city",
    "/console/items/{code:str}/checklist": "likewise",
    "/console/items/{code:str}/versions/{number:int}": "likewise",
    "/console/registers/{kind:str}": "codes and rules that all departments work by",
    "/console/registers/{kind:str}/new": "an empty form",
    "/console/registers/{kind:str}/{key:str}": "likewise",
    "/console/figures/{measure:str}": "one's own figures: the parameter names a measure, not a thing",
    "/console/figures/{measure:str}/records": "likewise",
    "/console/figures/{measure:str}/records.xlsx": "likewise",
    "/console/imports/samples/{name:str}": "a sample file of the product",
    "/field/api/papers/{name:str}": "likewise",
}
# The id is the asker's own to choose: it names what is made, nothing that is there.
OWN = {
    ("PUT", "/field/api/devices/{device_id:uuid}"),
    ("PUT", "/field/api/evidence/{sha256:str}"),
    ("PATCH", "/field/api/evidence/{sha256:str}"),
}
# What a verb needs before it looks for the thing.
FORMS: dict[str, dict[str, object]] = {}
# Counters and the strangers' own sessions change by being used.
MOVING = {"session", "login_attempt", "rate_limit", "outbox_job", "passkey_challenge", "migration"}


async def mark_everything() -> None:
    """Every name in the county's own records says that nobody from outside may read it."""
    async with transaction():
        run = connection().execute
        await run("update enterprise set name = $1 || name, address = $1 || address, legal_rep = $1, phone = $1", MARK)
        await run("update inspection set enterprise_name = $1 || enterprise_name", MARK)
        await run("update campaign set name = $1 || name", MARK)
        await run("update account set name = $1 || name", MARK)
        await run("update inspector set name = $1 || name, phone = $1", MARK)
        await run("update device set name = $1 || name", MARK)
        await run("update plan_edition set name = $1 || name", MARK)
        await run("update plan_line set name = $1 || name", MARK)
        for table in ("objection", "handover", "rectification_order"):
            await run(f"update {table} set enterprise_name = $1 || enterprise_name", MARK)
        await run("update objection set objector = $1, contact = $1", MARK)
        await run("update saved_filter set name = $1 || name", MARK)
        await run("update notify_robot set name = $1 || name", MARK)


async def make_missing() -> None:
    """Rows that the demo county does not have."""
    async with transaction():
        run, get = connection().execute, connection().fetchval
        manager = await get("select id from account where username = 'manager'")
        inspector = await get("select id from account where username = 'inspector'")
        if not await get("select 1 from passkey"):
            await run(
                "insert into passkey (id, account, credential_id, public_key, sign_count, is_synced, name, created_at)"
                " values ($1, $2, $3, $4, 0, false, $5, now())",
                uuid4(), inspector, b"c", b"k", MARK,
            )  # fmt: skip
        if not await get("select 1 from desk_run"):
            pytest.fail("no desk run: make one")
        assert manager


async def fingerprint() -> dict[str, str]:
    """Table -> a hash over all of its rows."""
    found = {}
    async with transaction():
        tables = await connection().fetch("select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'")
        for name in sorted({r["table_name"] for r in tables} - MOVING):
            rows = await connection().fetch(f'select md5(t::text) as h from "{name}" t')
            found[name] = hashlib.sha256("".join(sorted(r["h"] for r in rows)).encode()).hexdigest()
    return found


STRANGERS = {
    "another city, another department": {"department": "lyj", "region": "5304"},
    "another county, the same department": {"department": "scjg", "region": "530381"},
}


@pytest.fixture
async def strangers(county):
    async with transaction():
        await people.add_department("lyj", "林业和草原局", "Forestry and Grassland Bureau")

    async def enter(role: str, department: str, region: str):
        username = f"stranger-{role}-{region}"
        async with transaction():
            account = await people.create_account(
                username=username,
                password=PASSWORD,
                name="外人",
                role=role,
                department=None if role in (ADMIN, AUDITOR) else department,
                region=region,
            )
            if role == INSPECTOR:
                from datetime import date

                await people.add_inspector(
                    name="外人", department=department, certificate_no=f"X-{region}", certificate_expires_on=date(2099, 1, 1), qualifications=["law"],
                    counties=[f"{region:0<6}"], account=account,
                )  # fmt: skip
        browser = await county("")
        answer = await browser.post("/console/login", data={"username": username, "password": PASSWORD})
        assert answer.status_code == 303
        return browser

    return enter


def may(route: Route, role: str) -> bool:
    return role in route.access if route.access != PUBLIC else False


@pytest.mark.parametrize("role", ROLES)
async def test_nobody_reaches_what_is_another_citys(strangers, role):
    await make_missing()
    await mark_everything()
    browser = await strangers(role, **STRANGERS["another city, another department"])
    before = await fingerprint()
    wrong, walked = [], 0
    for route in routes():
        if route.access == PUBLIC or (route.method, route.path) in OWN or route.path == "/console/live":
            continue
        if not route.parameters:
            if route.method == "GET" and may(route, role):
                answer = await browser.get(route.path)
                if MARK in answer.text:
                    wrong.append((route.method, route.path, answer.status_code, "shows a name"))
            continue
        path = await fill(route)
        walked += 1
        answer = await browser.request(route.method, path, data=FORMS.get(route.path) if route.method != "GET" and not path.startswith("/field") else None)
        if MARK in answer.text:
            wrong.append((route.method, route.path, answer.status_code, "shows a name"))
        elif answer.status_code not in (403, 404) and not (route.path in SHARED and route.method == "GET"):
            wrong.append((route.method, route.path, answer.status_code, answer.headers.get("location", answer.text[-300:])))
    assert walked > 100
    after = await fingerprint()
    assert [t for t in before if before[t] != after[t]] == []
    assert wrong == []
