"""Every public page, found as strangers find it: from the front page along every link, and by the codes that they are shown.

Used by tests/journeys/test_public.py and ``make audit AUDIT=public``.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from urllib.parse import urlsplit

import httpx

from backend.app import create_app
from backend.people.rules import MANAGER
from backend.web.shared.access import PUBLIC
from tests.journeys.conftest import System
from tests.journeys.office_walk import ASKED, PLAIN, Seen, ids_of, links_of, matcher, misnested, sign_in

# What people type or open from elsewhere: errors, empty answers, every filter, each kind of page that has states.
TYPED = (
    "/results?q=%E9%A5%AD%E5%BA%97",
    "/results?q=nothing-like-it",
    "/results?from=soon&q=x",
    "/results?county=530302&outcome=1&from=2026-01-01",
    "/lists?list=serious",
    "/lists?q=nothing-like-it",
    "/lists?since=soon",
    "/statistics?year=2020",
    "/statistics?year=soon",
    "/officers",
    "/nothing-here",
    "/e/nothing-here",
    "/o/nothing-here",
)
# route -> why no link of a page leads there.
ELSEWHERE = {
    "/healthz": "for load balancers",
    "/readyz": "for load balancers",
    "/metrics": "for whoever watches the system",
    "/e/{token:str}": "by the code on the door: opened by it in the walk",
    "/o/{token:str}": "by the code on an officer's phone: tests/web/public/test_officer_code.py",
    "/papers/{number:str}": "by the code on a paper: tests/web/console/test_office_papers.py",
    "/results/{number:str}/proof.json": "for programs",
    "/draws.json": "for programs",
    "/log/tile/{tile:path}": "for programs",
    "/log/index/{index:int}/proof": "for programs",
    "/log/checkpoint": "for programs",
    "/my/sw.js": "for the browser that subscribes to alerts: tests/web/public/test_my.py",
}
NOT_OURS = ("/console", "/field", "/static", "/api/v1", "/data/", "/draws/x")


def routes() -> set[str]:
    """The path of every public GET route that is a page or a file of this face."""
    found = set()
    for route in create_app().routes:
        for method, (handler, *_rest) in getattr(route, "route_handler_map", {}).items():
            if str(method) == "GET" and handler.opt.get("access") == PUBLIC and not route.path.startswith(NOT_OURS):
                found.add(route.path)
    return found


def codes(system: System) -> list[str]:
    """The address behind the code of an enterprise that has a result, as its card in the office carries it."""
    with sign_in(system, MANAGER) as client:
        for page in re.findall(r'href="(/console/enterprises/[0-9a-f-]{36})"', client.get("/console/enterprises").text)[:20]:
            if found := re.findall(r'(/e/[A-Za-z0-9._~-]+)"', client.get(page).text):
                return found[:1]
    return []


def crawl(system: System) -> list[Seen]:
    known = matcher(routes())
    found: list[Seen] = []
    opened: Counter[tuple[str, bool]] = Counter()
    todo = deque([("/", ""), *((address, "typed") for address in (*TYPED, *codes(system)))])
    met = {address for address, _source in todo}
    with httpx.Client(base_url=system.url, timeout=120) as client:
        while todo:
            address, source = todo.popleft()
            parts = urlsplit(address)
            route = next((path for pattern, path in known if pattern.fullmatch(parts.path)), "")
            kind = (route or re.sub(r"[^/]*\d[^/]*", "*", parts.path), bool(parts.query))
            if source != "typed" and opened[kind] >= (ASKED if kind[1] else PLAIN if route else 2):
                continue
            opened[kind] += 1
            answer = client.get(address, follow_redirects=False)
            text = answer.text if answer.headers.get("content-type", "").startswith("text/html") else ""
            # A page that says what is wrong is a page, too; one that is saved and not shown is none.
            whole = "<html" in text and not parts.path.startswith("/console") and "attachment" not in answer.headers.get("content-disposition", "")
            found.append(Seen("public", route or parts.path, address, source, answer.status_code, ids_of(text) if whole else frozenset(), misnested(text)))
            if parts.path.startswith("/console"):
                continue
            for link in links_of(text, address):
                if link not in met:
                    met.add(link)
                    todo.append((link, address))
    return found
