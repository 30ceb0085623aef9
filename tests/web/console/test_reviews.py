"""The reviewer's pages: the queue, a record with its files, the verdict; nobody else's files."""

from __future__ import annotations

import re
from datetime import timedelta

from backend.kernel import clock
from backend.storage.engine import connection, transaction
from backend.usecases.record_file import verify
from tests.usecases.test_caps import visited


async def waiting(browser) -> str:
    return re.search(r"/console/reviews/([0-9a-f-]{36})", (await browser.get("/console/reviews")).text)[1]


async def test_a_record_is_read_and_approved(county):
    reviewer = await county("reviewer")
    record = await waiting(reviewer)
    page = (await reviewer.get(f"/console/reviews/{record}")).text
    assert page.count('class="signature"') == 3
    assert "签名与内容不符" not in page
    photo = re.search(r"/console/reviews/[0-9a-f-]{36}/evidence/[0-9a-f]{64}", page)[0]
    picture = await reviewer.get(photo)
    assert picture.headers["content-type"] == "image/webp"
    assert picture.headers["x-content-type-options"] == "nosniff"
    answer = await reviewer.post(f"/console/reviews/{record}/approve", data={"comment": ""})
    assert answer.status_code == 303
    result = answer.headers["location"]
    assert result.startswith("/results/GS-")
    assert (await (await county("")).get(result)).status_code == 200
    again = await reviewer.post(f"/console/reviews/{record}/approve", data={"comment": ""})
    assert again.status_code == 409


async def test_a_visit_beyond_the_yearly_cap_is_told_to_its_reviewer(county):
    reviewer = await county("reviewer")
    record = await waiting(reviewer)
    assert 'data-testid="beyond"' not in (await reviewer.get(f"/console/reviews/{record}")).text
    async with transaction():
        shop = await connection().fetchval("select i.enterprise from submission s join inspection i on i.id = s.inspection where s.id = $1::uuid", record)
    await visited(shop, "530302", "530302", "530302", "530302", on=clock.today() - timedelta(days=5))
    text = (await reviewer.get(f"/console/reviews/{record}")).text
    assert 'data-testid="beyond"' in text
    assert "已检查 4 次，达到上限 4 次" in text


async def test_a_return_needs_a_reason_and_keeps_the_page(county):
    reviewer = await county("reviewer")
    record = await waiting(reviewer)
    answer = await reviewer.post(f"/console/reviews/{record}/return", data={"comment": " "})
    assert answer.status_code == 422
    assert "退回须写明原因" in answer.text
    answer = await reviewer.post(f"/console/reviews/{record}/return", data={"comment": "请补照片"})
    assert answer.status_code == 303
    assert "请补照片" in (await reviewer.get(f"/console/reviews/{record}")).text


async def test_two_reviewers_of_one_record_the_second_loses_no_word(county):
    reviewer, colleague = await county("reviewer"), await county("reviewer")
    record = await waiting(reviewer)
    assert (await colleague.post(f"/console/reviews/{record}/return", data={"comment": "请补照片"})).status_code == 303
    answer = await reviewer.post(f"/console/reviews/{record}/approve", data={"comment": "照片清楚，同意公示"})
    assert answer.status_code == 409
    assert re.search(r'id="unsaved">.*照片清楚，同意公示', answer.text)
    assert "请补照片" in answer.text


async def test_a_file_is_shown_only_with_its_own_record(county):
    reviewer = await county("reviewer")
    record = await waiting(reviewer)
    async with transaction():
        other = await connection().fetchval("select sha256 from submission_photo where submission <> $1 and role = 'photo' limit 1", record)
    assert (await reviewer.get(f"/console/reviews/{record}/evidence/{other}")).status_code == 404
    assert (await reviewer.get(f"/console/reviews/{record}/evidence/{'0' * 64}")).status_code == 404


async def test_what_is_outstanding_is_said_and_waived_with_a_reason(county):
    reviewer = await county("reviewer")
    record = re.findall(r"/console/reviews/([0-9a-f-]{36})", (await reviewer.get("/console/reviews")).text)[-1]
    page = (await reviewer.get(f"/console/reviews/{record}")).text
    assert "未联署" in page
    assert "谁在什么时候填了什么" in page
    refused = await reviewer.post(f"/console/reviews/{record}/approve", data={"comment": "看过"})
    assert refused.status_code == 409
    assert "尚未联署" in refused.text
    assert "看过" in refused.text, "what was typed stays"
    form = {"inspector": re.search(r'name="inspector" value="([0-9a-f-]{36})"', page)[1], "what": "cosignature"}
    empty = await reviewer.post(f"/console/reviews/{record}/waive", data={**form, "reason": " "})
    assert empty.status_code == 422
    assert "免除须写明原因" in empty.text
    answer = await reviewer.post(f"/console/reviews/{record}/waive", data={**form, "reason": "手机摔坏"})
    assert answer.status_code == 303
    page = (await reviewer.get(answer.headers["location"])).text
    assert "手机摔坏" in page
    assert "未联署" not in page
    assert (await reviewer.post(f"/console/reviews/{record}/approve", data={"comment": ""})).status_code == 303
    assert (await (await county("auditor")).post(f"/console/reviews/{record}/waive", data={**form, "reason": "x"})).status_code == 403


async def test_a_co_signed_record_says_so(county):
    reviewer = await county("reviewer")
    page = (await reviewer.get(f"/console/reviews/{await waiting(reviewer)}")).text
    assert "提交并签名" in page
    assert "已联署" in page
    await reviewer.get("/console", params={"lang": "en"})


async def test_the_copy_is_shown_and_the_original_is_one_link_away(county):
    reviewer = await county("reviewer")
    answer = await reviewer.get(f"/console/reviews/{await waiting(reviewer)}")
    assert "media-src 'self'" in answer.headers["content-security-policy"], "voice notes play"
    shown, original = re.search(r'href="(\S+)" data-photo data-original="(\S+)"', answer.text).groups()
    assert shown != original
    assert f'<img src="{shown}?small=true"' in answer.text
    assert "位置未核实：没有定位" in answer.text
    for place in (shown, original):
        assert (await reviewer.get(place)).headers["content-type"] == "image/webp"
    assert (await (await county("")).get(original)).status_code == 303, "nobody else"


async def test_managers_and_inspectors_do_not_read_records(county):
    record = await waiting(await county("reviewer"))
    for who in ("manager", "inspector"):
        assert (await (await county(who)).get(f"/console/reviews/{record}")).status_code == 403
    assert (await (await county("auditor")).get(f"/console/reviews/{record}")).status_code == 200


async def test_the_record_comes_as_a_file_that_proves_itself(county, tmp_path):
    reviewer = await county("reviewer")
    page = (await reviewer.get("/console/reviews", params={"show": "approved"})).text
    record = re.search(r"/console/reviews/[0-9a-f-]{36}", page)[0]
    assert f'{record}/record.zip"' in (await reviewer.get(record)).text
    answer = await reviewer.get(f"{record}/record.zip")
    assert answer.headers["content-type"] == "application/zip"
    file = tmp_path / "record.zip"
    file.write_bytes(answer.content)
    assert {c.code for c in verify(file) if c.ok is False} == set()
    manager = await county("manager")
    assert (await manager.get(f"{record}/record.zip")).status_code == 403
