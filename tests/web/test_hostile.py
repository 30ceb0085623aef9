"""What attackers send: redirects to elsewhere, odd verbs, bodies that are too large, too deep, too slow or no text, forged origins."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import quote

import httpx
import pytest

from backend.app import create_app
from backend.web.shared import reading
from backend.web.shared.access import ENTERPRISE, PUBLIC
from tests.web.conftest import PASSWORD

ELSEWHERE = (
    "https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "data:text/html,x",
    "/console//evil.example", "/\t/evil.example", "/console\r\nSet-Cookie: x=1", "/console/\nLocation: //evil.example", "//console/x", "/consolevil", "/field/",
    "/console@evil.example", "https:/console", "http:console", "console", " /console/x", "/console/login", "/.//evil.example",
)  # fmt: skip


@pytest.mark.parametrize("target", ELSEWHERE)
async def test_a_sign_in_leads_nowhere_else(client, login, target):
    await login(client, "manager")
    answer = await client.post("/console/login", data={"username": "manager", "password": PASSWORD, "next": target})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/console"
    assert "x=1" not in answer.headers.get("set-cookie", "")


async def test_a_sign_in_leads_back_to_where_one_was(client, login):
    await login(client, "manager")
    for target in ("/console/enterprises?q=%E5%BA%97", "/console", "/console/campaigns#new"):
        answer = await client.post("/console/login", data={"username": "manager", "password": PASSWORD, "next": target})
        assert answer.headers["location"] == target


async def test_the_page_asked_for_is_kept_as_a_parameter_and_not_as_a_header(client):
    answer = await client.get("/console/enterprises", params={"q": "x\r\nSet-Cookie: a=1"})
    assert answer.status_code == 303
    assert "\n" not in answer.headers["location"]
    assert "a=1" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "PATCH", "DELETE", "PUT", "OPTIONS", "get"])
async def test_other_verbs_do_nothing(client, login, method):
    await login(client, "manager")
    answer = await client.request(method, "/console/notices/read")
    assert answer.status_code in (204, 303, 403, 404, 405), (method, answer.status_code)
    for name in ("x-http-method-override", "x-method-override", "x-http-method"):
        assert (await client.get("/console/notices/read", headers={name: "POST"})).status_code == 405
    assert (await client.get("/console/notices/read", params={"_method": "POST"})).status_code == 405


async def test_a_form_from_elsewhere_signs_nobody_in(browsers, login):
    browser = await browsers()
    await login(browser, "manager")
    other = await browsers()
    form = {"username": "manager", "password": PASSWORD}
    assert (await other.post("/console/login", data=form)).status_code == 403, "without the page's cookie"
    await other.get("/console/login")
    token = other.cookies["csrf"]
    for given in ("", "x", token[:-1] + ("0" if token[-1] != "0" else "1"), token[:64] * 2, browser.cookies["csrf"]):
        answer = await other.post("/console/login", data={**form, "_csrf_token": given}, headers={"x-csrf-token": given})
        assert answer.status_code == 403, given
    forged = "0" * 128
    other.cookies.set("csrf", forged)
    assert (await other.post("/console/login", data=form, headers={"x-csrf-token": forged})).status_code == 403, "a pair of the attacker's own making"


def deep(n: int) -> bytes:
    return b'{"username": ' + b"[" * n + b"]" * n + b', "password": "x"}'


@pytest.mark.parametrize(
    ("path", "content", "kind", "statuses"),
    [
        ("/field/api/session", deep(60_000), "application/json", {400}),
        ("/field/api/session", b'{"username": "\\u0000", "password": "\\u0000"}', "application/json", {400, 401}),
        ("/field/api/session", b'{"username": "\\ud800", "password": "x"}', "application/json", {400, 401}),
        ("/field/api/session", b"\xff\xfe{", "application/json", {400}),
        ("/field/api/session", b'{"username": 1}', "application/json", {400}),
        ("/field/api/session", b"", "application/json", {400}),
        ("/field/api/session", b'{"username": "' + b"a" * 11_000_000 + b'"}', "application/json", {413}),
        ("/console/login", b"username=%00&password=%00", "application/x-www-form-urlencoded", {400, 401}),
        ("/console/login", b"username=%ff%fe&password=%ed%a0%80", "application/x-www-form-urlencoded", {400, 401}),
        ("/console/login", b"username=a&" * 20_000, "application/x-www-form-urlencoded", {400, 401, 413}),
        ("/console/login", b"{", "application/json", {400, 401}),
        ("/console/login", b"x", "multipart/form-data; boundary=", {400, 401}),
        ("/console/login", b"--b\r\n" * 5000, "multipart/form-data; boundary=b", {400, 401}),
        ("/console/login", b"x" * 11_000_000, "application/x-www-form-urlencoded", {413}),
        ("/e/nobody/recusal", b"officer=%00&reason=%00", "application/x-www-form-urlencoded", {400, 404}),
    ],
    ids=lambda v: str(v)[:40] if not isinstance(v, set) else None,
)
async def test_bodies_that_are_not_what_they_should_be(client, path, content, kind, statuses):
    await client.get("/console/login")
    answer = await client.post(path, content=content, headers={"content-type": kind})
    assert answer.status_code in statuses, answer.text[:200]


# Photos come with these; their files are judged one by one (tests/rules/test_intake.py).
WITH_PHOTOS = {"/complain", "/e/{token:str}/complain", "/my/results/{number:str}/objection", "/my/orders/{order_id:uuid}/evidence"}


def test_whoever_sends_no_photo_sends_little():
    """Of what the public and enterprises may ask, only the routes that take photos read more than a form's worth."""
    larger = set()
    for route in create_app().routes:
        for method, (handler, *_rest) in getattr(route, "route_handler_map", {}).items():
            is_ours = handler.opt.get("access") in (PUBLIC, ENTERPRISE) and not route.path.startswith(("/field/api", "/console", "/static", "/field"))
            is_sign_in = handler.opt.get("access") == PUBLIC and str(method) == "POST"
            limit = handler.resolve_request_max_body_size() if str(method) != "OPTIONS" else 0
            if (is_ours or is_sign_in) and (limit is None or limit > reading.MAX_FORM):
                larger.add(route.path)
    assert larger == WITH_PHOTOS


