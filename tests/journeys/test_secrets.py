"""No secret and nothing personal in any log: real processes with every library's log at its lowest level, traffic through every face, right and wrong,
failures of every kind; then all that was written is searched for everything that must not stand there.
"""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from backend.storage import cluster
from tests.journeys.conftest import PushService, System, _free_port
from tests.rooms.partner_service import Partner
from tests.rooms.robot_service import KEY, RobotService
from tests.soft_authenticator import Authenticator

PASSWORD = "sunlot-demo"
# What people type and what the operator sets: each stands nowhere else.
TYPED = {
    "a wrong password": "Falsch-4711-Passwort",
    "an initial password": "Anfangs-4712-Passwort",
    "a password of an enterprise": "Betriebs-4713-Passwort",
    "the password of the database": "Datenbank-4714",
    "the token of metrics": "Messwerte-4715",
    "the key of the store": "Speicher-4716",
    "the name of a citizen": "欧阳四七一七",
    "the telephone of a citizen": "13900004718",
    "the words of a citizen": "店里卖过期的牛奶四七一九",
    "the name of a person": "慕容四七二〇",
    "the telephone of a person": "13900004721",
    "a name that is searched for": "端木四七二二",
    "an identity number": "530302199001014723",
    "a telephone in a register": "13900004724",
    "what the camera wrote into a photo": "Kamera-4725",
    "a number of a certificate": "滇D-4726-4726",
    "what an evaluation says": "很客气四七二七",
    "why somebody shall stand back": "表兄弟四七二八",
    "an account name that does not exist": "niemand-4729",
    "a guessed code": "QRST-UVWX-YZ23-4567",
    "a body that is no JSON": "kein-json-4730",
}
# At the lowest level, as an operator would who looks for a fault.
LOUD = "import logging, sys\nlogging.basicConfig(level=logging.DEBUG, stream=sys.stderr, format='%(levelname)s %(name)s %(message)s')\n"


@dataclass
class Secrets:
    """What must not be found: what it is -> its values."""

    values: dict[str, set[str]] = field(default_factory=dict)
    browsers: list[Browser] = field(default_factory=list)

    def add(self, what: str, value: str | bytes) -> None:
        texts = {value} if isinstance(value, str) else {value.hex(), *(way(value).decode().rstrip("=") for way in (base64.b64encode, base64.urlsafe_b64encode))}
        if isinstance(value, bytes) and value.isascii():
            texts |= {line.strip() for line in value.decode().splitlines()}
        self.values.setdefault(what, set()).update(t for t in texts if len(t) >= 8 or not t.isascii())

    def found_in(self, text: str) -> set[str]:
        found = set()
        for what, values in self.values.items():
            for value in values:
                written = {value, quote(value), quote_plus(value), json.dumps(value)[1:-1], repr(value.encode())[2:-1], value.encode("unicode_escape").decode()}
                if any(way in text for way in written):
                    found.add(what)
        return found


class Browser(httpx.Client):
    """Says its CSRF token as the pages' scripts do; whatever cookie it is given is a secret."""

    def __init__(self, system: System, secrets: Secrets) -> None:
        super().__init__(base_url=system.url, timeout=60, trust_env=False, event_hooks={"request": [self._say], "response": [self._note]})
        self.secrets = secrets
        secrets.browsers.append(self)

    def _say(self, request: httpx.Request) -> None:
        token = re.search(r"csrf=([0-9a-f]+)", request.headers.get("cookie", ""))
        if request.method != "GET" and token and "x-csrf-token" not in request.headers:
            request.headers["x-csrf-token"] = token[1]

    def _note(self, response: httpx.Response) -> None:
        for line in response.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            if name != "lang" and len(value) > 8:
                self.secrets.add(f"the cookie {name}", value.strip('"'))

    def office(self, username: str) -> Browser:
        self.get("/console/login")
        entered = self.post("/console/login", data={"username": username, "password": PASSWORD})
        assert entered.status_code == 303, entered.text
        return self


def photo() -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = TYPED["what the camera wrote into a photo"]
    exif.get_ifd(0x8825)[2] = (25.0, 29.0, 47.31)
    Image.new("RGB", (640, 480), "teal").save(out, "JPEG", exif=exif)
    return out.getvalue()


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


@dataclass
class Outside:
    partner: Partner
    robot: RobotService
    push: PushService


