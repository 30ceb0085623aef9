"""An enterprise's own pages: from a code to a session, what is read there, a reply, an objection with photos, proof of correction, colleagues."""

from __future__ import annotations

import io
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image
from pypdf import PdfReader

from backend.claims.sealing import Person
from backend.deadlines.queries import load_book
from backend.deadlines.rules import OBJECTION
from backend.kernel import clock
from backend.ledger.sequencer import sequence
from backend.limits import service as limits
from backend.storage.engine import connection, transaction
from backend.usecases import claiming
from backend.usecases.rectify import order_correction
from backend.web.shared import qr
from tests.rooms.test_claims import LI, PASSWORD, WANG
from tests.soft_authenticator import Authenticator
from tests.usecases.test_records import principal

County = Callable[[str], Awaitable[httpx.AsyncClient]]


@dataclass
class Shop:
    """One enterprise of the demo with a result and an order to correct."""

    id: UUID
    code: str
    order: UUID
    result: str
    inspection: UUID


async def shop_with_order(nth: int = 0) -> Shop:
    """One that nobody has claimed, with a result to which nobody has objected; ordered to correct something just now."""
    manager = await principal("manager")
    async with transaction():
        row = await connection().fetchrow(
            "select p.enterprise, p.enterprise_code, p.number, p.inspection from publication p where p.department = 'scjg'"
            " and not exists (select from claim_member m where m.enterprise = p.enterprise)"
            " and not exists (select from objection o where o.inspection = p.inspection)"
            " and not exists (select from publication n where n.number = p.number and n.version > 1) order by p.number offset $1 limit 1",
            nth,
        )
    order = uuid4()
    law = "《药品经营和使用质量监督管理办法》第三十九条"
    await order_correction(row["inspection"], order, demand="补齐登记", legal_basis=law, due_on=clock.today() + timedelta(days=9), by=manager)
    return Shop(row["enterprise"], row["enterprise_code"], order, row["number"], row["inspection"])


async def come_in(county: County, enterprise: UUID, person: Person = LI) -> httpx.AsyncClient:
    """The browser of a person who has claimed the enterprise through the pages."""
    letter = await claiming.issue_code(enterprise, uuid4(), kind="post", by=await principal("manager"))
    browser = await county("")
    first = await browser.post("/my/claim", data={"code": letter.code})
    assert first.status_code == 200, first.text
    assert letter.enterprise.name in first.text
    given = {"person": person.person, "position": person.position, "phone": person.phone, "password": PASSWORD}
    answer = await browser.post("/my/claim", data={"code": letter.code, **given})
    assert (answer.status_code, answer.headers.get("location")) == (303, "/my"), answer.text
    return browser


def photo(colour: str = "teal", kind: str = "JPEG") -> bytes:
    """A picture that claims a place in its EXIF."""
    out = io.BytesIO()
    image = Image.new("RGB", (640, 480), colour)
    exif = Image.Exif()
    exif[0x010E] = "SECRET PLACE"
    exif.get_ifd(0x8825)[2] = (25.0, 29.0, 0.0)
    image.save(out, kind, exif=exif)
    return out.getvalue()


def hidden(page: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]+)"', page)[1]


def form_of(page: str, action: str) -> str:
    """The part of a page that is the form which goes to ``action``."""
    return page.partition(f'action="{action}')[2].partition("</form>")[0]


async def one(sql: str, *args):
    async with transaction():
        return await connection().fetchval(sql, *args)


async def test_from_the_code_to_the_front_page_and_back_in(county):
    shop = await shop_with_order()
    owner = await come_in(county, shop.id)
    cookie = next(c for c in owner.cookies.jar if c.name == "eid")
    assert (cookie.path, cookie.has_nonstandard_attr("HttpOnly")) == ("/", True)
    home = await owner.get("/my")
    assert home.status_code == 200
    assert home.headers["cache-control"] == "no-store"
    for words in ("待办与结果", "责令改正", shop.code, "李建国"):
        assert words in home.text, words
    assert (await owner.post("/my/logout")).headers["location"] == "/my/login"
    gone = await owner.get("/my/papers")
    assert (gone.status_code, gone.headers["location"]) == (303, "/my/login?next=%2Fmy%2Fpapers")
    wrong = await owner.post("/my/login", data={"code": shop.code, "phone": "13811110001", "password": "not the password"})
    assert wrong.status_code == 401
    assert shop.code in wrong.text, "what was typed is not lost"
    back = await owner.post("/my/login", data={"code": shop.code, "phone": "138-1111-0001", "password": PASSWORD, "next": "/my/papers"})
    assert (back.status_code, back.headers["location"]) == (303, "/my/papers")


