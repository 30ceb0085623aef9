"""The matrix of insecure direct object references: every route with a parameter, every role, with the ids of another city and department, and with
those of another county of the same department.

The demo county's every name is marked; the strangers' own department or county has nothing. No answer to them may be anything but 403 or
404 (or say why not in SHARED), no answer may hold a marked name, and after the walk no row of the database may differ from before.
"""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.kernel import clock
from backend.people import service as people
from backend.people.rules import ADMIN, AUDITOR, INSPECTOR, ROLES
from backend.storage.engine import connection, transaction
from backend.web.shared.access import ENTERPRISE, PUBLIC
from tests.web.conftest import PASSWORD
from tests.web.every_route import Route, Unknown, fill, routes

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
# An installation has one city's administrators: these tables and taps are the site's, and say nothing that is not public.
# A department's robot tells of all its counties and has no region.
OF_THE_SITE = ("/console/registers/", "/console/webhooks/", "/console/items/{code:str}", "/console/alerts")
# The id is the asker's own to choose: it names what is made, nothing that is there.
OWN = {
    ("PUT", "/field/api/devices/{device_id:uuid}"),
    ("PUT", "/field/api/evidence/{sha256:str}"),
    ("PATCH", "/field/api/evidence/{sha256:str}"),
    ("PUT", "/field/api/submissions/{submission_id:uuid}"),
    # What is signed names the visit, and is judged before anything is looked up: tests/web/field/test_team.py.
    ("PUT", "/field/api/inspections/{inspection_id:uuid}/parts/{device_id:uuid}"),
    ("HEAD", "/field/api/evidence/{sha256:str}"),  # whoever knows the hash has the file
}
# What a verb needs before it looks for the thing.
NOBODY = str(UUID(int=7))
FORMS: dict[str, dict[str, object]] = {
    "/console/reviews/{submission:uuid}/waive": {"inspector": NOBODY, "what": "part", "reason": "x"},
    "/console/plans/{plan_id:uuid}/copy": {"source": NOBODY, "lines": NOBODY},
    "/console/enterprises/{enterprise_id:uuid}/claim/letter": {"id": NOBODY},
    "/console/enterprises/{enterprise_id:uuid}/claim/code": {"id": NOBODY},
    "/field/api/inspections/{inspection_id:uuid}/claim-code": {"id": NOBODY},
    "/field/api/inspections/{inspection_id:uuid}/arrive": {"how": "qr", "t_dev": 1},
    "/field/api/inspections/{inspection_id:uuid}/receive": {"t_dev": 1},
    "/field/api/inspections/{inspection_id:uuid}/unscanned": {"t_dev": 1, "reason": "x"},
    "/field/api/inspections/{inspection_id:uuid}/parts/{device_id:uuid}": {"part": {}},
    "/field/api/submissions/{submission_id:uuid}": {"device": NOBODY, "record": {}, "signature": "AA"},
    "/field/api/submissions/{submission_id:uuid}/cosignatures/{device_id:uuid}": {"body": {}, "signature": "AA"},
    "/field/api/submissions/{submission_id:uuid}/decisions/{decision_id:uuid}": {"device": NOBODY, "body": {}, "signature": "AA"},
}
# Counters and the strangers' own sessions change by being used.
MOVING = {"session", "webhook_delivery", "webhook", "login_attempt", "rate_limit", "outbox_job", "passkey_challenge", "migration"}


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
        await run("update plan_line set name = $1 || name where edition in (select id from plan_edition where state in ('draft', 'returned'))", MARK)
        for table in ("objection", "handover", "rectification_order"):
            await run(f"update {table} set enterprise_name = $1 || enterprise_name", MARK)
        await run("update objection set objector = $1, contact = $1", MARK)
        await run("update tip set enterprise_name = $1 || enterprise_name, place = $1, text = $1 || text", MARK)
        await run("update saved_filter set name = $1 || name", MARK)
        await run("update notify_robot set name = $1 || name", MARK)


_BY_TYPE: dict[str, Any] = {
    "uuid": uuid4, "text": lambda: MARK, "character varying": lambda: "x", "integer": lambda: 1, "bigint": lambda: 1, "smallint": lambda: 1,
    "boolean": lambda: False, "timestamp with time zone": clock.now, "date": clock.today, "jsonb": lambda: "{}", "bytea": lambda: b"x", "ARRAY": list,
}  # fmt: skip


async def put(table: str, **fields: object) -> None:
    """One row of a table in which there is none: what must be given and is not named here is filled by its type."""
    get, run = connection().fetch, connection().execute
    if await get(f"select 1 from {table} limit 1"):
        return
    columns = await get(
        "select column_name as name, data_type as kind from information_schema.columns"
        " where table_name = $1 and is_nullable = 'NO' and column_default is null and is_identity = 'NO'",
        table,
    )
    values = {c["name"]: _BY_TYPE[c["kind"]]() for c in columns if c["name"] not in fields} | fields
    await run(f"insert into {table} ({', '.join(values)}) values ({', '.join(f'${n + 1}' for n in range(len(values)))})", *values.values())


