"""The complaint's form and the page behind its code: without a script, in both languages, nothing typed is lost, nothing is found by guessing."""

from __future__ import annotations

import io
import re
from uuid import uuid4

from PIL import Image

from backend.storage.engine import connection, transaction
from tests.usecases.test_tips import WORDS, picture
from tests.web.public.test_evaluate import fields

CODE = re.compile(r'id="code">([A-Z2-9]{4}(?:-[A-Z2-9]{4}){3})<')
GIVEN = {"category": "food", "enterprise_name": "街角小超市", "county": "530302", "place": "一楼冷柜", "text": WORDS, "identity": "anonymous"}


async def form(browser, path="/complain"):
    page = await browser.get(path)
    assert page.status_code == 200, page.text[:300]
    return fields(page.text)


async def send(browser, *, path="/complain", files=(), **changed):
    given = {**await form(browser, path), **GIVEN, **changed}
    return await browser.post(path, data=given, files=[("photos", f) for f in files] or None)


def photo(name="a.jpg", shade=10) -> tuple[str, bytes, str]:
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    exif.get_ifd(0x8825)[2] = (25.0, 29.0, 0.0)
    out = io.BytesIO()
    Image.new("RGB", (640, 480), (shade, 120, 80)).save(out, "JPEG", exif=exif)
    return name, out.getvalue(), "image/jpeg"


async def test_from_the_form_to_the_answer_under_the_code(county):
    browser = await county("")
    page = (await browser.get("/complain")).text
    assert "<script" not in page.partition("<main")[2]
    done = await send(browser, files=[photo(), photo("b.jpg", 200)])
    assert done.status_code == 200, done.text
    code = CODE.search(done.text)[1]
    assert done.headers["cache-control"] == "no-store"
    followed = await browser.post("/complain/track", data={**await form(browser, "/complain/track"), "code": code.lower().replace("-", " ")})
    for words in (WORDS, "待受理", "附照片 2 张", "街角小超市", "还没有答复"):
        assert words in followed.text, words
    hidden = fields(followed.text)
    added = await browser.post("/complain/track/add", data={**hidden, "text": "今天又看见在卖"})
    assert "已收到您的补充" in added.text and "今天又看见在卖" in added.text
    again = await browser.post("/complain/track/add", data={**hidden, "text": "今天又看见在卖"})
    assert again.text.count("今天又看见在卖") == 1
    english = (await browser.post("/complain/track?lang=en", data={**hidden, "code": code})).text
    for words in ("To be decided on", "No answer yet", "Decision whether it is accepted by"):
        assert words in english, words


async def test_photos_are_kept_without_what_their_files_said_of_place_and_phone(county):
    browser = await county("")
    await send(browser, files=[photo()])
    async with transaction():
        content = bytes(await connection().fetchval("select p.content from received_file p join tip t on t.id = p.subject order by t.filed_at desc limit 1"))
    assert b"SecretPhone" not in content
    with Image.open(io.BytesIO(content)) as image:
        assert not image.getexif()


async def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(county):
    browser = await county("")
    for changed, words in (
        ({"category": ""}, "反映的问题"),
        ({"text": "太短"}, "事情经过"),
        ({"county": ""}, "区县"),
        ({"enterprise_name": ""}, "企业名称"),
        ({"category": "bribe"}, "执法人员姓名"),
        ({"category": "consumer"}, "姓名"),
        ({"identity": "named", "name": "赵女士"}, "联系电话"),
        ({"website": "http://spam"}, "请勿填写"),
    ):
        answer = await send(browser, **changed)
        assert answer.status_code == 422, changed
        alert = re.search(r'role="alert" id="error"><p>([^<]+)', answer.text)[1]
        assert alert.startswith(words), alert
        if "text" not in changed:
            assert WORDS in answer.text
    refused = await send(browser, files=[("假日.jpg", b"MZ not a photo", "image/jpeg")])
    assert refused.status_code == 422
    assert "假日.jpg" in refused.text and WORDS in refused.text
    many = await send(browser, files=[photo(f"{n}.jpg", n) for n in range(5)])
    assert many.status_code == 422 and "最多 4 张" in many.text
    english = await send(browser, path="/complain?lang=en", text="short")
    assert "What happened: say when, where and what happened" in english.text


