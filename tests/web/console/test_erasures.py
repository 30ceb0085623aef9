"""个人信息删除 in the office: entered by one overseer, decided by another; nothing typed is lost."""

from __future__ import annotations

import re

from backend.storage.engine import connection, transaction
from backend.usecases.objecting import decide_objection
from backend.usecases.rectify import close_order
from tests.usecases.test_records import principal


async def test_entered_by_one_decided_by_another(county):
    admin, auditor = await county("admin"), await county("auditor")
    async with transaction():
        await connection().execute("delete from erasure_request")
        number = await connection().fetchval("select number from objection where state = 'decided' order by number limit 1")
    page = (await admin.get("/console/erasures")).text
    form = {"id": re.search(r'name="id" value="([^"]+)"', page)[1], "kind": "objection", "number": number, "ground": "书面申请，已核验"}
    wrong = await admin.post("/console/erasures", data={**form, "number": "YY-0"})
    assert wrong.status_code == 422
    assert 'value="书面申请，已核验"' in wrong.text
    assert form["id"] in wrong.text
    for _ in range(2):
        assert (await admin.post("/console/erasures", data=form)).status_code == 303
    own = (await admin.get("/console/erasures")).text
    assert own.count('data-testid="erasure"') == 1
    assert "须由另一人决定" in own
    [request] = re.findall(r"/console/erasures/([0-9a-f-]{36})/decide", (await auditor.get("/console/erasures")).text)
    assert (await admin.post(f"/console/erasures/{request}/decide", data={"verdict": "erase"})).status_code == 403
    refused = await auditor.post(f"/console/erasures/{request}/decide", data={"verdict": "refuse", "reason": ""})
    assert refused.status_code == 422
    assert (await auditor.post(f"/console/erasures/{request}/decide", data={"verdict": "erase"})).status_code == 303
    assert (await auditor.post(f"/console/erasures/{request}/decide", data={"verdict": "erase"})).status_code == 409
    assert "已删除" in (await auditor.get("/console/erasures?lang=zh")).text
    assert "Erased" in (await auditor.get("/console/erasures?lang=en")).text
    assert (await (await county("manager")).get("/console/erasures")).status_code == 403


async def one(sql: str, *args):
    async with transaction():
        return await connection().fetchrow(sql, *args)


async def erase(county, kind: str, number: str) -> None:
    admin, auditor = await county("admin"), await county("auditor")
    page = (await admin.get("/console/erasures")).text
    form = {"id": re.search(r'name="id" value="([^"]+)"', page)[1], "kind": kind, "number": number, "ground": "书面申请，已核验"}
    assert (await admin.post("/console/erasures", data=form)).status_code == 303
    assert (await auditor.post(f"/console/erasures/{form['id']}/decide", data={"verdict": "erase"})).status_code == 303


async def test_what_was_erased_and_why_is_said_to_the_office_and_to_the_enterprise(county):
    row = await one("select o.id, o.number, o.files, e.code from objection o join enterprise e on e.id = o.enterprise where origin = 'enterprise'")
    manager, owner = await county("manager"), await county("")
    signed_in = await owner.post("/my/login", data={"code": row["code"], "phone": "13800000001", "password": "sunlot-demo"})
    assert signed_in.status_code == 303, signed_in.text
    office, own, [sha256] = f"/console/objections/{row['id']}", f"/my/objections/{row['id']}", row["files"]
    for browser, picture in ((manager, f"{office}/files/{sha256}"), (owner, f"/my/files/{row['id']}/{sha256}")):
        seen = await browser.get(picture)
        assert (seen.status_code, seen.headers["content-type"], seen.headers["cache-control"]) == (200, "image/jpeg", "private, no-store")
    await decide_objection(row["id"], decision="kept", reason="现场照片与记录一致", seen=1, by=await principal("manager"))
    await erase(county, "objection", row["number"])
    for browser, page, picture in ((manager, office, f"{office}/files/{sha256}"), (owner, own, f"/my/files/{row['id']}/{sha256}")):
        text = (await browser.get(f"{page}?lang=zh")).text
        assert "个人信息保护法第四十七条：依申请删除" in text
        assert sha256[:16] in text
        assert "<img" not in text.partition(row["number"])[2].partition("</section>")[0]
        assert "Art. 47: on request" in (await browser.get(f"{page}?lang=en")).text
        assert (await browser.get(picture)).status_code == 404


async def test_an_order_that_was_closed_on_its_papers_keeps_them_and_says_why(county):
    row = await one("select o.id, o.number from rectification_order o where exists (select from rectification_evidence e where e.of_order = o.id)")
    await close_order(row["id"], state="corrected", closing="照片证明登记已补齐", by=await principal("manager"))
    admin, auditor = await county("admin"), await county("auditor")
    page = (await admin.get("/console/erasures")).text
    form = {"id": re.search(r'name="id" value="([^"]+)"', page)[1], "kind": "correction", "number": row["number"], "ground": "书面申请，已核验"}
    assert (await admin.post("/console/erasures", data=form)).status_code == 303
    refused = await auditor.post(f"/console/erasures/{form['id']}/decide?lang=zh", data={"verdict": "erase"})
    assert refused.status_code == 409
    assert "材料属于案件档案，不能删除" in refused.text


async def test_an_erased_complaint_says_so_to_the_office(county):
    row = await one("select id, number from tip where erased_at is not null")
    auditor = await county("auditor")
    text = (await auditor.get(f"/console/tips/{row['id']}")).text
    assert "个人信息保护法第四十七条：依申请删除" in text
    assert "邻居" not in text
