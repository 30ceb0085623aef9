"""The office issues codes for doors, prints them, finds one by its number and revokes it."""

from __future__ import annotations

import io
import re
from uuid import uuid4

from pypdf import PdfReader

from tests.usecases.test_placards import one, some_codes, work


def order(**changed: str) -> dict[str, str]:
    return {"id": str(uuid4()), "format": "sticker", "by": "list", **changed}


async def test_from_the_form_to_the_printed_sheet(county):
    manager = await county("manager")
    codes = await some_codes(3)
    form = await manager.get(f"/console/placards/new?by=list&codes={codes[0]}")
    assert codes[0] in form.text
    sent = order(id=re.search(r'name="id" value="([^"]+)"', form.text)[1], codes="\n".join(codes))
    answer = await manager.post("/console/placards", data=sent)
    assert answer.status_code == 303, answer.text
    where = answer.headers["location"]
    assert (await manager.post("/console/placards", data=sent)).headers["location"] == where, "a double click issues once"
    other = await manager.post("/console/placards", data=sent | {"codes": codes[0]})
    assert other.status_code == 409
    assert codes[0] in other.text

    page = (await manager.get(where)).text
    assert 'hx-trigger="every 2s"' in page
    assert (await manager.post(f"{where}/files/1")).headers["location"] == where, "not made yet"
    await work()
    page = (await manager.get(where, headers={"hx-request": "true"})).text
    assert 'id="files"' in page, "what the page asks for again and again"
    assert "every 2s" not in page
    assert "尚未打印" in page
    pdf = await manager.post(f"{where}/files/1")
    assert pdf.headers["content-type"] == "application/pdf"
    assert len(PdfReader(io.BytesIO(pdf.content)).pages) == 1
    assert "已打印 1 次" in (await manager.get(where)).text
    assert "printed: 1, last at" in (await manager.get(f"{where}?lang=en")).text
    assert (await manager.get("/console/placards?lang=zh")).text.count(where) == 1


async def test_what_was_typed_stays_when_it_is_refused(county):
    manager = await county("manager")
    for sent, words in (
        (order(codes="91530302XXXXXXXXXX"), "1 (91530302XXXXXXXXXX)"),
        (order(codes=""), "代码清单"),
        (order(codes="x", format="stamp"), "规格"),
        (order(by="filter", q="没有这样的企业名称"), "没有要制发的"),
    ):
        answer = await manager.post("/console/placards", data=sent)
        assert answer.status_code == 422, sent
        assert words in answer.text
        assert sent["id"] in answer.text
        assert sent.get("q", "") in answer.text
    assert (await manager.post("/console/placards", data=order(id="x"))).status_code == 422


async def test_a_code_is_found_by_its_number_and_revoked(county):
    manager = await county("manager")
    [code] = await some_codes(1)
    await manager.post("/console/placards", data=order(codes=code))
    row = await one("select b.number from placard p join placard_batch b on b.id = p.batch where enterprise_code = $1", code)
    found = await manager.get("/console/placards", params={"serial": f" {row.lower()}-0001 "})
    assert found.status_code == 303
    where = found.headers["location"]
    for nonsense in ("MP-2026-SCJG-999999-0001", "x", "-", "MP-1-²"):
        assert "没有编号为" in (await manager.get("/console/placards", params={"serial": nonsense})).text
    refused = await manager.post(f"{where}/revoke", data={"ground": "", "reason": "写了原因没选"})
    assert refused.status_code == 422
    assert "写了原因没选" in refused.text
    assert (await manager.post(f"{where}/revoke", data={"ground": "lost", "reason": "店主来电说遗失"})).status_code == 303
    late = await manager.post(f"{where}/revoke", data={"ground": "abuse", "reason": "我这边收到冒用举报"})
    assert late.status_code == 409
    assert "店主来电说遗失" in late.text
    assert "我这边收到冒用举报" in late.text, "both texts stand side by side"
    dossier = await one("select id from enterprise where code = $1", code)
    assert "遗失" in (await manager.get(f"/console/enterprises/{dossier}")).text


async def test_who_may_do_what(county):
    manager, reviewer, other = await county("manager"), await county("reviewer"), await county("manager2")
    batch = await one("select id from placard_batch where department = 'scjg' limit 1")
    placard = await one("select id from placard where batch = $1 limit 1", batch)
    for path in (f"/console/placards/{batch}", f"/console/placards/codes/{placard}"):
        assert (await manager.get(path)).status_code == 200
        assert (await other.get(path)).status_code == 404, path
        seen = await reviewer.get(path)
        assert seen.status_code == 200
        assert "<form method=\"post\" action=\"/console/placards" not in seen.text, path
    for path in (f"/console/placards/{batch}/files/1", f"/console/placards/{batch}/files"):
        assert (await other.post(path)).status_code == 404
        assert (await reviewer.post(path)).status_code == 403
    assert (await other.post(f"/console/placards/codes/{placard}/revoke", data={"ground": "lost", "reason": "别部门的码牌"})).status_code == 404
    assert str(batch) not in (await other.get("/console/placards")).text


async def test_the_form_counts_while_a_filter_is_chosen(county):
    manager = await county("manager")
    whole = await manager.get("/console/placards/new?county=530302", headers={"hx-request": "true"})
    n = await one("select count(*) from enterprise where region = '530302' and status = 'active'")
    assert f"共 {n:,} 户" in whole.text
    assert "<html" not in whole.text