ELSEWHERE = ("https://evil.example/my", "//evil.example/my", "/console", "/myth", "/my\\@evil.example", "javascript:alert(1)", "/my/logout")


@pytest.mark.parametrize("target", ELSEWHERE)
async def test_the_sign_in_leads_nowhere_else(county, target):
    shop = await shop_with_order()
    owner = await come_in(county, shop.id)
    answer = await owner.post("/my/login", data={"code": shop.code, "phone": "13811110001", "password": PASSWORD, "next": target})
    assert answer.headers["location"] == "/my"


async def test_pages_without_a_script_in_both_languages(county):
    shop = await shop_with_order()
    while await sequence():
        pass
    owner = await come_in(county, shop.id)
    paths = ["/my", "/my/papers", "/my/class", "/my/inbox", "/my/people", "/my/account", f"/my/results/{shop.result}", f"/my/orders/{shop.order}",
             f"/my/visits/{shop.inspection}", "/my/login", "/my/claim"]
    for lang in ("zh", "en"):
        for path in paths:
            answer = await owner.get(f"{path}?lang={lang}")
            assert answer.status_code == 200, (path, answer.status_code)
            body = re.sub(r"<script[^>]+src=[^>]+></script>", "", answer.text)
            assert "<script" not in body
            assert "onclick" not in body
            assert len(answer.content) < 50_000, path
            assert ("worker-src 'self'" in answer.headers["content-security-policy"]) is ("<script" in answer.text)
    english = re.sub(r"<[^>]+>", " ", (await owner.get("/my/account?lang=en")).text)
    assert "Passkey" in english or "passkey" in english


async def test_documents_and_the_visits_proof(county):
    shop = await shop_with_order()
    while await sequence():
        pass
    reviewer = await county("reviewer")
    assert (await reviewer.post(f"/console/rectifications/{shop.order}/paper")).status_code == 303
    owner = await come_in(county, shop.id)
    page = (await owner.get("/my/papers")).text
    links = re.findall(r'href="(/my/[^"]+\.pdf)"', page)
    assert {x.rsplit("/", 1)[1] for x in links} == {"notice.pdf", "record.pdf", "paper.pdf"}
    for link in links:
        pdf = await owner.get(link)
        assert pdf.status_code == 200, link
        assert pdf.content[:5] == b"%PDF-"
        assert pdf.headers["cache-control"] == "no-store"
    visit = (await owner.get(f"/my/visits/{shop.inspection}")).text
    assert "/visit#" in visit, "the proof of the draw"


async def test_a_reply_beside_the_result_is_read_by_the_office_and_seen_by_everyone(county):
    shop = await shop_with_order()
    owner, reviewer, anyone = await come_in(county, shop.id), await county("reviewer"), await county("")
    page = (await owner.get(f"/my/results/{shop.result}")).text
    form = form_of(page, f"/my/results/{shop.result}/reply")
    data = {"id": hidden(form, "id"), "seen": hidden(form, "seen"), "body": "<b>已整改</b>，欢迎监督。"}
    for _ in range(2):
        assert (await owner.post(f"/my/results/{shop.result}/reply", data=data)).status_code == 303
    assert await one("select count(*) from response where result = $1", shop.result) == 1
    assert "已整改" not in (await anyone.get(f"/results/{shop.result}")).text
    queue = (await reviewer.get("/console/outcomes/responses")).text
    assert "&lt;b&gt;已整改&lt;/b&gt;" in queue
    answer = await reviewer.post(f"/console/responses/{data['id']}/decide", data={"verdict": "show"})
    assert answer.status_code == 303
    shown = (await anyone.get(f"/results/{shop.result}")).text
    assert "&lt;b&gt;已整改&lt;/b&gt;，欢迎监督。" in shown
    assert "回应已审看" in (await owner.get("/my/inbox")).text
    stale = await owner.post(f"/my/results/{shop.result}/reply", data={"id": str(uuid4()), "seen": "0", "body": "同事同时写的另一份"})
    assert stale.status_code == 409
    assert "已整改" in stale.text
    assert "同事同时写的另一份" in stale.text, "both texts, and nothing typed is lost"


