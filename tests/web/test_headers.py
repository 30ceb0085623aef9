"""Security headers on every answer of every face, pages without anything inline, and what Google's csp_evaluator finds in the policies that are sent."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import httpx
import msgspec
import pytest

from backend.kernel import settings
from backend.people import service as people
from backend.storage import engine
from backend.web.shared import headers, hosts, session
from tests.web.conftest import PASSWORD
from tests.web.every_route import Unknown, fill, routes

REPO = Path(__file__).parents[2]
ROLES = ("", "admin", "manager", "reviewer", "auditor", "inspector")
# Written to during the walk or answered by a stream that does not end.
NOT_WALKED = {"/console/live"}


class Inline(HTMLParser):
    """What a strict policy would not let run: scripts without a source, styles, handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.nonces: list[str | None] = []

    def handle_starttag(self, tag, attrs):
        here = dict(attrs)
        if tag == "script":
            self.nonces.append(here.get("nonce"))
            if "src" not in here:
                self.found.append("<script>")
        if tag == "link" and here.get("rel") == "modulepreload":
            self.nonces.append(here.get("nonce"))
        if tag == "style":
            self.found.append("<style>")
        for name, value in attrs:
            if name == "style" or name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.found.append(f"<{tag} {name}>")
            if name.startswith("hx-on") or (name in ("hx-vals", "hx-headers") and (value or "").startswith("js:")):
                self.found.append(f"<{tag} {name}>")


def read(policy: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for words in (part.split() for part in policy.split(";")) if words}


@pytest.fixture
async def answers(county) -> dict[str, httpx.Response]:
    """Every page that can be had by GET, by everybody who may have it: path -> answer."""
    found: dict[str, httpx.Response] = {}
    for role in ROLES:
        browser = await county(role)
        for route in routes():
            if route.method != "GET" or route.path in NOT_WALKED or not (role in (route.access or ()) if role else True):
                continue
            try:
                path = await fill(route)
            except Unknown:
                if "session_id" in route.parameters:
                    continue
                path = re.sub(r"\{\w+:uuid\}", "00000000-0000-4000-8000-000000000000", re.sub(r"\{\w+:\w+\}", "x", route.path))
            found[f"{role} {path}"] = await browser.get(path)
    return found


async def test_every_answer_of_every_face(answers):
    policies: dict[str, str] = {}
    pages = scripts = 0
    for where, answer in answers.items():
        path = where.partition(" ")[2]
        assert answer.status_code < 500, where
        h = answer.headers
        policy = read(h["content-security-policy"])
        assert policy["default-src"] == ["'none'"], where
        assert policy["object-src"] == ["'none'"], where
        assert policy["base-uri"] == ["'none'"], where
        assert policy["frame-ancestors"] == ["'none'"], where
        assert "'unsafe-eval'" not in h["content-security-policy"], where
        assert "style-src" not in policy or policy["style-src"] == ["'self'"], where
        assert h["x-content-type-options"] == "nosniff", where
        assert h["referrer-policy"] == "same-origin", where
        assert h["cross-origin-opener-policy"] == "same-origin", where
        assert h["cross-origin-resource-policy"] in ("same-origin", "cross-origin"), where
        assert h["cross-origin-resource-policy"] == "same-origin" or not path.startswith(("/console", "/field")), where
        assert "geolocation=()" in h["permissions-policy"] or path.startswith("/field"), where
        assert "access-control-allow-origin" not in h or not path.startswith(("/console", "/field")), where
        if path.startswith(("/console", "/field/api")):
            assert "no-store" in h["cache-control"], where
        policies[re.sub(r"nonce-[\w-]+", "nonce-r4nd0mNonceOfThisAnswer", h["content-security-policy"])] = where
        if not h.get("content-type", "").startswith("text/html") or "attachment" in h.get("content-disposition", ""):
            continue
        pages += 1
        seen = Inline()
        seen.feed(answer.text)
        assert seen.found == [], where
        if seen.nonces:
            scripts += 1
            [nonce] = {n for n in policy["script-src"] if n.startswith("'nonce-")}
            assert set(seen.nonces) == {nonce[7:-1]}, where
            assert len(nonce) >= 30, where
            # htmx makes HTML of what the server sends; everywhere else no text becomes HTML or a script.
            assert ("require-trusted-types-for" in policy) != path.startswith("/console"), where
            if "require-trusted-types-for" in policy:
                assert policy["require-trusted-types-for"] == ["'script'"], where
                assert set(policy["trusted-types"]) <= {"'none'", "sunlot", "lit-html", "'allow-duplicates'"}, where
        else:
            assert "script-src" not in policy, where
    assert pages > 90
    assert scripts > 60
    nonces: dict[str, set[str]] = {}
    for where, answer in answers.items():
        if found := re.search(r"nonce-([\w-]+)", answer.headers["content-security-policy"]):
            nonces.setdefault(found[1], set()).add(where.partition(" ")[2])
    # One answer, or one page that is the same for all readers until its content changes.
    assert all(len(paths) == 1 for paths in nonces.values())
    assert sum(any(path.startswith("/console") for path in paths) for paths in nonces.values()) > 60
    findings = evaluate(list(policies))
    assert findings == [], [(policies[f["policy"]], f) for f in findings]


