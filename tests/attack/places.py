"""Every place where a stranger's or an enterprise's words reach us, found in the application itself: the parameters and the query's words of its
routes, the fields of the forms that its pages show and of the bodies that its handlers name. A new one is attacked without being named here.

tests/house/test_attack.py shows that none is missing and that each is asked with something that is really there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import quote, urlencode
from uuid import UUID

import httpx
import msgspec

from backend.storage.engine import connection, transaction
from backend.web.public.evaluations import DEVICE, questions
from backend.web.shared.access import ENTERPRISE, PUBLIC
from backend.web.shared.session import LANGUAGE_COOKIE, cookie_name, my_cookie, step_cookie
from tests.web.every_route import Route, fill, routes

MARK: Final = "*"  # sqlmap's sign for: here
# Digits only, so that sqlmap can make another of it for each request: the same form twice is one form.
FORM_ID: Final = "11111111-1111-4111-8111-111111111111"
TOKEN: Final = "_csrf_token"

# What makes each of the words find something in the demo county. A word that is not here is asked with an "a" or a "1".
_LISTED = "from enterprise_listing l join enterprise e on e.id = l.enterprise where l.removed_on is null order by l.id limit 1"
_RESULT = "from publication p where draw_id <> '' order by number limit 1"
_WORDS: Final = {
    "/lists q": f"select substr(e.name, 1, 6) {_LISTED}",
    "/api/v1/lists q": f"select substr(e.name, 1, 6) {_LISTED}",
    "/lists county": f"select e.region {_LISTED}",
    "/api/v1/lists county": f"select e.region {_LISTED}",
    "q": f"select enterprise_name {_RESULT}",
    "county": f"select county {_RESULT}",
    "department": f"select department {_RESULT}",
    "item": f"select snapshot->'items'->0->>'code' {_RESULT}",
    "outcome": f"select snapshot->'outcomes'->0->>'code' {_RESULT}",
    "draw": f"select draw_id {_RESULT}",
    "campaign": f"select snapshot->'campaign'->>'number' {_RESULT}",
    "from": f"select completed_on::text {_RESULT}",
    "to": f"select completed_on::text {_RESULT}",
    "/log type": "select type from ledger_entry order by at limit 1",
    "/log subject": "select subject from ledger_entry where subject <> '' order by at limit 1",
    "/results before": "select max(number) from publication",
    "enterprise": "select code from enterprise order by code limit 1",
    "at": "select locator from claim_code order by locator limit 1",
    "code": "select e.code from claim_member m join enterprise e on e.id = m.enterprise where m.is_owner order by m.id limit 1",
}
_FIXED_WORDS: Final = {
    "cursor": "", "day": "2026-11-20", "since": "2020-01-01", "list": "abnormal", "/api/v1/changes type": "result.published",
    "lang": "en", "next": "/my", "/console/login next": "/console", "card": "old", "via": "page", "audience": "public", "bom": "0", "year": "2026",
    "limit": "5", "after": "", "/api/v1/changes after": "5", "before": "5", "edition": "1", "version": "1", "device": FORM_ID,
}  # fmt: skip
# What an enterprise's person asks for is their own: $1 is the enterprise.
_OWN: Final = {
    "visit_id": "select inspection from publication where enterprise = $1 order by number limit 1",
    "submission": "select s.id from submission s join inspection i on i.id = s.inspection where i.enterprise = $1 and s.state = 'approved' limit 1",
    "paper_id": "select p.id from paper p join rectification_order o on o.id = p.subject where o.enterprise = $1 limit 1",
    "matter": "select id from rectification_evidence where enterprise = $1 order by id limit 1",
    "sha256": "select files[1] from rectification_evidence where enterprise = $1 order by id limit 1",
    "number": "select number from publication where enterprise = $1 order by number limit 1",
    "objection_id": "select id from objection where enterprise = $1 order by id limit 1",
    "order_id": "select id from rectification_order where enterprise = $1 order by id limit 1",
    "code_id": "select id from claim_code where enterprise = $1 order by id limit 1",
    "member_id": "select id from claim_member where enterprise = $1 and not is_owner order by id limit 1",
}
# What a form needs to come to its end; a field that is not here is sent with the value that its page gives it, or an "a".
_FIELDS: Final = {
    "certificates": "yes", "scanned": "yes", "gifts": "no", "polite": "4", "clear": "4", "overall": "4",
    "id": FORM_ID, "text": "Nobody showed a certificate and the officers were rude", "reason": "a relative of mine", "body": "all of it was mended",
    "note": "mended", "grounds": "please look again at that day", "phone": "13811110001", "person": "Li",
    "position": "owner", "password": "correct horse battery", "name": "Li", "certificate_no": "53030000001", "identity": "named",
    "place": "12 Main Street", "accused": "", "website": "",
    "/my/claim code": "ABCDEF-GHJK-MNPQ", "/complain/track code": "ABCD-EFGH-JKMN-PQRS", "username": "manager",
    "/console/login password": "sunlot-demo", "present": "sunlot-demo", "/my/account/password password": "sunlot-demo",
}  # fmt: skip
# Fields of forms that a page shows only on the way, or only in some states; tests/house/test_attack.py finds those that a handler asks for beside.
_ON_THE_WAY: Final = {
    "/my/claim": ("person", "position", "phone", "password"),
    "/complain/track/add": ("code", "id", "text"),
    "/e/{token:str}/evaluate": ("id", *questions()),
    "/my/results/{number:str}/objection": ("id", "grounds", "kept"),
    "/my/orders/{order_id:uuid}/evidence": ("id", "note", "kept"),
    "/my/people/{member_id:uuid}/rights": ("rights", "seen"),
    "/my/people/invitations": ("id", "rights"),
}
# Writes that read nothing but their address.
BARE: Final = {
    "/my/logout", "/my/inbox/read", "/my/people/invitations/{code_id:uuid}/revoke", "/my/people/{member_id:uuid}/end", "/my/login/passkey/challenge",
    "/console/login/passkey/challenge",
    "/my/account/passkeys/challenge", "/my/account/passkeys/{passkey_id:uuid}/remove", "/field/api/session/passkey/challenge",
}  # fmt: skip
# The cookies that our pages set, and a route that reads each.
COOKIES: Final = {
    "/console/login": (cookie_name(), LANGUAGE_COOKIE, "csrf"),
    "/console/login/code": (step_cookie("").key,),
    "/my/login": (my_cookie("").key,),
    "/e/{token:str}/evaluate": (DEVICE,),
}
HEADERS: Final = ("user-agent", "referer", "accept-language", "x-forwarded-for", "x-request-id", "if-none-match")


@dataclass(frozen=True)
class Place:
    """One word of a stranger's. ``kind``: path, query, field, json, cookie or header; ``name``: the word as its route or form has it.

    ``url`` is the path with its query, ``data`` the body; where the kind has no name for sqlmap, the MARK stands in them.
    """

    method: str
    route: str
    kind: str
    name: str
    url: str
    data: str = ""
    is_member: bool = False

    @property
    def label(self) -> str:
        return f"{self.method} {self.route} {self.kind} {self.name}"

    def arguments(self, base: str, csrf: str, session: str) -> list[str]:
        """What sqlmap is told. ``csrf``: a token of a stranger's cookie; ``session``: the cookie of an enterprise's person."""
        cookies = f"csrf={csrf}" + (f"; {session}" if self.is_member else "")
        told = ["-u", base + self.url]
        headers = [f"x-csrf-token: {csrf}"] if self.method != "GET" else []
        if self.data:
            told += ["--data", self.data]
        if self.method not in ("GET", "POST"):
            told += ["--method", self.method]
        if self.kind == "json":
            headers.append("Content-Type: application/json")
        if self.kind == "cookie":
            cookies = f"{self.name}=a" if self.name == "csrf" else f"{cookies}; {self.name}=a"
            told += ["-p", self.name]
        elif self.kind in ("query", "field") or self.name in ("user-agent", "referer"):
            told += ["-p", self.name]
        else:
            told += ["--skip", "user-agent,referer,cookie,host"]
        if self.kind == "header" and self.name not in ("user-agent", "referer"):
            headers.append(f"{self.name}: a{MARK}")
        if self.kind == "field" and self.name != "id" and "id=" in self.data:
            told += ["--randomize", "id"]
        return [*told, "--cookie", cookies, *(["--headers", "\n".join(headers)] if headers else [])]


class _Forms(HTMLParser):
    """(action, {field: value}) of every form of a page that writes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self._fields: dict[str, str] | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = dict(attrs)
        if tag == "form" and a.get("method") == "post":
            self._fields = {}
            self.found.append(((a.get("action") or "").partition("#")[0], self._fields))
        elif self._fields is None:
            return
        elif tag == "option" and self._select:
            self._fields[self._select] = self._fields[self._select] or a.get("value") or ""
        elif tag in ("input", "textarea", "select", "button") and (name := a.get("name")):
            if a.get("type") == "file":
                return
            self._select = name if tag == "select" else ""
            if a.get("type") in ("radio", "checkbox"):
                self._fields[name] = self._fields.get(name) or a.get("value") or "on"
            else:
                self._fields.setdefault(name, a.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._fields = None
        elif tag == "select":
            self._select = ""


def forms_of(page: str) -> list[tuple[str, dict[str, str]]]:
    parser = _Forms()
    parser.feed(page)
    return parser.found


def is_open(route: Route) -> bool:
    return route.access in (PUBLIC, ENTERPRISE)


def _known(table: Mapping[str, str], name: str, path: str) -> str | None:
    """The longest beginning of the path under which the name stands in the table."""
    fitting = [key for key in table if key.rpartition(" ")[2] == name and path.startswith(key.rpartition(" ")[0])]
    return max(fitting, key=len) if fitting else None


async def _word(name: str, path: str, annotation: Any) -> str:
    if (key := _known(_FIXED_WORDS, name, path)) is not None:
        return _FIXED_WORDS[key]
    if (key := _known(_WORDS, name, path)) is not None:
        async with transaction():
            return str(await connection().fetchval(_WORDS[key]) or "")
    return "1" if "int" in str(annotation) else "a"


async def _filled(route: Route, enterprise: UUID) -> str:
    path = route.path
    if route.access == ENTERPRISE:
        for name in route.parameters:
            async with transaction():
                value = await connection().fetchval(_OWN[name], enterprise) if name in _OWN else FORM_ID
            path = re.sub(r"\{" + name + r":\w+\}", str(value or FORM_ID), path)
        return path
    return await fill(route)


def _marked(route: Route, filled: str, name: str) -> str:
    """The path with the mark behind one of its values."""
    shape = re.escape(route.path).replace(r"\{", "{").replace(r"\}", "}").replace(r"\:", ":")
    shape = re.sub(r"\{(\w+):(\w+)\}", lambda m: f"(?P<{m[1]}>{'.+' if m[2] == 'path' else '[^/]+'})", shape)
    found = re.fullmatch(shape, filled)
    assert found, (route.path, filled)
    return quote(filled[: found.end(name)]) + MARK + quote(filled[found.end(name) :])


def _fits(route: Route, address: str) -> bool:
    shape = re.sub(r"\\\{\w+:(\w+)\\\}", r"[^/]+", re.escape(route.path))
    return re.fullmatch(shape, address) is not None


def _leaves(body: Any, path: tuple[str, ...] = ()) -> Sequence[tuple[tuple[str, ...], str]]:
    """(where, a value) of everything in a body that a struct describes."""
    found: list[tuple[tuple[str, ...], str]] = []
    for field in msgspec.structs.fields(body):
        here = (*path, field.name)
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            found += _leaves(field.type, here)
        elif field.type is UUID:
            found.append((here, FORM_ID))
        elif "dict" in str(field.type):
            # A browser's answer to a challenge of WebAuthn.
            found += [((*here, k), "YQ") for k in ("id", "rawId")]
            found += [((*here, "response", k), "YQ") for k in ("clientDataJSON", "authenticatorData", "signature", "userHandle")]
        else:
            found.append((here, {"endpoint": "https://fcm.googleapis.com/fcm/send/a"}.get(field.name, _FIELDS.get(field.name, "a"))))
    return found


def _nest(leaves: Sequence[tuple[tuple[str, ...], str]], marked: tuple[str, ...]) -> str:
    whole: dict[str, Any] = {}
    for path, value in leaves:
        inner = whole
        for key in path[:-1]:
            inner = inner.setdefault(key, {})
        inner[path[-1]] = value + (MARK if path == marked else "")
    return json.dumps(whole)


def _form(fields: Mapping[str, str], path: str) -> dict[str, str]:
    made = {}
    for name, value in fields.items():
        if name != TOKEN:
            key = _known(_FIELDS, name, path)
            made[name] = _FIELDS[key] if key is not None else value or "a"
    return made


async def _pages(opened: Sequence[tuple[Route, str]], stranger: httpx.AsyncClient, member: httpx.AsyncClient) -> dict[str, dict[str, str]]:
    """Path of an action -> the fields of the forms that go there, over all pages."""
    found: dict[str, dict[str, str]] = {}
    for route, path in opened:
        if route.method != "GET" or path.endswith((".pdf", ".json", ".ndjson", ".csv")):
            continue
        answer = await (member if route.access == ENTERPRISE else stranger).get(path)
        if answer.headers.get("content-type", "").startswith("text/html"):
            for action, fields in forms_of(answer.text):
                found.setdefault(action or path, {}).update(fields)
    return found


async def list_places(stranger: httpx.AsyncClient, member: httpx.AsyncClient) -> list[Place]:
    """``stranger``, ``member``: browsers, the second one with the session of an enterprise's person. Raises ``Unknown`` for a parameter that nothing fills."""
    async with transaction():
        enterprise = await connection().fetchval("select enterprise from claim_member where is_owner and ended_at is null order by id limit 1")
    opened = [(route, await _filled(route, enterprise)) for route in routes() if is_open(route) and route.method != "HEAD"]
    forms = await _pages(opened, stranger, member)
    found: list[Place] = []
    for route, path in opened:
        is_member = route.access == ENTERPRISE
        data = ""
        if route.body is not None and route.is_json:
            leaves = _leaves(route.body)
            data = _nest(leaves, ())
            found += [Place(route.method, route.path, "json", ".".join(leaf), path, _nest(leaves, leaf), is_member) for leaf, _value in leaves]
        elif route.method != "GET" and route.path not in BARE:
            fields = dict.fromkeys(_ON_THE_WAY.get(route.path, ()), "")
            if route.body is not None:
                fields |= dict.fromkeys((f.name for f in msgspec.structs.fields(route.body)), "")
            for action, shown in forms.items():
                if _fits(route, action):
                    fields |= shown
            made = _form(fields, route.path)
            data = urlencode(made)
            found += [Place(route.method, route.path, "field", name, path, data, is_member) for name in made]
        for name in route.parameters:
            kind = "json path" if data.startswith("{") else "path"
            found.append(Place(route.method, route.path, kind, name, _marked(route, path, name), data, is_member))
        for name, annotation in route.query.items():
            value = await _word(name, route.path, annotation)
            found.append(Place(route.method, route.path, "query", name, f"{quote(path)}?{urlencode({name: value or 'a'})}", data, is_member))
        for name in COOKIES.get(route.path, ()):
            if route.method == ("POST" if name in (DEVICE, step_cookie("").key) else "GET"):
                found.append(Place(route.method, route.path, "cookie", name, path, data, is_member))
        if route.path == "/" and route.method == "GET":
            found.append(Place("GET", "/", "query", "lang", "/?lang=en"))
            found += [Place("GET", "/", "header", name, "/") for name in HEADERS]
    return found