@pytest.mark.parametrize("path", ["/officers", "/complain/track", "/my/login", "/my/claim", "/console/login", "/e/nobody/evaluate"])
@pytest.mark.parametrize("said", [True, False], ids=["announced", "in pieces"])
async def test_a_form_beyond_its_measure_is_refused_in_clear_words(client, path, said):
    await client.get("/console/login")
    body = b"name=" + b"x" * reading.MAX_FORM

    async def pieces():
        for start in range(0, len(body), 4096):
            yield body[start : start + 4096]

    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = await client.post(path, content=body if said else pieces(), headers=kind)
    assert answer.status_code == 413
    assert "超过 128 KB" in answer.text and "已填写的内容仍在" in answer.text
    english = await client.post(path, content=body, headers={**kind, "cookie": f"lang=en; csrf={client.cookies['csrf']}"})
    assert "larger than 128 KB" in english.text and "what you typed is still there" in english.text
    fits = await client.post(path, content=body[: reading.MAX_FORM], headers=kind)
    assert fits.status_code not in (413, 500)


async def test_a_program_is_told_as_a_problem(client):
    await client.get("/console/login")
    answer = await client.post("/field/api/session", content=b'{"username": "' + b"a" * reading.MAX_FORM + b'"}', headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"], answer.json()["code"]) == (413, "application/problem+json", "http-413")
    assert "128 KB" in answer.json()["title"]


@pytest.mark.parametrize(
    "path",
    [
        "/results?q=%00",
        "/results?q=%ff%fe",
        "/results?before=%00",
        "/results?county=" + "9" * 5000,
        "/log?before=99999999999999999999",
        "/log?day=9999-99-99",
        "/log?subject=%00",
        "/log/entries/99999999999999999999",
        "/log/entries/-1",
        "/log/index/99999999999999999999/proof",
        "/log/tile/0/x999/x999/x999/x999/x999/x999/999",
        "/log/tile/99999999999999999999/000",
        "/log/tile/..%2f..%2fetc/passwd",
        "/results/%00",
        "/results/x?version=99999999999999999999",
        "/results/x?version=%00",
        "/e/%00",
        "/e/" + "x" * 4000,
        "/o/%ff",
        "/papers/%00",
        "/papers/..%2f..",
        "/draws/%00",
        "/draws/'%20or%201=1--",
        "/draws/x/frame.ndjson",
        "/static/%00",
        "/field/%00",
        "/static/..%2f..%2fpyproject.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/console/login?next=%00",
        "/?lang=%00",
        "/?lang=en%0d%0aSet-Cookie:%20a=1",
    ],
)
async def test_addresses_that_are_not_what_they_should_be(client, path):
    request = httpx.Request("GET", httpx.URL("http://localhost:8000").copy_with(raw_path=path.encode()))
    answer = await client.send(request)
    assert answer.status_code in (200, 303, 400, 404), (path, answer.status_code, answer.text[:300])
    assert "Traceback" not in answer.text
    assert "a=1" not in answer.headers.get("set-cookie", "")


async def test_cookies_that_are_not_ours(client):
    for cookie in ("sid=%00", "sid=" + "x" * 6000, "sid=\xff", "lang=<script>", "csrf=x; csrf=y", "=;=;;", "sid"):
        answer = await client.get("/console/login", headers={"cookie": cookie.encode("latin-1")})
        assert answer.status_code in (200, 400, 431), cookie
        assert "<script>" not in answer.text


async def test_what_is_typed_is_shown_as_text_only(client):
    evil = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'"
    for path in (f"/results?q={quote(evil)}", f"/log?subject={quote(evil)}", f"/console/login?next={quote(evil)}", f"/e/{quote(evil, safe='')}"):
        answer = await client.get(path)
        assert "<script>alert" not in answer.text, path
        assert "<img src=x" not in answer.text, path


async def test_a_body_that_stops_coming_is_given_up(db, monkeypatch):
    monkeypatch.setattr(reading, "SILENCE", 0.05)
    app, sent = create_app(), []

    async def receive():
        if sent_first:
            await asyncio.sleep(30)
        sent_first.append(True)
        return {"type": "http.request", "body": b"username=", "more_body": True}

    sent_first: list[bool] = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/console/login", "raw_path": b"/console/login", "query_string": b"", "scheme": "http", "http_version": "1.1",
        "root_path": "", "headers": [(b"host", b"localhost"), (b"content-type", b"application/x-www-form-urlencoded")], "client": ("127.0.0.1", 1),
        "server": ("localhost", 8000), "asgi": {"version": "3.0"},
    }  # fmt: skip
    await asyncio.wait_for(app(scope, receive, send), 5)
    assert sent[0]["status"] == 408


def test_recursion_ends_before_the_stack_does():
    """py_ecc lifts the limit when it is imported; then nested JSON would end the process."""
    import sys

    import backend.draws.beacon

    assert backend.draws.beacon
    assert sys.getrecursionlimit() <= 3000


async def test_problems_tell_nothing_of_the_inside(client):
    answer = await client.post("/field/api/session", content=deep(5), headers={"content-type": "application/json", "x-csrf-token": "x"})
    for word in ("Traceback", "litestar", "msgspec", "backend/", "asyncpg"):
        assert word not in answer.text
        assert word not in json.dumps(dict(answer.headers))
    assert "server" not in answer.headers
