"""Limits over HTTP: 429 with Retry-After in the reader's language, by address, behind proxies; every stranger's write has one."""

from __future__ import annotations

from datetime import timedelta

import httpx
import msgspec
import pytest

from backend.app import create_app
from backend.kernel import clock, settings
from backend.limits import service
from backend.web.shared import limits, session
from backend.web.shared.access import PUBLIC

FORM = {"officer": "张三", "reason": "亲属"}


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch):
    def _behind(proxies: int) -> None:
        changed = msgspec.structs.replace(settings.settings(), trusted_proxies=proxies)
        monkeypatch.setattr(session, "settings", lambda: changed)

    return _behind


def test_every_stranger_who_writes_is_counted():
    uncounted = []
    for route in create_app().routes:
        for method, (handler, *_rest) in getattr(route, "route_handler_map", {}).items():
            writes = str(method) not in ("GET", "HEAD", "OPTIONS")
            if writes and handler.opt.get("access") == PUBLIC and not isinstance(handler.opt.get("limit"), limits.Counted):
                uncounted.append((str(method), route.path))
    assert uncounted == []


async def send(client: httpx.AsyncClient, **headers: str) -> httpx.Response:
    return await client.post("/e/nobody/recusal", data=FORM, headers=headers)


async def test_a_strangers_forms_are_counted(client):
    still = clock.now()
    clock.hold(lambda: still)
    await client.get("/officers")
    for _ in range(limits.SEND.limit.times):
        assert (await send(client)).status_code == 404
    refused = await send(client)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 600
    assert "请求过于频繁" in refused.text
    assert "Too many requests" in (await client.post("/e/nobody/recusal?lang=en", data=FORM)).text
    later = still + timedelta(seconds=int(refused.headers["retry-after"]))
    clock.hold(lambda: later)
    assert (await send(client)).status_code == 404


async def test_an_address_of_ones_own_making_is_nobody_elses(client, behind):
    still = clock.now()
    clock.hold(lambda: still)
    await client.get("/officers")
    for n in range(limits.SEND.limit.times + 3):
        answer = await send(client, **{"x-forwarded-for": f"198.51.100.{n}"})
    assert answer.status_code == 429, "no proxy is trusted: the header counts for nothing"
    behind(1)
    for n in range(limits.SEND.limit.times + 3):
        answer = await send(client, **{"x-forwarded-for": f"203.0.113.{n}, 198.51.100.7"})
    assert answer.status_code == 429, "what stands before the proxy's own word counts for nothing"
    assert (await send(client, **{"x-forwarded-for": "203.0.113.1, 198.51.100.8"})).status_code == 404
    for n in range(limits.SEND.limit.times + 3):
        answer = await send(client, **{"x-forwarded-for": f"2001:db8:1:2::{n + 1:x}"})
    assert answer.status_code == 429, "the whole /64 is one visitor"


async def test_a_search_is_counted_and_an_ordinary_page_is_not(client):
    still = clock.now()
    clock.hold(lambda: still)
    for _ in range(130):
        assert (await client.get("/results", params={"q": ""})).status_code == 200
    answers = [(await client.get("/results", params={"q": "店"})).status_code for _ in range(130)]
    assert answers.count(429) == 10
    refused = await client.get("/results", params={"q": "店"}, headers={"accept": "application/json"})
    assert refused.json()["code"] == "too-many-requests"
    assert refused.headers["retry-after"] == str(refused.json()["retry_after_s"])
    assert (await client.get("/results")).status_code == 200


async def test_a_sign_in_is_counted_however_it_goes(client):
    still = clock.now()
    clock.hold(lambda: still)
    await client.get("/console/login")
    answers = [(await client.post("/console/login", data={"username": f"x{n}", "password": "wrong wrong"})).status_code for n in range(32)]
    assert answers[:30] == [401] * 30
    assert answers[30:] == [429] * 2


@pytest.mark.parametrize("path", ["/console/login/passkey/challenge", "/field/api/session/passkey/challenge", "/my/login/passkey/challenge"])
async def test_questions_to_passkeys_are_counted(client, path):
    still = clock.now()
    clock.hold(lambda: still)
    await client.get("/officers")
    for _ in range(limits.PASSKEY.limit.times - 1):
        await service.spend(limits.PASSKEY.limit, "127.0.0.1")
    assert (await client.post(path, json={})).status_code == 200
    assert (await client.post(path, json={})).status_code == 429