async def make_missing() -> None:
    """Rows that the demo county does not have."""
    async with transaction():
        get = connection().fetchval
        manager = await get("select id from account where username = 'manager'")
        inspector = await get("select id from account where username = 'inspector'")
        visit = await connection().fetchrow("select id, enterprise, draw from inspection where draw is not null order by id limit 1")
        await people.open_session(manager)
        await put("passkey", account=inspector, name=MARK)
        await put("notify_robot", department="scjg", name=MARK, kind="wecom")
        await put("saved_filter", account=manager, page="enterprises", name=MARK)
        await put("recusal", inspector=await get("select id from inspector where department = 'scjg' limit 1"), enterprise=visit["enterprise"])
        await put("exemption", enterprise=visit["enterprise"], department="scjg")
        await put("unsent_import", account=manager, department="scjg", region="5303", state="done", file_sha256="0" * 64)
        await put("item_import", department="scjg", created_by=manager, state="previewed", file_sha256="0" * 64, rows="[]")
        await put("draw_replacement", draw=visit["draw"], inspection=visit["id"], state="requested")


async def fingerprint() -> dict[str, str]:
    """Table -> a hash over all of its rows."""
    found = {}
    async with transaction():
        tables = await connection().fetch("select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'")
        for name in sorted({r["table_name"] for r in tables} - MOVING):
            rows = await connection().fetch(f'select md5(t::text) as h from "{name}" t')
            found[name] = hashlib.sha256("".join(sorted(r["h"] for r in rows)).encode()).hexdigest()
    return found


HERE, THERE = "530302", "530381"
STRANGERS = {
    "another city, another department": {"department": "lyj", "region": "5304"},
    "another county, the same department": {"department": "scjg", "region": THERE},
}


async def move_to_another_county() -> None:
    """All that is the whole city's, or lies in THERE, is HERE's alone: a colleague in THERE has nothing of their own, and nothing that they share."""
    async with transaction():
        run = connection().execute
        # What may never change in the life of a record changes here, for the test's sake.
        await run("set local session_replication_role = replica")
        columns = await connection().fetch(
            "select c.table_name as t, c.column_name as c, c.data_type as kind from information_schema.columns c join information_schema.tables t"
            " on t.table_schema = c.table_schema and t.table_name = c.table_name and t.table_type = 'BASE TABLE'"
            " where c.table_schema = 'public' and c.table_name <> 'region' and c.column_name in ('region', 'county', 'counties')"
        )
        assert len(columns) > 20
        for column in columns:
            table, name = column["t"], column["c"]
            if column["kind"] == "ARRAY":
                await run(f'update "{table}" set {name} = array_replace({name}, $1, $2)', THERE, HERE)
            elif column["kind"] in ("text", "character varying"):
                await run(f'update "{table}" set {name} = $1 where {name} in (\'5303\', \'530300\', $2)', HERE, THERE)


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


# A department has one list of items for all its counties, and whoever manages there keeps it.
OF_THE_DEPARTMENT = ("/console/items/imports/",)


def may(route: Route, role: str) -> bool:
    return role in route.access if route.access != PUBLIC else False


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("whose", STRANGERS)
async def test_nobody_reaches_what_is_anothers(strangers, whose, role):
    await make_missing()
    await mark_everything()
    if STRANGERS[whose]["region"] == THERE:
        await move_to_another_county()
    browser = await strangers(role, **STRANGERS[whose])
    before = await fingerprint()
    wrong, walked = [], 0
    for route in routes():
        # What an enterprise's own people may, with another enterprise's ids: tests/web/public/test_my_idor.py.
        if route.access in (PUBLIC, ENTERPRISE) or (route.method, route.path) in OWN or route.path == "/console/live":
            continue
        if not route.parameters:
            if route.method == "GET" and may(route, role):
                answer = await browser.get(route.path)
                if MARK in answer.text and not route.path.startswith(OF_THE_SITE):
                    wrong.append((route.method, route.path, answer.status_code, "shows a name"))
            continue
        try:
            path = await fill(route)
        except Unknown as e:
            wrong.append((route.method, route.path, 0, str(e)))
            continue
        walked += 1
        if route.path.startswith(OF_THE_SITE) and may(route, role):
            continue
        if route.path.startswith(OF_THE_DEPARTMENT) and STRANGERS[whose]["department"] == "scjg":
            continue
        form = FORMS.get(route.path)
        if route.method == "GET":
            answer = await browser.get(path, params=form)
        elif path.startswith("/field"):
            answer = await browser.request(route.method, path, json=form)
        else:
            answer = await browser.request(route.method, path, data=form)
        if MARK in answer.text:
            wrong.append((route.method, route.path, answer.status_code, "shows a name"))
        elif answer.status_code not in (403, 404) and not (route.path in SHARED and route.method == "GET"):
            wrong.append((route.method, route.path, answer.status_code, answer.headers.get("location", "")))
    assert walked > 100
    after = await fingerprint()
    wrong += [("", table, 0, "was changed") for table in before if before[table] != after[table]]
    if wrong:
        pytest.fail("\n".join(f"{method} {path}: {status} {why}" for method, path, status, why in wrong), pytrace=False)