@pytest.fixture(params=["json", "text"])
def watched(request: pytest.FixtureRequest) -> Iterator[System]:
    """The demo county with settings of its own, every log loud."""
    home = Path(tempfile.mkdtemp(prefix="sunlot-secrets-"))
    system = System(home, _free_port())
    try:
        system.load_demo()
        (home / "loud").mkdir()
        (home / "loud" / "sitecustomize.py").write_text(LOUD)
        socket = cluster.socket_dir(home / "postgres")
        system.more = {
            "DATABASE_URL": f"postgresql://{cluster.SUPERUSER}:{TYPED['the password of the database']}@/{cluster.DATABASE}?host={socket}",
            "METRICS_TOKEN": TYPED["the token of metrics"],
            "AWS_SECRET_ACCESS_KEY": TYPED["the key of the store"],
            "WEBHOOK_HOSTS": "127.0.0.1",
            "LOG_FORMAT": request.param,
            "ACCESS_LOG": "1",
            "PYTHONPATH": str(home / "loud"),
            "PYTHONASYNCIODEBUG": "1",
        }
        system.start("serve")
        system.start("worker")
        yield system
    finally:
        system.more = {}
        system.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def outside() -> Iterator[Outside]:
    made = Outside(Partner(), RobotService(), PushService())
    yield made
    made.partner.close()
    made.robot.close()
    made.push.server.shutdown()
    made.push.server.server_close()


def the_office(system: System, secrets: Secrets, outside: Outside) -> None:
    stranger = Browser(system, secrets)
    stranger.get("/console/login")
    for name in ("manager", TYPED["an account name that does not exist"]):
        assert stranger.post("/console/login", data={"username": name, "password": TYPED["a wrong password"]}).status_code == 401
    manager, admin = Browser(system, secrets).office("manager"), Browser(system, secrets).office("admin")
    for path in ("/console/enterprises", "/console/inspections", "/console/inspectors", "/results", "/lists"):
        assert manager.get(path, params={"q": TYPED["a name that is searched for"]}).status_code == 200, path
    account = {"username": "neu", "name": TYPED["the name of a person"], "password": TYPED["an initial password"]}
    account |= {"role": "manager", "department": "scjg", "region": "5303"}
    assert admin.post("/console/accounts", data=account).status_code == 303
    assert manager.post("/console/me/password", data={"current": TYPED["a wrong password"], "new": TYPED["an initial password"]}).status_code in (403, 422)
    # A register with what registers should not have.
    row = f"某店,915303005798280920,{TYPED['the name of a person']},{TYPED['a telephone in a register']},{TYPED['an identity number']}"
    table = f"企业名称,统一社会信用代码,法定代表人,联系电话,身份证号\n{row}\n".encode()
    taken = manager.post("/console/imports", data={"kind": "register"}, files={"file": ("名录.csv", table, "text/csv")})
    assert taken.status_code == 303
    # A partner's webhook and a group's robot, in order and out of order.
    form = {"id": str(uuid4()), "name": "某局", "address": outside.partner.address, "events": ["result.published"]}
    added = admin.post("/console/webhooks", data=form)
    secrets.add("a webhook's secret", re.search(r"whsec_([^<]+)<", added.text)[1])
    secrets.add("a webhook's address", "secret-part")
    outside.partner.answers = [503]
    assert admin.post(f"/console/webhooks/{form['id']}/test").status_code == 502
    secrets.add("a robot's key", KEY)
    assert manager.post("/console/alerts/robots", data={"name": "群", "address": outside.robot.address()}).status_code == 303
    robot = re.search(r"/console/alerts/robots/[0-9a-f-]{36}", manager.get("/console/alerts").text)[0]
    outside.robot.answers = [(500, b"no JSON")]
    manager.post(f"{robot}/test")
    assert manager.post(f"{robot}/test").status_code == 200


def the_phone(system: System, secrets: Secrets, outside: Outside) -> None:
    phone, chip = Browser(system, secrets), Authenticator(origin=system.url)
    phone.get("/field/api/session")
    assert phone.post("/field/api/session", json={"username": "inspector", "password": TYPED["a wrong password"]}).status_code == 401
    assert phone.post("/field/api/session", json={"username": "inspector", "password": PASSWORD}).status_code == 200
    asked = phone.post("/field/api/passkeys/challenge").json()
    assert phone.post("/field/api/passkeys", json={"ceremony": asked["ceremony"], "credential": chip.create(asked["options"]), "name": "p"}).status_code == 201
    asked = phone.post("/field/api/session/passkey/challenge").json()
    secrets.add("a challenge", asked["options"]["challenge"])
    assert phone.post("/field/api/session/passkey", json={"ceremony": asked["ceremony"], "credential": chip.get(asked["options"])}).status_code == 200
    given = outside.push.subscription()
    given["endpoint"] += "-endpoint-4732"
    secrets.add("a push service's address", "endpoint-4732")
    for name, value in given["keys"].items():
        secrets.add(f"a push key {name}", value)
    assert phone.put("/field/api/push", json={"endpoint": given["endpoint"], "keys": given["keys"]}).status_code == 204
    visit = next(i for i in phone.get("/field/api/bundle").json()["inspections"] if i["state"] == "dispatched")
    token = visit["code"]["url"].partition("/o/")[2]
    secrets.add("an officer's code", token)
    assert Browser(system, secrets).get(f"/o/{token}").status_code == 200


