"""Default deny: every route with every role and with nobody."""

from __future__ import annotations

import re

import pytest

from backend.app import create_app
from backend.people.rules import ROLES
from backend.storage.engine import connection, transaction
from backend.web.shared.access import ENTERPRISE, PUBLIC
from backend.web.shared.session import is_my
from tests.web.conftest import browsers, client, county, login  # noqa: F401 - fixtures
from tests.web.public.test_my import come_in

# What the world may reach without signing in. A new public route is added here on purpose or not at all.
PUBLIC_PATHS = {
    "/",
    "/complain",
    "/complain/track",
    "/complain/track/add",
    "/api",
    "/api/openapi.json",
    "/api/v1/campaigns",
    "/api/v1/changes",
    "/api/v1/codes",
    "/api/v1/draws",
    "/api/v1/lists",
    "/api/v1/results",
    "/api/v1/results/{number:str}",
    "/api/v1/results/{number:str}/versions",
    "/api/v1/statistics/{year:int}",
    "/console/login",
    "/console/login/code",
    "/console/login/passkey",
    "/console/login/passkey/challenge",
    "/data",
    "/data/{name:str}",
    "/draws",
    "/draws.json",
    "/draws/{draw_id:str}",
    "/draws/{draw_id:str}/bundle.json",
    "/draws/{draw_id:str}/frame.ndjson",
    "/e/{token:str}",
    "/e/{token:str}/complain",
    "/e/{token:str}/evaluate",
    "/e/{token:str}/recusal",
    "/feed.atom",
    "/field",
    "/field/api/session",
    "/field/api/session/code",
    "/field/api/session/passkey",
    "/field/api/session/passkey/challenge",
    "/field/{file_path:path}",
    "/healthz",
    "/lists",
    "/my/claim",
    "/my/login",
    "/my/login/passkey",
    "/my/login/passkey/challenge",
    "/my/sw.js",
    "/log",
    "/log/checkpoint",
    "/log/entries/{index:int}",
    "/log/index/{index:int}/proof",
    "/log/tile/{tile:path}",
    "/log/vkey",
    "/metrics",
    "/o/{token:str}",
    "/officers",
    "/papers/{number:str}",
    "/readyz",
    "/plans",
    "/plans/{number:str}",
    "/results",
    "/results/{number:str}",
    "/results/{number:str}/proof.json",
    "/static/{file_path:path}",
    "/statistics",
    "/verifier.py",
    "/verify.html",
    "/visit",
    "/visit.html",
}
DUMMIES = {"uuid": "00000000-0000-4000-8000-000000000000", "int": "7", "str": "x", "path": "x/y"}
# Ends the session that the walk goes with; its guard is that of any signed-in page.
LAST = {"/console/logout", "/field/api/session", "/my/logout"}


def routes() -> list[tuple[str, str, object]]:
    """(path, method, access mark) of every route."""
    found = []
    for route in create_app().routes:
        for method, (handler, *_rest) in getattr(route, "route_handler_map", {}).items():
            if str(method) != "OPTIONS":
                found.append((route.path_format if "{" not in route.path else route.path, str(method), handler.opt.get("access")))
    return sorted(found, key=lambda r: (r[0] in LAST, r[0], r[1]))


def test_every_route_has_a_mark():
    assert [r for r in routes() if not r[2]] == []


def test_the_public_list_is_complete_and_no_longer_than_it_must_be():
    public = {path for path, method, access in routes() if access == PUBLIC}
    assert public == PUBLIC_PATHS
    changing = {(path, method) for path, method, access in routes() if access == PUBLIC and method not in ("GET", "HEAD")}
    assert changing == {
        ("/console/login", "POST"),
        ("/console/login/code", "POST"),
        ("/console/login/passkey", "POST"),
        ("/console/login/passkey/challenge", "POST"),
        ("/field/api/session", "POST"),
        ("/field/api/session/code", "POST"),
        ("/field/api/session/passkey", "POST"),
        ("/field/api/session/passkey/challenge", "POST"),
        ("/e/{token:str}/recusal", "POST"),
        ("/e/{token:str}/evaluate", "POST"),
        ("/e/{token:str}/complain", "POST"),
        ("/complain", "POST"),
        ("/complain/track", "POST"),
        ("/complain/track/add", "POST"),
        ("/officers", "POST"),
        ("/my/claim", "POST"),
        ("/my/login", "POST"),
        ("/my/login/passkey", "POST"),
        ("/my/login/passkey/challenge", "POST"),
    }


def fill(path: str) -> str:
    return re.sub(r"\{\w+:(\w+)\}", lambda m: DUMMIES[m[1]], path)


async def test_nobody_reaches_anything_that_is_not_public(client):  # noqa: F811 - the fixture
    await client.get("/console/login")
    walked = 0
    for path, method, access in routes():
        if access == PUBLIC:
            continue
        walked += 1
        answer = await client.request(method, fill(path))
        if path.startswith("/field/api") or method == "HEAD":
            assert answer.status_code == 401, (method, path, answer.status_code)
        else:
            assert answer.status_code == 303, (method, path, answer.status_code)
            assert answer.headers["location"].startswith("/my/login" if is_my(path) else "/console/login"), (method, path)
    assert walked > 30


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_reaches_what_is_marked_for_it_and_nothing_else(client, login, role):  # noqa: F811 - the fixtures
    await login(client, role, department=None if role in ("admin", "auditor") else "scjg")
    for path, method, access in routes():
        if access == PUBLIC or path in LAST:
            continue
        answer = await client.request(method, fill(path))
        if is_my(path):
            assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/my/login"), (role, method, path)
        elif role in access:
            assert answer.status_code not in (401, 500), (role, method, path, answer.status_code, answer.text[:200])
        else:
            assert answer.status_code == 403, (role, method, path, answer.status_code)


async def test_an_enterprises_person_reaches_their_own_pages_and_nothing_of_the_office(county):  # noqa: F811 - the fixture
    async with transaction():
        enterprise = await connection().fetchval("select id from enterprise e where not exists (select from claim_code c where c.enterprise = e.id) limit 1")
    browser = await come_in(county, enterprise)
    walked = 0
    for path, method, access in routes():
        if access == PUBLIC or path in LAST:
            continue
        answer = await browser.request(method, fill(path))
        if access == ENTERPRISE:
            walked += 1
            if method not in ("GET", "HEAD"):
                forged = await browser.request(method, fill(path), headers={"x-csrf-token": "not the cookie"})
                assert forged.status_code == 403, (method, path, forged.status_code)
            assert answer.status_code not in (401, 500), (method, path, answer.status_code, answer.text[:200])
            assert answer.status_code != 403 or "当前密码不正确" in answer.text, (method, path)
            assert not answer.headers.get("location", "").startswith("/my/login"), (method, path)
        else:
            assert answer.status_code in (401, 303), (method, path, answer.status_code)
            assert answer.status_code == 401 or answer.headers["location"].startswith("/console/login"), (method, path)
    assert walked > 20


@pytest.mark.parametrize("role", ROLES)
async def test_a_write_without_its_csrf_token_is_refused(client, login, role):  # noqa: F811 - the fixtures
    await login(client, role, department=None if role in ("admin", "auditor") else "scjg")
    for path, method, access in routes():
        if method in ("GET", "HEAD") or path in LAST or not (access == PUBLIC or role in access):
            continue
        answer = await client.request(method, fill(path), headers={"x-csrf-token": "not the cookie"})
        assert answer.status_code == 403, (method, path, answer.status_code)
