"""The record and the notice as PDF: for whom, and what they say."""

from __future__ import annotations

import io
import re

from pypdf import PdfReader

from backend.ledger.sequencer import sequence
from backend.storage.engine import connection, transaction
from tests.rooms.test_papers import fonts_of


def text_of(pdf: bytes) -> str:
    return re.sub(r"[\s\u200b]+", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


async def row(sql: str) -> dict:
    async with transaction():
        return dict(await connection().fetchrow(sql))


A_RECORD = (
    "select s.id, s.inspection, s.record_sha256, s.record, i.enterprise_name, i.enterprise_code, i.county, n.number from submission s"
    " join inspection i on i.id = s.inspection join notice n on n.inspection = i.id where i.department = 'scjg'"
    " order by (select count(*) from submission_photo p where p.submission = s.id) desc, s.id limit 1"
)


async def test_the_record_as_pdf_holds_what_was_signed(county):
    while await sequence():
        pass
    reviewer, found = await county("reviewer"), await row(A_RECORD)
    page = await reviewer.get(f"/console/reviews/{found['id']}")
    assert f"/console/reviews/{found['id']}/record.pdf" in page.text
    answer = await reviewer.get(f"/console/reviews/{found['id']}/record.pdf")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["cache-control"] == "no-store"
    text = text_of(answer.content)
    for words in ("市场监督管理局", "检查记录", found["enterprise_name"], found["enterprise_code"], found["number"], found["record_sha256"], "存证日志"):
        assert words in text, words
    assert re.search(r"第\d+条", text), "its place in the ledger"
    assert all("/FontFile3" in f or "/FontFile2" in f for f in fonts_of(answer.content))
    pictures = sum(len(list(p.images)) for p in PdfReader(io.BytesIO(answer.content)).pages)
    assert pictures >= 1, "photos"
    again = await reviewer.get(f"/console/reviews/{found['id']}/record.pdf")
    assert again.content == answer.content
    english = text_of((await reviewer.get(f"/console/reviews/{found['id']}/record.pdf?lang=en")).content)
    assert "Inspectionrecord" in english
    assert found["record_sha256"] in english


async def test_the_notice_as_pdf(county):
    manager, found = await county("manager"), await row(A_RECORD)
    assert f"/console/visits/{found['inspection']}/notice.pdf" in (await manager.get(f"/console/visits/{found['inspection']}")).text
    answer = await manager.get(f"/console/visits/{found['inspection']}/notice.pdf")
    assert answer.status_code == 200
    text = text_of(answer.content)
    for words in ("检查通知书", found["number"], found["enterprise_name"], "双随机抽查", "第四十三条", "第五十五条", "本次为第"):
        assert words in text, words
    officers = await row(
        "select array_agg(p.certificate_no) as n from inspection_officer o join inspector p on p.id = o.inspector"
        f" where o.inspection = '{found['inspection']}'"
    )
    assert all(number in text for number in officers["n"])


async def test_only_who_may_read_the_record_gets_its_paper(county):
    found = await row(A_RECORD)
    team = await row(
        f"select array_agg(a.username) as names from inspection_officer o join inspector p on p.id = o.inspector join account a on a.id = p.account"
        f" where o.inspection = '{found['inspection']}'"
    )
    for name in ("inspector", "inspector2"):
        officer = await county(name)
        wanted = 200 if name in team["names"] else 404
        assert (await officer.get(f"/field/api/submissions/{found['id']}/record.pdf")).status_code == wanted
        assert (await officer.get(f"/field/api/inspections/{found['inspection']}/notice.pdf")).status_code == wanted
        assert (await officer.get(f"/console/reviews/{found['id']}/record.pdf")).status_code == 403
    async with transaction():
        other = "530381" if found["county"] != "530381" else "530302"
        await connection().execute("update account set region = $1 where username = 'reviewer'", other)
    elsewhere = await county("reviewer")
    assert (await elsewhere.get(f"/console/reviews/{found['id']}/record.pdf")).status_code == 404
    assert (await elsewhere.get(f"/console/visits/{found['inspection']}/notice.pdf")).status_code == 404
    nobody = await county("")
    assert (await nobody.get(f"/console/reviews/{found['id']}/record.pdf")).status_code == 303


async def test_the_record_as_pdf_says_who_co_signed_what_was_decided_and_what_waits(county):
    reviewer = await county("reviewer")
    signed = await row(
        "select c.submission as id, p.name, c.device from record_cosignature c join inspector p on p.id = c.inspector order by c.received_at limit 1"
    )
    text = text_of((await reviewer.get(f"/console/reviews/{signed['id']}/record.pdf")).content)
    assert "联署与裁定" in text
    assert f"联署{signed['name']}·" in text
    assert str(signed["device"])[:8] in text
    owing = await row(
        "select s.id from submission s join visit_part v on v.inspection = s.inspection and v.account <> s.account where s.state = 'submitted'"
        " and not exists (select from record_cosignature c where c.submission = s.id) limit 1"
    )
    text = text_of((await reviewer.get(f"/console/reviews/{owing['id']}/record.pdf")).content)
    assert "尚未完成" in text
    assert "尚未联署" in text
    page = (await reviewer.get(f"/console/reviews/{owing['id']}")).text
    form = {"inspector": re.search(r'name="inspector" value="([0-9a-f-]{36})"', page)[1], "what": "cosignature", "reason": "手机已损坏"}
    assert (await reviewer.post(f"/console/reviews/{owing['id']}/waive", data=form)).status_code == 303
    text = text_of((await reviewer.get(f"/console/reviews/{owing['id']}/record.pdf")).content)
    assert "手机已损坏（李文华）" in text
    assert "尚未完成" not in text