def the_enterprise(system: System, secrets: Secrets) -> None:
    [known] = system.sql("select e.code from claim_member m join enterprise e on e.id = m.enterprise where m.is_owner")
    owner, stranger = Browser(system, secrets), Browser(system, secrets)
    owner.get("/my/login")
    secrets.add("an owner's telephone", "13800000001")
    form = {"code": known["code"], "phone": "13800000001"}
    assert owner.post("/my/login", data={**form, "password": TYPED["a wrong password"]}).status_code == 401
    assert owner.post("/my/login", data={**form, "password": PASSWORD}).status_code == 303
    invited = owner.post("/my/people/invitations", data={"id": str(uuid4()), "rights": ["reply"]})
    secrets.add("an invitation", re.search(r"[0-9A-Z]{6}-[0-9A-Z]{4}-[0-9A-Z]{4}", invited.text)[0])
    [shop] = system.sql("select id from enterprise e where not exists (select from claim_code c where c.enterprise = e.id) and status = 'active' limit 1")
    shown = Browser(system, secrets).office("manager").post(f"/console/enterprises/{shop['id']}/claim/code", data={"id": str(uuid4())})
    code = re.search(r"[0-9A-Z]{6}-[0-9A-Z]{4}-[0-9A-Z]{4}", shown.text)[0]
    secrets.add("a claim's code", code)
    secrets.add("a claim's code", code[7:])
    stranger.get("/my/claim", params={"at": code[:6]})
    person = {"person": TYPED["the name of a person"], "position": "店长", "phone": TYPED["the telephone of a person"]}
    person["password"] = TYPED["a password of an enterprise"]
    assert stranger.post("/my/claim", data={"code": code[:-4] + "0000", **person}).status_code != 303
    assert stranger.post("/my/claim", data={"code": code, **person}).status_code == 303
    assert stranger.get("/my").status_code == 200


def the_citizen(system: System, secrets: Secrets) -> str:
    citizen = Browser(system, secrets)
    given = {
        **hidden(citizen.get("/complain").text), "category": "food", "enterprise_name": "街角小超市", "county": "530302", "place": "一楼",
        "text": TYPED["the words of a citizen"] * 2, "identity": "named", "name": TYPED["the name of a citizen"], "phone": TYPED["the telephone of a citizen"],
    }  # fmt: skip
    done = citizen.post("/complain", data=given, files=[("photos", ("a.jpg", photo(), "image/jpeg"))])
    assert done.status_code == 200, done.text
    code = re.search(r'id="code">([A-Z2-9]{4}(?:-[A-Z2-9]{4}){3})<', done.text)[1]
    secrets.add("a tracking code", code)
    secrets.add("a tracking code", code.replace("-", ""))
    assert citizen.post("/complain/track", data={"code": code}).status_code == 200
    assert citizen.post("/complain/track", data={"code": TYPED["a guessed code"]}).status_code == 404
    assert citizen.post("/complain", data={**given, "id": str(uuid4())}, files=[("photos", ("a.jpg", b"no photo", "image/jpeg"))]).status_code == 422
    published = "from inspection i join enterprise e on e.id = i.enterprise where i.state = 'published' order by i.completed_on desc limit 1"
    [door] = system.sql(f"select e.qr_token {published}")
    token = door["qr_token"]
    secrets.add("a door's token", token)
    assert citizen.get(f"/e/{token}", follow_redirects=True).status_code == 200
    page = citizen.get(f"/e/{token}/evaluate").text
    if found := re.search(r'name="visit" value="([^"]+)"', page):
        words = {"certificates": "yes", "scanned": "yes", "gifts": "no", "polite": "4", "clear": "4", "overall": "4", "text": TYPED["what an evaluation says"]}
        assert citizen.post(f"/e/{token}/evaluate", data={**hidden(page), **words, "visit": found[1]}).status_code == 200
    citizen.post(f"/e/{token}/recusal", data={"officer": TYPED["the name of a person"], "reason": TYPED["why somebody shall stand back"]})
    asked = {"name": TYPED["the name of a person"], "certificate_no": TYPED["a number of a certificate"]}
    assert citizen.post("/officers", data=asked).status_code == 200
    assert citizen.get("/results", params={"q": TYPED["a name that is searched for"]}).status_code == 200
    return code


