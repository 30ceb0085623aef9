"""Files of an enterprise's forms: judged by content, PDFs only saved, gone with what they belong to."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from PIL import Image

from backend.kernel import clock
from backend.storage.engine import transaction
from backend.usecases import erasing
from tests.files.strangers import CORPUS
from tests.web.public.test_my import come_in, one, photo, shop_with_order

LETTER = next(s for s in CORPUS if s.name == "letter.pdf").make()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.jpg", b"<?php system($_GET['c']); ?>"),
        ("photo.jpg", b"%PDF-1.7 not a whole one"),
        ("photo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("photo.gif", b"GIF89a" + bytes(100)),
        ("empty.jpg", b""),
        ("cut.jpg", photo()[:200]),
    ],
)
async def test_what_is_no_picture_is_refused_by_its_content(county, name, content):
    shop = await shop_with_order()
    owner = await come_in(county, shop.id)
    data = {"id": str(uuid4()), "note": "说明文字不能丢"}
    answer = await owner.post(f"/my/orders/{shop.order}/evidence", data=data, files=[("files", (name, content, "image/jpeg"))])
    assert answer.status_code == 422
    assert "说明文字不能丢" in answer.text
    assert await one("select count(*) from rectification_evidence where of_order = $1", shop.order) == 0


async def test_a_pdf_goes_along_is_only_saved_and_the_officer_is_warned(county):
    shop = await shop_with_order()
    owner, manager = await come_in(county, shop.id), await county("manager")
    form = str(uuid4())
    files = [("files", ("检测报告.pdf", LETTER, "image/jpeg")), ("files", ("a.jpg", photo(), "image/jpeg"))]
    data = {"id": form, "grounds": "检测报告证明合格，请核实。"}
    assert (await owner.post(f"/my/results/{shop.result}/objection", data=data, files=files)).status_code == 303
    own, seen = (await owner.get(f"/my/objections/{form}")).text, (await manager.get(f"/console/objections/{form}")).text
    assert "没有人检查过" in seen
    for who, page in ((owner, own), (manager, seen)):
        assert page.count("<img") == page.count("<img src=\"/my/files") + page.count("<img src=\"/console/objections") == 1, "a PDF is never shown in a page"
        link = re.search(r'<a class="paper" href="([^"]+)" download>', page)[1]
        saved = await who.get(link)
        assert saved.content == LETTER
        assert saved.headers["content-disposition"].startswith("attachment;")
        assert "sandbox" in saved.headers["content-security-policy"]
        assert "检测报告.pdf" in page
    assert (await (await county("manager2")).get(link)).status_code == 404

    proof = str(uuid4())
    assert (await owner.post(f"/my/orders/{shop.order}/evidence", data={"id": proof, "note": "报告"}, files=files[:1])).status_code == 303
    page = (await manager.get(f"/console/rectifications/{shop.order}")).text
    assert "没有人检查过" in page
    assert (await manager.get(re.search(r'href="(/console/rectifications/[^"]+/files/[0-9a-f]{64})"', page)[1])).content == LETTER


async def test_files_before_a_bad_one_need_not_be_sent_again(county):
    shop = await shop_with_order()
    owner = await come_in(county, shop.id)
    form = str(uuid4())
    sent = [("检测报告.pdf", LETTER), ("x.svg", b"<svg/>"), ("a.jpg", photo())]
    data = {"id": form, "note": "说明"}
    bad = await owner.post(f"/my/orders/{shop.order}/evidence", data=data, files=[("files", (name, content, "image/png")) for name, content in sent])
    assert (bad.status_code, "x.svg：" in bad.text, "检测报告.pdf" in bad.text) == (422, True, True)
    kept = re.findall(r'name="kept" value="([0-9a-f]{64})"', bad.text)
    assert len(kept) == 1
    assert (await owner.post(f"/my/orders/{shop.order}/evidence", data={**data, "kept": kept})).status_code == 303
    assert await one("select files from rectification_evidence where id = $1", UUID(form)) == kept


async def test_an_erased_objection_has_no_files_any_more(county):
    shop = await shop_with_order()
    owner, manager = await come_in(county, shop.id), await county("manager")
    form = str(uuid4())
    files = [("files", ("检测报告.pdf", LETTER, "application/pdf")), ("files", ("a.jpg", photo(), "image/jpeg"))]
    await owner.post(f"/my/results/{shop.result}/objection", data={"id": form, "grounds": "请核实。当日已改正。"}, files=files)
    links = re.findall(r'href="(/my/files/[^"]+)"', (await owner.get(f"/my/objections/{form}")).text)
    assert len(links) == 2
    seen = await one("select version from publication where number = $1 order by version desc limit 1", shop.result)
    await manager.post(f"/console/objections/{form}/decide", data={"decision": "kept", "reason": "事实清楚，维持原结果", "seen": str(seen)})
    async with transaction():
        await erasing.ERASERS["objection"].erase(UUID(form), "个人信息保护法第四十七条")
    assert await one("select count(*) from received_file where subject = $1 and content is not null", UUID(form)) == 0
    assert "/my/files/" not in (await owner.get(f"/my/objections/{form}")).text
    assert {(await owner.get(link)).status_code for link in links} == {404}
    assert (await manager.get(f"/console/objections/{form}")).status_code == 200


async def test_files_of_a_form_that_nobody_finished_do_not_stay(county):
    shop = await shop_with_order()
    owner = await come_in(county, shop.id)
    abandoned, sent = str(uuid4()), str(uuid4())
    files = [("files", ("a.jpg", photo(), "image/jpeg"))]
    assert (await owner.post(f"/my/results/{shop.result}/objection", data={"id": abandoned, "grounds": "啊"}, files=files)).status_code == 422
    assert (await owner.post(f"/my/orders/{shop.order}/evidence", data={"id": sent, "note": "x"}, files=files)).status_code == 303
    there = "select count(*) from received_file where subject = $1 and content is not null"
    await erasing.erase_what_is_due()
    assert (await one(there, UUID(abandoned)), await one(there, UUID(sent))) == (1, 1)
    later = clock.now() + timedelta(days=8)
    clock.hold(lambda: later)
    await erasing.erase_what_is_due()
    assert (await one(there, UUID(abandoned)), await one(there, UUID(sent))) == (0, 1)


async def test_a_bomb_is_refused_before_it_is_decoded(county):
    shop = await shop_with_order()
    owner = await come_in(county, shop.id)
    out = io.BytesIO()
    Image.new("1", (20000, 20000)).save(out, "PNG")
    answer = await owner.post(f"/my/orders/{shop.order}/evidence", data={"id": str(uuid4())}, files=[("files", ("b.png", out.getvalue(), "image/png"))])
    assert answer.status_code == 422