def evaluate(policies: list[str]) -> list[dict[str, object]]:
    """What csp_evaluator finds above informational."""
    node = shutil.which("node") or str(REPO / ".venv/bin/node")
    if not Path(node).exists():
        pytest.skip("no Node.js here")
    program = """
      import { CspEvaluator } from "csp_evaluator/dist/evaluator.js";
      import { CspParser } from "csp_evaluator/dist/parser.js";
      import { Severity } from "csp_evaluator/dist/finding.js";
      const policies = JSON.parse(process.argv[1]);
      const found = policies.flatMap((policy) => new CspEvaluator(new CspParser(policy).csp).evaluate()
        .filter((f) => f.severity < Severity.INFO).map((f) => ({ policy, severity: f.severity, directive: f.directive, value: f.value, why: f.description })));
      console.log(JSON.stringify(found));
    """
    done = subprocess.run(
        [node, "--input-type=module", "--eval", program, json.dumps(policies)], cwd=REPO / "pwa", capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return list(json.loads(done.stdout))


def test_the_evaluator_finds_what_is_wrong():
    """The proof that the walk could fail."""
    assert evaluate(["default-src 'none'; script-src 'self' 'unsafe-inline'"])
    assert evaluate(["script-src 'self'; object-src 'none'; base-uri 'none'"])


@pytest.fixture
def https(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = msgspec.structs.replace(settings.settings(), secure_cookies=True, base_url="https://sunlot.example", more_hosts=("www.sunlot.example",))
    for module in (headers, hosts, session):
        monkeypatch.setattr(module, "settings", lambda: changed)
    monkeypatch.setattr("backend.app.settings", lambda: changed)


async def test_with_https_cookies_are_ours_alone(https, browsers):
    browser = await browsers()
    browser.base_url = httpx.URL("https://sunlot.example")
    async with engine.transaction():
        await people.add_department("scjg", "市场监督管理局", "AMR")
        await people.create_account(username="manager", password=PASSWORD, name="张伟", role="manager", department="scjg", region="5303")
    page = await browser.get("/console/login")
    assert page.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    form = {"username": "manager", "password": PASSWORD, "_csrf_token": browser.cookies["__Host-csrf"]}
    answer = await browser.post("/console/login", data=form)
    assert answer.status_code == 303, answer.text
    [cookie] = [c for c in answer.headers.get_list("set-cookie") if "sid" in c]
    assert cookie.startswith("__Host-sid=")
    for flag in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"):
        assert flag in cookie, cookie
    assert "Domain" not in cookie
    assert (await browser.get("/console")).status_code == 200
    out = await browser.post("/console/logout", data={"_csrf_token": browser.cookies["__Host-csrf"]})
    assert "__Host-sid" in out.headers["set-cookie"]
    assert (await browser.get("/console")).status_code == 303


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("sunlot.example", 200),
        ("SUNLOT.example:443", 200),
        ("www.sunlot.example", 200),
        ("evil.example", 421),
        ("sunlot.example.evil.example", 421),
        ("sunlot.example@evil.example", 421),
        ("evil.example/sunlot.example", 421),
        ("", 421),
    ],
)
async def test_a_request_for_another_host_is_not_ours(https, browsers, host, status):
    browser = await browsers()
    answer = await browser.get("https://sunlot.example/console/login", headers={"host": host})
    assert answer.status_code == status
    assert "evil" not in answer.text
    assert (await browser.get("https://sunlot.example/healthz", headers={"host": "10.0.0.7:8000"})).status_code == 200