def what_fails(system: System, secrets: Secrets, code: str) -> None:
    """Each failure with something secret at hand."""
    stranger = Browser(system, secrets)
    page = stranger.get("/complain").text
    assert stranger.post("/field/api/session", content= '{"' + TYPED["a body that is no JSON"], headers={"content-type": "application/json"}).status_code == 400
    assert stranger.post("/field/api/session", json={"username": 1, "password": TYPED["a wrong password"]}).status_code == 400
    assert stranger.get(f"/results/{quote(TYPED['a name that is searched for'])}").status_code == 404
    assert stranger.get(f"/nowhere/{quote(TYPED['a name that is searched for'])}").status_code == 404
    # The database refuses a row, and says its values.
    system.sql("alter table tip add constraint provoked check (text not like '%四七一九%') not valid", "select 1")
    given = {
        **hidden(page), "category": "food", "enterprise_name": "街角小超市", "county": "530302", "text": TYPED["the words of a citizen"] * 2,
        "identity": "named", "name": TYPED["the name of a citizen"], "phone": TYPED["the telephone of a citizen"],
    }  # fmt: skip
    assert stranger.post("/complain", data=given).status_code == 500
    system.sql("alter table tip drop constraint provoked", "alter table login_attempt rename to gone", "select 1")
    assert stranger.post("/console/login", data={"username": "manager", "password": TYPED["a wrong password"]}).status_code == 500
    assert stranger.post("/my/login", data={"code": "x", "phone": TYPED["the telephone of a person"], "password": TYPED["a wrong password"]}).status_code == 500
    system.sql("alter table gone rename to login_attempt", "alter table tip rename to gone", "select 1")
    assert stranger.post("/complain/track", data={"code": code}).status_code == 500
    # A job that cannot be done, with what it is about.
    system.sql("alter table gone rename to tip", "alter table push_subscription rename to gone", "select 1")
    time.sleep(3)
    system.sql("alter table gone rename to push_subscription", "select 1")
    metrics = {"authorization": f"Bearer {TYPED['the token of metrics']}"}
    assert stranger.get("/metrics", headers=metrics).status_code == 200
    assert stranger.get("/metrics", headers={"authorization": "Bearer x"}).status_code == 403
    # The database goes away in the middle.
    held, system.more = system.more, {}
    assert system.sunlot("database", "stop").returncode == 0
    system.more = held
    assert stranger.post("/console/login", data={"username": "manager", "password": TYPED["a wrong password"]}).status_code == 503
    assert stranger.post("/complain/track", data={"code": code}).status_code == 503
    time.sleep(3)
    system.more = {}
    assert system.sunlot("database", "start").returncode == 0
    system.more = held


def test_a_whole_run_writes_no_secret_into_any_log(watched: System, outside: Outside) -> None:
    secrets = Secrets()
    for what, value in TYPED.items():
        secrets.add(what, value)
    the_office(watched, secrets, outside)
    the_phone(watched, secrets, outside)
    the_enterprise(watched, secrets)
    code = the_citizen(watched, secrets)
    what_fails(watched, secrets, code)
    time.sleep(2)
    for browser in secrets.browsers:
        browser.close()
    said = watched.sunlot("doctor")
    for key in (watched.home / "keys").glob("*"):
        secrets.add(f"the key {key.name}", key.read_bytes().strip())
    for process in watched.processes.values():
        process.send_signal(signal.SIGTERM)
    for process in watched.processes.values():
        process.wait(timeout=60)
    logs = {path.name: path.read_text(errors="replace") for path in [*watched.home.glob("*.log"), *(watched.home / "postgres/data").glob("*.log")]}
    logs["doctor"] = said.stdout + said.stderr
    assert {"serve.log", "worker.log", "start.log", "doctor"} <= set(logs)
    # It was loud, it was about these requests, and it failed as it should.
    assert "DEBUG asyncio" in logs["serve.log"] and "DEBUG asyncio" in logs["worker.log"]
    for event in ("request.failed", "request.unavailable", "/complain/track", "/my/claim", "CheckViolationError", "UndefinedTableError"):
        assert event in logs["serve.log"], event
    assert "violates check constraint" in logs["start.log"]
    assert sum(len(values) for values in secrets.values.values()) > 60
    found = {name: sorted(secrets.found_in(text)) for name, text in logs.items()}
    assert {name: what for name, what in found.items() if what} == {}


def test_the_search_would_find_them() -> None:
    secrets = Secrets()
    for what, value in TYPED.items():
        secrets.add(what, value)
    secrets.add("a key", b"\x00\x01 not a text \xff")
    for what, values in secrets.values.items():
        for value in values:
            for line in (f"x={value}&", f"x={quote(value)}", json.dumps({"x": value}), repr(value.encode())):
                assert what in secrets.found_in(line), (what, line)