async def test_an_objection_with_photos_reaches_who_decides(county):
    shop = await shop_with_order()
    owner, manager = await come_in(county, shop.id), await county("manager")
    path = f"/my/results/{shop.result}"
    form = form_of((await owner.get(path)).text, f"{path}/objection")
    files = [("files", ("x.php", photo(), "text/plain")), ("files", ("b.png", photo("navy", "PNG"), "image/png"))]
    bad = await owner.post(f"{path}/objection", data={"id": hidden(form, "id"), "grounds": "啊"}, files=files)
    assert bad.status_code == 422
    assert "啊" in bad.text
    kept = re.findall(r'name="kept" value="([0-9a-f]{64})"', bad.text)
    assert len(kept) == 2, "the photos need not be sent again"
    data = {"id": hidden(form, "id"), "grounds": "当日即已改正，请核实。", "kept": kept}
    for _ in range(2):
        done = await owner.post(f"{path}/objection", data=data)
        assert (done.status_code, done.headers["location"]) == (303, f"/my/objections/{data['id']}"), done.text
    assert await one("select count(*) from objection where inspection = $1 and origin = 'enterprise'", shop.inspection) == 1
    own = (await owner.get(f"/my/objections/{data['id']}")).text
    assert own.count("/my/files/") == 4
    due_on = (await load_book()).due_of(OBJECTION, clock.today())
    assert f"应在 {due_on.isoformat()} 前书面答复" in own, "by when"
    assert hidden(form_of(bad.text, f"{path}/objection"), "id") == data["id"], "the photos lie under the form's own id"
    picture = await owner.get(f"/my/files/{data['id']}/{kept[0]}")
    assert picture.headers["content-type"] == "image/jpeg"
    assert b"SECRET" not in picture.content
    assert not Image.open(io.BytesIO(picture.content)).getexif(), "nothing of the file's claims is kept"
    seen = (await manager.get(f"/console/objections/{data['id']}")).text
    assert "李建国（店长）" in seen
    assert (await manager.get(f"/console/objections/{data['id']}/files/{kept[1]}")).status_code == 200
    assert (await manager.get(f"/console/objections/{data['id']}/files/{'0' * 64}")).status_code == 404
    assert (await (await county("manager2")).get(f"/console/objections/{data['id']}/files/{kept[1]}")).status_code == 404
    decided = await manager.post(f"/console/objections/{data['id']}/decide", data={"decision": "kept", "reason": "事实清楚，维持原结果", "seen": "1"})
    assert decided.status_code == 303, decided.text
    assert "异议已答复" in (await owner.get("/my/inbox")).text
    reply = re.search(r'href="(/my/papers/[^"]+)"', (await owner.get(f"/my/objections/{data['id']}")).text)[1]
    assert (await owner.get(reply)).content[:5] == b"%PDF-"


async def test_proof_of_correction_stands_beside_the_order(county):
    shop = await shop_with_order()
    owner, manager = await come_in(county, shop.id), await county("manager")
    data = {"id": str(uuid4()), "note": "已更换温度记录仪"}
    for _ in range(2):
        done = await owner.post(f"/my/orders/{shop.order}/evidence", data=data, files=[("files", ("a.jpg", photo(), "image/jpeg"))])
        assert done.status_code == 303, done.text
    assert await one("select count(*) from rectification_evidence where of_order = $1", shop.order) == 1
    page = (await manager.get(f"/console/rectifications/{shop.order}")).text
    assert "已更换温度记录仪" in page
    link = re.search(r'src="(/console/rectifications/[^"]+/files/[0-9a-f]{64})"', page)[1]
    assert "没有人检查过" not in page
    assert (await manager.get(link)).headers["content-type"] == "image/jpeg"
    assert (await (await county("manager2")).get(link)).status_code == 404
    assert (await owner.post(f"/my/orders/{shop.order}/evidence", data={"id": str(uuid4())})).status_code == 422


