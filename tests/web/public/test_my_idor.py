"""Two enterprises, and every route of /my with the other's ids: what is another's is not there, and nothing of it is changed."""

from __future__ import annotations

import re
from uuid import uuid4

from backend.app import create_app
from backend.claims.queries import list_codes, list_members
from backend.storage.engine import connection, transaction
from backend.web.shared.access import ENTERPRISE
from tests.rooms.test_claims import LI, PASSWORD, WANG
from tests.soft_authenticator import Authenticator
from tests.web.public.test_my import come_in, form_of, hidden, one, photo, shop_with_order

TABLES = (
    "claim_code",
    "claim_member",
    "claim_passkey",
    "claim_upload",
    "response",
    "objection",
    "rectification_order",
    "rectification_evidence",
    "inbox_entry",
    "push_subscription",
    "paper",
    "publication",
)


async def state() -> dict[str, str]:
    async with transaction():
        return {
            t: await connection().fetchval(f"select coalesce(md5(string_agg(r::text, '|' order by r::text)), '') from (select * from {t}) r") for t in TABLES
        }


def routes() -> set[tuple[str, str]]:
    """(path, method) of every route that an enterprise's session opens and that names something by id."""
    found = set()
    for route in create_app().routes:
        for method, (handler, *_rest) in getattr(route, "route_handler_map", {}).items():
            if handler.opt.get("access") == ENTERPRISE and "{" in route.path and str(method) not in ("OPTIONS", "HEAD"):
                found.add((route.path_format, str(method)))
    return found


async def test_every_route_with_the_others_ids(county):
    mine, theirs = await shop_with_order(0), await shop_with_order(1)
    assert mine.id != theirs.id
    victim, attacker = await come_in(county, theirs.id, LI), await come_in(county, mine.id, WANG)
    reviewer = await county("reviewer")
    await reviewer.post(f"/console/rectifications/{theirs.order}/paper")
    # What the other enterprise has: a file, an objection, an invitation, a colleague, a passkey, a paper, a record.
    sent = await victim.post(f"/my/orders/{theirs.order}/evidence", data={"id": str(uuid4()), "note": "x"}, files=[("files", ("a.jpg", photo(), "image/jpeg"))])
    assert sent.status_code == 303
    objection = str(uuid4())
    data = {"id": objection, "grounds": "请核实当日情况"}
    assert (await victim.post(f"/my/results/{theirs.result}/objection", data=data, files=[("files", ("a.jpg", photo("red"), "image/jpeg"))])).status_code == 303
    form = form_of((await victim.get("/my/people")).text, "/my/people/invitations")
    page = (await victim.post("/my/people/invitations", data={"id": hidden(form, "id")})).text
    code = re.search(r"[0-9A-Z]{6}-[0-9A-Z]{4}-[0-9A-Z]{4}", page)[0]
    colleague = await county("")
    given = {"person": "张三", "position": "店员", "phone": "13811110009", "password": PASSWORD}
    assert (await colleague.post("/my/claim", data={"code": code, **given})).status_code == 303
    await victim.post("/my/people/invitations", data={"id": str(uuid4())})
    asked = (await victim.post("/my/account/passkeys/challenge", json={"password": PASSWORD})).json()
    passkey = (
        await victim.post("/my/account/passkeys", json={"ceremony": asked["ceremony"], "credential": Authenticator().create(asked["options"]), "name": "p"})
    ).json()["id"]
    files = await one("select files from rectification_evidence where of_order = $1", theirs.order)
    ids = {
        "visit_id": str(theirs.inspection),
        "submission": str(await one("select id from submission where inspection = $1 and state = 'approved'", theirs.inspection)),
        "paper_id": str(await one("select id from paper where subject = $1", theirs.order)),
        "sha256": files[0],
        "matter": str(await one("select id from rectification_evidence where of_order = $1", theirs.order)),
        "number": theirs.result,
        "objection_id": objection,
        "order_id": str(theirs.order),
        "code_id": str(next(c.id for c in await list_codes(theirs.id, "invite") if c.state == "live")),
        "member_id": str(next(m.id for m in await list_members(theirs.id) if not m.is_owner)),
        "passkey_id": passkey,
    }
    walked = routes()
    assert {name for path, _method in walked for name in re.findall(r"\{(\w+)\}", path)} == set(ids), "every id of a route has the other's value here"
    before = await state()
    for path, method in sorted(walked):
        where = path.format(**ids)
        body = {"id": str(uuid4()), "seen": "0", "body": "不是我的结果", "grounds": "不是我的结果", "note": "x", "rights": ["reply"], "kept": files}
        answer = await attacker.request(method, where, data=body if method == "POST" else None)
        assert answer.status_code == 404, (method, where, answer.status_code)
        if method == "GET":
            assert (await victim.get(where)).status_code == 200, f"its owner has it: {where}"
    assert await state() == before

    # One's own forms with the other's pictures.
    own = {"id": str(uuid4()), "note": "x", "grounds": "请核实当日情况", "kept": files}
    assert (await attacker.post(f"/my/orders/{mine.order}/evidence", data=own)).status_code == 404
    assert (await attacker.post(f"/my/results/{mine.result}/objection", data=own)).status_code == 404
    # A form's id that the other enterprise has used.
    assert (await attacker.post(f"/my/results/{mine.result}/objection", data={"id": objection, "grounds": "请核实当日情况"})).status_code == 404
    assert await state() == before


async def test_neither_session_opens_what_is_the_others(county):
    shop = await shop_with_order()
    owner, manager = await come_in(county, shop.id), await county("manager")
    for path in ("/console", "/console/enterprises", f"/console/rectifications/{shop.order}"):
        answer = await owner.get(path)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/console/login"), path
    assert (await owner.get("/field/api/bundle")).status_code == 401
    for path in ("/my", f"/my/orders/{shop.order}", f"/my/results/{shop.result}"):
        answer = await manager.get(path)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/my/login"), path
    # The cookie of one under the name of the other.
    eid, sid = next(c.value for c in owner.cookies.jar if c.name == "eid"), next(c.value for c in manager.cookies.jar if c.name == "sid")
    swapped = await county("")
    assert (await swapped.get("/console", headers={"cookie": f"sid={eid}"})).status_code == 303
    assert (await swapped.get("/my", headers={"cookie": f"eid={sid}"})).status_code == 303
