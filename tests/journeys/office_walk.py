"""Every page of the office, found as people find it: each role signs in and follows every link and every part that htmx would fetch.

``crawl`` goes by HTTP alone. It notes what each address answered, so that a dead link is a finding, and which routes were reached, so that a
page to which no link leads is one, too. ``chosen`` are the pages that a browser then looks at: of each route those that show something that
the others do not. Used by tests/journeys/test_office.py, ``make audit`` and benchmarks/console.py.
"""

from __future__ import annotations

import html
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit
from uuid import uuid4, uuid5

import httpx

from backend.app import create_app
from backend.cli.demo.aftermath import NAMES
from backend.exchange.writers import write_xlsx
from backend.people.rules import ADMIN, AUDITOR, MANAGER, REVIEWER
from backend.usecases.edit_items import ITEMS
from tests.journeys.conftest import System

ROLES = (MANAGER, REVIEWER, ADMIN, AUDITOR)
PASSWORD = "sunlot-demo"
PLAIN, ASKED = 5, 4  # how many addresses of one route are opened: without a question mark, and with one
MOST = 3  # how many pages of one route a browser looks at
_LINK = re.compile(r'<(?:a|link)\b[^>]*?\bhref="([^"]+)"')
_PART = re.compile(r'\bhx-get="([^"]+)"')
_ID = re.compile(r'\bid="([a-z][\w-]*)"')
# Behind a button, not a link: what the manager of the demo has done to many visits, and the checklist that is being written.
BUTTONS = (f"/console/bulk/{uuid5(NAMES, 'run')}", "/console/items/SC03/checklist")
# route -> why no walk gets there.
ELSEWHERE = {
    "/console/live": "a script opens the stream: tests/journeys/test_live.py",
    "/console/imports/template.xlsx": "an old address of the template",
    "/console/imports/{batch_id:uuid}/progress": "only while a file is read: tests/web/console/test_imports.py",
    "/console/unsent/{import_id:uuid}": "only after a phone's backup was handed in: tests/web/console/test_unsent.py",
    "/console/unsent/{import_id:uuid}/progress": "the same",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """One address as one role got it. ``ids``: which parts the page has, empty where it is no whole page; ``fault``: of its tags."""

    role: str
    route: str
    address: str
    source: str
    status: int
    ids: frozenset[str]
    fault: str = ""

    @property
    def is_page(self) -> bool:
        return bool(self.ids)


VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
MAY_STAY_OPEN = frozenset({"li", "dt", "dd", "p", "option", "tr", "td", "th", "thead", "tbody"})


class _Nesting(HTMLParser):
    """The first end tag that closes something else than what was opened last."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fault = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] != tag and self.open[-1] in MAY_STAY_OPEN:
            self.open.pop()
        if self.open and self.open[-1] == tag:
            self.open.pop()
        elif tag not in VOID:
            self.fault = self.fault or f"</{tag}> in line {self.getpos()[0]} where {'/'.join(self.open[-3:])} is open"


def misnested(page: str) -> str:
    """What is wrong with the tags of a page, empty where nothing is: a browser mends such a thing in silence, and the layout falls apart."""
    parser = _Nesting()
    parser.feed(page)
    parser.close()
    return parser.fault or (f"{'/'.join(parser.open)} is never closed" if parser.open else "")


def routes() -> dict[str, frozenset[str]]:
    """The path of every GET route of the office that a role of the office may open -> its roles."""
    found = {}
    for route in create_app().routes:
        for method, (handler, *_rest) in getattr(route, "route_handler_map", {}).items():
            roles = frozenset(ROLES) & frozenset(handler.opt.get("access") or ())
            if str(method) == "GET" and route.path.startswith("/console") and roles:
                found[route.path] = roles
    return found


_KINDS = {"uuid": r"[0-9a-f-]{36}", "int": r"\d+", "str": r"[^/]+", "path": r".+"}


def matcher(paths: Iterable[str]) -> list[tuple[re.Pattern[str], str]]:
    """Patterns of the routes, those without a variable first, as the server prefers them."""

    def pattern(path: str) -> re.Pattern[str]:
        parts = re.split(r"(\{\w+(?::\w+)?\})", path)
        return re.compile("".join(_KINDS[p[1:-1].partition(":")[2] or "str"] if p.startswith("{") else re.escape(p) for p in parts))

    return [(pattern(path), path) for path in sorted(paths, key=lambda p: (p.count("{"), p))]


@contextmanager
def sign_in(system: System, who: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=system.url, timeout=120) as client:
        client.get("/console/login")
        form = {"username": who, "password": PASSWORD, "_csrf_token": client.cookies["csrf"]}
        assert client.post("/console/login", data=form).status_code == 303, who
        yield client


def hand_in_items(client: httpx.Client) -> str:
    """A file of check items at its preview, for the page that is reached only so."""
    row = ["SC98", "计量器具抽查", "Measuring instruments", "一般", "《中华人民共和国计量法》第十八条", "实地检查", "行政执法"]
    sheet = write_xlsx([f.aliases[0] for f in ITEMS.fields], [row], "抽查事项")
    form = {"_csrf_token": client.cookies["csrf"], "valid_from": "2099-01-01"}
    answer = client.post("/console/items/imports", data=form, files={"file": ("items.xlsx", sheet)})
    assert answer.status_code == 303, answer.text[-2000:]
    return answer.headers["location"]


def issue_a_paper(client: httpx.Client) -> None:
    """The approval sheet of a campaign, to which its page then leads."""
    campaign = re.findall(r'<h2><a href="(/console/campaigns/[0-9a-f-]{36})">', client.get("/console/campaigns").text)[-1]
    assert client.post(f"{campaign}/papers", data={"_csrf_token": client.cookies["csrf"], "kind": "approval"}).status_code == 303


def open_plans(client: httpx.Client) -> None:
    """A plan in force is taken up again, and one is begun for a year that has none: lines to edit, and plans to copy from."""
    token = {"_csrf_token": client.cookies["csrf"]}
    plans = set(re.findall(r"/console/plans/[0-9a-f-]{36}", client.get("/console/plans").text))
    (standing, *_more) = sorted(p for p in plans if f"{p}/reopen" in client.get(p).text)
    assert client.post(f"{standing}/reopen", data=token | {"reason": "上半年任务提前完成"}).status_code == 303
    form = token | {"id": str(uuid4()), "year": "2029", "kind": "own", "name": "2029年度抽查工作计划", "basis": "年度工作安排"}
    assert client.post("/console/plans/new", data=form).status_code == 303


def links_of(page: str, here: str) -> Iterator[str]:
    """The addresses of this site that a page leads to or fetches."""
    for found in (*_LINK.findall(page), *_PART.findall(page)):
        address = urljoin(here, html.unescape(found)).partition("#")[0]
        if address.startswith("/") and not address.startswith(("/static/", "/field")) and not re.search(r"[?&]lang=", address):
            yield address


def ids_of(page: str) -> frozenset[str]:
    """Which parts a page has."""
    return frozenset(_ID.findall(page)) | {"html"}


def crawl(system: System, role: str) -> list[Seen]:
    """What the role finds from its home page on."""
    known = matcher(routes())
    found: list[Seen] = []
    opened: Counter[tuple[str, bool]] = Counter()
    asked: set[tuple[str, frozenset[str]]] = set()
    with sign_in(system, role) as client:
        begin = [*BUTTONS, hand_in_items(client)] if role == MANAGER else []
        if role == MANAGER:
            issue_a_paper(client)
            open_plans(client)
        todo = deque([("/console", ""), *((address, "") for address in begin)])
        met = {address for address, _source in todo}
        while todo:
            address, source = todo.popleft()
            parts = urlsplit(address)
            route = next((path for pattern, path in known if pattern.fullmatch(parts.path)), "")
            # Of what lies outside the office each kind of address once: that the link is alive.
            kind = (route or re.sub(r"[^/]*\d[^/]*", "*", parts.path), bool(parts.query))
            names = (kind[0], frozenset(k for k, v in parse_qsl(parts.query) if v))
            if opened[kind] >= (ASKED if kind[1] else PLAIN if route else 1) and not (route and kind[1] and names not in asked and opened[kind] < 3 * ASKED):
                continue
            opened[kind] += 1
            asked.add(names)
            answer = client.get(address, headers={"hx-request": "true"} if source.startswith("hx:") else {}, follow_redirects=False)
            text = answer.text if answer.headers.get("content-type", "").startswith("text/html") else ""
            whole = "<html" in text and bool(route) and answer.status_code == 200
            ids = ids_of(text) if whole else frozenset()
            found.append(Seen(role, route, address, source, answer.status_code, ids, misnested(text)))
            if not route:
                continue
            for link in links_of(text, address):
                if link not in met:
                    met.add(link)
                    todo.append((link, address))
    return found


def chosen(seen: Iterable[Seen]) -> list[Seen]:
    """Of each role and route the fewest pages that show every part there is, three at most; the first has the most parts."""
    by: dict[tuple[str, str], list[Seen]] = {}
    for one in seen:
        if one.is_page:
            by.setdefault((one.role, one.route), []).append(one)
    picked: list[Seen] = []
    for pages in by.values():
        shown: set[str] = set()
        for _ in range(MOST):
            best = max(pages, key=lambda p: len(p.ids - shown))
            if not best.ids - shown:
                break
            picked.append(best)
            shown |= best.ids
    return picked


def unlike(pages: list[Seen]) -> tuple[list[Seen], list[Seen]]:
    """(the pages of the first role that may open each route, of the other roles those that show a part that these do not)."""
    first: dict[str, str] = {}
    for page in pages:
        first.setdefault(page.route, page.role)
    main = [p for p in pages if first[p.route] == p.role]
    shown: dict[str, set[str]] = {}
    for page in main:
        shown.setdefault(page.route, set()).update(page.ids)
    more = []
    for page in pages:
        if first[page.route] != page.role and page.ids - shown[page.route]:
            more.append(page)
            shown[page.route] |= page.ids
    return main, more