async def test_colleagues_have_the_rights_that_the_owner_gave(county):
    shop = await shop_with_order()
    owner = await come_in(county, shop.id)
    form = form_of((await owner.get("/my/people")).text, "/my/people/invitations")
    page = await owner.post("/my/people/invitations", data={"id": hidden(form, "id"), "rights": ["upload"]})
    code = re.search(r"[0-9A-Z]{6}-[0-9A-Z]{4}-[0-9A-Z]{4}", page.text)[0]
    assert code not in (await owner.get("/my/people")).text, "shown once"
    staff = await county("")
    given = {"person": WANG.person, "position": WANG.position, "phone": WANG.phone, "password": PASSWORD}
    assert (await staff.post("/my/claim", data={"code": code, **given})).status_code == 303
    reply = {"id": str(uuid4()), "seen": "0", "body": "我来回应一下。"}
    refused = await staff.post(f"/my/results/{shop.result}/reply", data=reply)
    assert refused.status_code == 403
    assert (await staff.post("/my/people/invitations", data={"id": str(uuid4())})).status_code == 403
    sent = await staff.post(f"/my/orders/{shop.order}/evidence", data={"id": str(uuid4())}, files=[("files", ("a.jpg", photo(), "image/jpeg"))])
    assert sent.status_code == 303
    assert "王芳（会计）" in (await owner.get(f"/my/orders/{shop.order}")).text, "each act names who"
    people = (await owner.get("/my/people")).text
    member = re.search(r"/my/people/([0-9a-f-]{36})/rights", people)[1]
    assert "138****0002" in people
    assert (await owner.post(f"/my/people/{member}/rights", data={"seen": "1", "rights": ["reply"]})).status_code == 303
    assert (await staff.post(f"/my/results/{shop.result}/reply", data=reply)).status_code == 303
    assert (await owner.post(f"/my/people/{member}/end")).status_code == 303
    assert (await staff.get("/my")).status_code == 303, "out at once"


async def test_a_password_and_passkeys_of_ones_own(county):
    shop = await shop_with_order()
    owner = await come_in(county, shop.id)
    for given in ({}, {"password": "not the right one"}):
        assert (await owner.post("/my/account/passkeys/challenge", json=given)).status_code == 403, "who finds an open browser adds no way in"
    asked = (await owner.post("/my/account/passkeys/challenge", json={"password": PASSWORD})).json()
    phone = Authenticator()
    made = await owner.post("/my/account/passkeys", json={"ceremony": asked["ceremony"], "credential": phone.create(asked["options"]), "name": "手机"})
    assert made.status_code == 201, made.text
    assert "手机" in (await owner.get("/my/account")).text
    other = await county("")
    asked = (await other.post("/my/login/passkey/challenge")).json()
    answer = await other.post("/my/login/passkey", json={"ceremony": asked["ceremony"], "credential": phone.get(asked["options"])})
    assert answer.json() == {"next": "/my"}
    assert shop.code in (await other.get("/my")).text
    assert (await owner.post("/my/account/password", data={"password": "short", "present": PASSWORD})).status_code == 422
    refused = await owner.post("/my/account/password", data={"password": "entirely another one", "present": "not the right one"})
    assert (refused.status_code, "当前密码不正确" in refused.text) == (403, True)
    assert (await other.get("/my")).status_code == 200, "nothing has changed"
    assert "密码已修改" in (await owner.post("/my/account/password", data={"password": "entirely another one", "present": PASSWORD})).text
    assert (await owner.get("/my")).status_code == 200
    assert (await other.get("/my")).status_code == 303, "other sessions have ended"


async def test_the_owner_gives_the_claim_back(county):
    shop = await shop_with_order()
    owner = await come_in(county, shop.id)
    assert (await owner.post("/my/account/end", data={"reason": "", "present": PASSWORD})).status_code == 422
    assert (await owner.post("/my/account/end", data={"reason": "店铺转让"})).status_code == 403
    assert (await owner.post("/my/account/end", data={"reason": "店铺转让", "present": PASSWORD})).headers["location"] == "/my/login"
    assert (await owner.get("/my")).status_code == 303


async def test_alerts_of_the_browser_are_the_members_own(county):
    shop = await shop_with_order()
    owner = await come_in(county, shop.id)
    given = {"endpoint": "https://fcm.googleapis.com/fcm/send/x", "keys": {"p256dh": "B" * 87, "auth": "a" * 22}}
    assert (await owner.post("/my/push", json=given)).status_code == 204
    inside = {**given, "endpoint": "https://169.254.169.254/latest"}
    assert (await owner.post("/my/push", json=inside)).status_code == 422
    member = await one("select id from claim_member where enterprise = $1", shop.id)
    assert await one("select account from push_subscription where endpoint = $1", given["endpoint"]) == member
    worker = await (await county("")).get("/my/sw.js")
    assert (worker.status_code, worker.headers["content-type"].split(";")[0]) == (200, "text/javascript")
    await owner.post("/my/account/end", data={"reason": "不再使用", "present": PASSWORD})
    assert await one("select count(*) from push_subscription where account = $1", member) == 0


