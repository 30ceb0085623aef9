"""``make attack`` leaves nothing out: every word that a stranger or an enterprise can say to us is among its places, and each finds something there."""

from __future__ import annotations

import httpx
import pytest
from litestar.datastructures import FormMultiDict

from backend.web.public.evaluations import DEVICE
from backend.web.shared.session import LANGUAGE_COOKIE, cookie_name, my_cookie, step_cookie
from tests.attack.places import BARE, TOKEN, Place, is_open, list_places
from tests.web.conftest import county  # noqa: F401 - fixture
from tests.web.every_route import routes

# Asked with something real these answer otherwise than 200.
OTHERWISE = {
    "/my/papers/{paper_id:uuid}/paper.pdf": "the demo's enterprise has none until the office issues one",
    "/console/login/code": "the second step of a sign-in that nobody here has begun",
    "/o/{token:str}": "a code is signed and lives for a minute: tests/web/public/test_officer_code.py",
    "/log/index/{index:int}/proof": "the worker signs the log; none runs in a test",
}


@pytest.fixture
async def browsers(county):  # noqa: F811 - the fixture
    from backend.storage.engine import connection, transaction

    stranger, member = await county(""), await county("")
    async with transaction():
        code = await connection().fetchval("select e.code from claim_member m join enterprise e on e.id = m.enterprise where m.is_owner")
    entered = await member.post("/my/login", data={"code": code, "phone": "13800000001", "password": "sunlot-demo"})
    assert entered.status_code == 303
    return stranger, member


@pytest.fixture
async def places(browsers) -> list[Place]:
    return await list_places(*browsers)


async def test_every_parameter_every_word_and_every_form_is_a_place(places):
    there = {(p.method, p.route, p.name) for p in places}
    missing = []
    for route in routes():
        if not is_open(route) or route.method == "HEAD":
            continue
        missing += [(route.method, route.path, name) for name in [*route.parameters, *route.query] if (route.method, route.path, name) not in there]
        writes = {p.name for p in places if (p.method, p.route) == (route.method, route.path) and p.kind in ("field", "json")}
        if route.method != "GET" and route.path not in BARE and not writes:
            missing.append((route.method, route.path, "its body"))
    assert missing == []
    assert len(places) > 120


async def test_every_cookie_of_ours_is_a_place(places):
    assert {p.name for p in places if p.kind == "cookie"} == {cookie_name(), my_cookie("").key, step_cookie("").key, LANGUAGE_COOKIE, DEVICE, "csrf"}


def browser_of(place: Place, browsers) -> httpx.AsyncClient:
    return browsers[1] if place.is_member else browsers[0]


async def test_what_is_asked_for_is_really_there(places, browsers):
    """Or all that is attacked is the page that says that there is no such thing."""
    wrong = []
    for place in places:
        if place.method == "GET" and place.kind in ("query", "path"):
            answer = await browser_of(place, browsers).get(place.url.replace("*", ""))
            if answer.status_code not in (200, 304):
                wrong.append(f"{place.label}: {answer.status_code} {place.url}")
    unexpected = [w for w in wrong if not any(route in w for route in OTHERWISE)]
    assert unexpected == []


async def test_a_form_has_all_the_fields_that_its_handler_asks_for(places, browsers, monkeypatch):
    """Each form is sent once, and whatever its handler looks up in it must be a place."""
    asked: set[str] = set()
    for verb in ("get", "getall", "getone", "__getitem__", "__contains__"):
        real = getattr(FormMultiDict, verb)

        def spy(self, name, *rest, _real=real):
            asked.add(name)
            return _real(self, name, *rest)

        monkeypatch.setattr(FormMultiDict, verb, spy)
    missing, sent = [], set()
    for place in places:
        if place.kind != "field" or (place.method, place.route) in sent:
            continue
        sent.add((place.method, place.route))
        asked.clear()
        token = dict(browser_of(place, browsers).cookies)["csrf"]
        answer = await browser_of(place, browsers).request(
            place.method, place.url, content=place.data, headers={"content-type": "application/x-www-form-urlencoded", "x-csrf-token": token}
        )
        assert answer.status_code not in (403, 405, 500), (place.label, answer.status_code, answer.text[:300])
        fields = {p.name for p in places if (p.method, p.route, p.kind) == (place.method, place.route, "field")}
        # Files are not words: what is in them is tests/rules/test_intake.py's.
        missing += [f"{place.method} {place.route}: {name}" for name in sorted(asked - fields - {TOKEN, "files", "photos"})]
    assert missing == []
    assert len(sent) > 12