async def test_large_photos_fit_and_too_large_ones_are_named(county):
    browser = await county("")
    out = io.BytesIO()
    Image.effect_noise((3600, 2700), 90).convert("RGB").save(out, "JPEG", quality=97)
    raw = out.getvalue()
    assert 6_000_000 < len(raw) < 12_000_000, "as a phone makes them: two of these are more than one request may usually hold"
    done = await send(browser, files=[("a.jpg", raw, "image/jpeg"), ("b.jpg", raw, "image/jpeg")])
    assert done.status_code == 200, done.text[:300]
    huge = await send(browser, files=[("huge.jpg", raw + b"\0" * 12_000_000, "image/jpeg")])
    assert huge.status_code == 413 and "huge.jpg" in huge.text and WORDS in huge.text


async def test_the_doors_form_knows_its_enterprise(county):
    browser = await county("")
    async with transaction():
        shop = await connection().fetchrow("select name, code, qr_token, region from enterprise where status = 'active' order by code limit 1")
    path = f"/e/{shop['qr_token']}/complain"
    assert shop["name"] in (await browser.get(path)).text
    done = await send(browser, path=path, enterprise_name="另一家", county="530381")
    assert done.status_code == 200
    async with transaction():
        row = await connection().fetchrow("select enterprise_code, enterprise_name, county from tip order by filed_at desc limit 1")
    assert tuple(row) == (shop["code"], shop["name"], shop["region"]), "what the code on the door says stands"
    assert (await browser.get("/e/nosuchtoken/complain")).status_code == 404


async def test_who_chose_to_be_anonymous_is_whatever_the_browser_filled_in(county):
    browser = await county("")
    await send(browser, name="赵女士", phone="13900000000")
    async with transaction():
        assert await connection().fetchval("select contact from tip order by filed_at desc limit 1") is None


async def test_a_repeat_shows_the_same_code_and_other_words_under_the_same_form_do_not(county):
    browser = await county("")
    given = {**await form(browser), **GIVEN}
    one, two = [CODE.search((await browser.post("/complain", data=given)).text)[1] for _ in range(2)]
    assert one == two
    other = await browser.post("/complain", data={**given, "text": WORDS + "，又一次"})
    assert other.status_code == 409 and not CODE.search(other.text)


async def test_codes_are_not_found_by_guessing(county):
    browser = await county("")
    hidden = await form(browser, "/complain/track")
    for bad in ("", "ABCD", "ABCD-EFGH-JKMN-PQRS", "甲" * 16):
        answer = await browser.post("/complain/track", data={**hidden, "code": bad})
        assert answer.status_code == 404 and "没有这个查询码" in answer.text
    for _ in range(30):
        answer = await browser.post("/complain/track", data={**hidden, "code": "ABCDEFGHJKMNPQRS"})
    assert answer.status_code == 429
    added = await browser.post("/complain/track/add", data={**hidden, "code": "ABCDEFGHJKMNPQRS", "id": str(uuid4()), "text": "盲猜一个"})
    assert added.status_code == 429


async def test_a_flood_of_filings_from_one_place_is_stopped_and_says_so(county):
    browser = await county("")
    given = {**await form(browser), **GIVEN}
    seen = {(await browser.post("/complain", data={**given, "id": str(uuid4())})).status_code for _ in range(17)}
    assert seen == {200, 429}
    async with transaction():
        assert await connection().fetchval("select count(*) from tip where enterprise_name = '街角小超市'") == 15


async def test_a_paper_is_no_photo(county):
    browser = await county("")
    refused = await send(browser, files=[("a.jpg", b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n", "image/jpeg")])
    assert refused.status_code == 422 and "只接受照片" in refused.text


async def test_a_small_picture_of_another_kind_is_taken_by_its_content(county):
    browser = await county("")
    out = io.BytesIO()
    Image.open(io.BytesIO(picture())).save(out, "PNG")
    assert (await send(browser, files=[("holiday.exe", out.getvalue(), "application/octet-stream")])).status_code == 200