async def test_the_office_prints_letters_and_sees_who_has_claimed(county):
    manager, reviewer = await county("manager"), await county("reviewer")
    shop = await shop_with_order()
    dossier = f"/console/enterprises/{shop.id}"
    page = (await manager.get(dossier)).text
    assert "未认领" in page
    form = form_of(page, f"{dossier}/claim/letter")
    letter = await manager.post(f"{dossier}/claim/letter", data={"id": hidden(form, "id")})
    assert (letter.status_code, letter.content[:5]) == (200, b"%PDF-")
    again = await manager.post(f"{dossier}/claim/letter", data={"id": hidden(form, "id")})
    assert await one("select count(*) from claim_code where enterprise = $1", shop.id) == 1
    def code_in(pdf: bytes) -> str:
        return re.search(r"[0-9A-Z]{6}-[0-9A-Z]{4}-[0-9A-Z]{4}", "".join(p.extract_text() for p in PdfReader(io.BytesIO(pdf)).pages))[0]

    code = code_in(letter.content)
    assert code == code_in(again.content)
    opened, enterprise = await claiming.read_code(code, "10.0.0.1")
    assert enterprise.id == shop.id
    assert (await reviewer.post(f"{dossier}/claim/letter", data={"id": str(uuid4())})).status_code == 403
    assert "待认领" in (await reviewer.get(dossier)).text
    assert (await manager.post(f"{dossier}/claim/codes/{opened.id}/revoke")).status_code == 303
    assert "已撤销" in (await manager.get(dossier)).text
    handed = await manager.post(f"{dossier}/claim/code", data={"id": str(uuid4())})
    site = re.search(r"[0-9A-Z]{6}-[0-9A-Z]{4}-[0-9A-Z]{4}", handed.text)[0]
    assert (await claiming.read_code(site, "10.0.0.1"))[1].id == shop.id
    owner = await come_in(county, shop.id)
    page = (await manager.get(dossier)).text
    assert "李建国" in page
    assert "13811110001" not in page
    assert (await manager.post(f"{dossier}/claim/end", data={"reason": "企业申请停用"})).status_code == 303
    assert (await owner.get("/my")).status_code == 303
    listed = (await manager.get("/console/claims")).text
    chosen = re.findall(r'name="enterprises" value="([0-9a-f-]{36})"', listed)[:3]
    many = await manager.post("/console/claims/letters", data={"id": hidden(listed, "id"), "enterprises": chosen})
    assert many.content[:5] == b"%PDF-"
    assert len(PdfReader(io.BytesIO(many.content)).pages) == 3


async def test_an_officer_on_site_hands_a_code_over(county):
    officer = await county("inspector")
    visit = next(i for i in (await officer.get("/field/api/bundle")).json()["inspections"] if i["state"] == "dispatched")
    path, data = f"/field/api/inspections/{visit['id']}/claim-code", {"id": str(uuid4())}
    early = await officer.post(path, json=data)
    assert (early.status_code, early.json()["code"]) == (409, "not-arrived")
    assert (await officer.post(f"/field/api/inspections/{visit['id']}/arrive", json={"how": "qr", "t_dev": 1_790_000_000_000})).status_code == 200
    first, again = await officer.post(path, json=data), await officer.post(path, json=data)
    assert first.json() == again.json(), "an answer that was lost on its way is asked for again"
    shown = first.json()
    assert (shown["side"], shown["bits"]) == qr.bits(f"http://localhost:8000/my/claim?at={shown['code'][:6]}"), "what proves the code stands in no address"
    start = (await officer.get(f"/my/claim?at={shown['code'][:6]}")).text
    assert f'value="{shown["code"][:6]}-"' in start
    _opened, enterprise = await claiming.read_code(first.json()["code"], "10.0.0.1")
    assert enterprise.code == visit["enterprise"]["code"]
    other = await county("inspector2")
    mine = {i["id"] for i in (await other.get("/field/api/bundle")).json()["inspections"]}
    if visit["id"] not in mine:
        assert (await other.post(path, json={"id": str(uuid4())})).status_code == 404


async def test_guessing_is_slow_for_codes_and_passwords(county):
    browser = await county("")
    for _ in range(claiming.TRIES.times):
        await limits.spend(claiming.TRIES, "127.0.0.1")
    answer = await browser.post("/my/claim", data={"code": "ABCDEF-1234-5678"})
    assert answer.status_code == 429
    assert "ABCDEF-1234-5678" in answer.text


async def test_the_present_password_cannot_be_guessed_from_an_open_browser(county):
    shop = await shop_with_order()
    owner = await come_in(county, shop.id)
    for n in range(5):
        assert (await owner.post("/my/account/password", data={"password": "entirely another one", "present": f"guess {n}"})).status_code == 403
    assert (await owner.post("/my/account/password", data={"password": "entirely another one", "present": PASSWORD})).status_code == 429
