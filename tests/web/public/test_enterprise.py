"""The page behind the code on a door: what each code shows, how little it weighs, and what nobody learns from it."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from backend.placards import queries, signing
from backend.registry.queries import Filter, list_by_codes
from backend.storage.engine import connection, transaction
from backend.usecases.placards import Choice, issue_placards, revoke_placard
from tests.usecases.test_placards import some_codes
from tests.usecases.test_records import principal
from tests.web.public.test_public import CHINESE

BUDGET = 50_000


async def rows(sql: str, *args):
    async with transaction():
        return await connection().fetch(sql, *args)


async def issue(code: str, **how) -> queries.PlacardView:
    batch = uuid4()
    await issue_placards(batch, Choice("sticker", Filter(), code, **how), by=await principal("manager"))
    return (await queries.list_of_batch(batch))[0]


async def fullest() -> str:
    """The credit code of the demo's enterprise with the most to tell."""
    found = await rows(
        "select e.code from enterprise e order by (select count(*) from publication p where p.enterprise = e.id)"
        " + (select count(*) from penalty p where p.enterprise = e.id) + (select count(*) from permit p where p.enterprise = e.id)"
        " + 2 * (select count(*) from rectification_order o where o.enterprise = e.id) desc, e.code limit 1"
    )
    return str(found[0]["code"])


async def test_old_and_revoked_cards_lead_on_with_a_word(county):
    anyone, manager, [code] = await county(""), await principal("manager"), await some_codes(1)
    (e,) = (await list_by_codes([code])).values()
    first_look = await anyone.get(f"/e/{e.qr_token}")
    assert first_look.status_code == 200
    assert "没有防伪签名，仍可使用" in first_look.text
    assert "没有防伪签名" not in (await anyone.get(f"/e/{e.qr_token}?via=officer")).text
    old, new = await issue(code), await issue(code, is_reissue=True)
    for address, target, word in (
        (e.qr_token, f"/e/{new.code}?card=old", "已由新码牌取代"),
        (f"{e.qr_token}?via=paper", f"/e/{new.code}", ""),
        (f"{e.qr_token}?lang=en", f"/e/{new.code}?card=old&lang=en", "replaced by a new one"),
        (old.code, f"/e/{new.code}?card=revoked", "您扫的码牌已停用"),
    ):
        answer = await anyone.get(f"/e/{address}")
        assert (answer.status_code, answer.headers["location"]) == (303, target)
        page = await anyone.get(target if "lang" in target else f"{target}{'&' if '?' in target else '?'}lang=zh")
        assert page.status_code == 200
        assert word in page.text
        assert e.name in page.text
    straight = (await anyone.get(f"/e/{new.code}?lang=zh")).text
    assert "已核对防伪签名" in straight
    assert new.serial in straight
    assert 'class="note warn" role="status"' not in straight
    await revoke_placard(new.id, ground="moved", reason="店铺搬走了", by=manager)
    gone = await anyone.get(f"/e/{new.code}")
    assert gone.headers["location"] == f"/e/{e.qr_token}?card=revoked"
    assert "您扫的码牌已停用" in (await anyone.get(gone.headers["location"])).text


async def test_a_card_word_comes_only_from_our_own_list(county):
    anyone = await county("")
    [code] = await some_codes(1)
    placard = await issue(code)
    for card in ("nonsense", "<script>", "old&card=x"):
        assert (await anyone.get(f"/e/{placard.code}", params={"card": card})).status_code == 200
        assert "<script>alert" not in (await anyone.get(f"/e/{placard.code}", params={"card": card})).text


async def test_a_misused_code_warns_and_leads_nowhere(county):
    anyone, manager, [code] = await county(""), await principal("manager"), await some_codes(1)
    placard = await issue(code)
    await revoke_placard(placard.id, ground="abuse", reason="贴在某某无证摊点（内部线索）", by=manager)
    answer = await anyone.get(f"/e/{placard.code}")
    assert answer.status_code == 410
    assert "因被冒用已停用" in answer.text
    assert placard.serial in answer.text
    assert placard.enterprise_name in answer.text
    assert "内部线索" not in answer.text, "why stays inside the office"
    assert f"/e/{placard.code}" not in answer.text
    (e,) = (await list_by_codes([code])).values()
    assert e.qr_token not in answer.text, "it leads nowhere, not even by its source"
    refused = await anyone.post(f"/e/{placard.code}/recusal", data={"officer": "张三", "reason": "亲属"})
    assert refused.status_code == 404


@pytest.mark.parametrize(
    ("code", "words"),
    [("1" + "a" * 26, "这不是本站签发的企业码"), ("nosuchcode", "这不是本站签发的企业码"), ("a" * 26, "没有找到这个企业码"), ("", "")],
)
async def test_codes_that_are_none_are_told_apart_and_say_whom_to_call(county, code, words):
    anyone = await county("")
    answer = await anyone.get(f"/e/{code or signing.code_of('a' * 16)}")
    assert answer.status_code == 404
    assert (words or "没有找到这个企业码") in answer.text
    assert "12345" in answer.text
    english = (await anyone.get(f"/e/{code or signing.code_of('a' * 16)}?lang=en")).text
    assert set(CHINESE.findall(english.replace("中文", ""))) == set()


async def test_the_fullest_page_has_everything_and_needs_no_script(county):
    anyone = await county("")
    placard = (await queries.find_current((await list_by_codes([await fullest()]))[await fullest()].id)) or await issue(await fullest())
    page = (await anyone.get(f"/e/{placard.code}")).text
    for part in ("year", "results", "services", "permits", "penalties", "registration", "placard"):
        assert f'id="{part}"' in page, part
    assert "责令改正" in page
    assert "<script" not in page
    (e,) = (await list_by_codes([placard.enterprise_code])).values()
    assert e.legal_rep not in page
    assert e.phone not in page
    assert e.qr_token not in page


async def test_the_page_weighs_less_than_50_kb_with_all_that_it_loads(county):
    """As a browser without JavaScript loads it: every style, icon and picture that the HTML names, as they are sent to one that takes gzip."""
    anyone = await county("")
    code = await fullest()
    (e,) = (await list_by_codes([code])).values()
    async with transaction():  # a page that is fuller than any: everything at its limit
        for table in ("penalty", "permit"):
            columns = [r[0] for r in await connection().fetch("select column_name from information_schema.columns where table_name = $1", table)]
            other = {"id": "gen_random_uuid()", "enterprise": "$1", "document_no": f"'{table}' || g"}
            chosen = ", ".join(other.get(c, c) for c in columns)
            await connection().execute(
                f"insert into {table} ({', '.join(columns)}) select {chosen} from (select * from {table} limit 1) r, generate_series(1, 30) g", e.id
            )
        columns = [r[0] for r in await connection().fetch("select column_name from information_schema.columns where table_name = 'publication'")]
        other = {"id": "gen_random_uuid()", "enterprise": "$1", "inspection": "gen_random_uuid()", "number": "'GS-2026-9' || g"}
        await connection().execute(
            f"insert into publication ({', '.join(columns)}) select {', '.join(other.get(c, c) for c in columns)}"
            " from (select * from publication limit 1) r, generate_series(1, 30) g",
            e.id,
        )
    placard = await queries.find_current(e.id) or await issue(code)
    for language in ("zh", "en"):
        answer = await anyone.get(f"/e/{placard.code}?lang={language}", headers={"accept-encoding": "gzip"})
        assert answer.status_code == 200
        named = set(re.findall(r'<link rel="(?:stylesheet|icon)" href="([^"]+)"', answer.text)) | set(re.findall(r'<img[^>]+src="([^"]+)"', answer.text))
        assert len(named) >= 2
        sent = int(answer.headers.get("content-length") or len(answer.content))
        for address in named:
            async with anyone.stream("GET", address, headers={"accept-encoding": "gzip"}) as part:
                assert part.status_code == 200, address
                sent += sum([len(chunk) async for chunk in part.aiter_raw()])
        assert sent < BUDGET, (language, sent)
        assert "@import" not in answer.text


async def test_a_recusal_is_asked_for_by_a_signed_code(county):
    anyone = await county("")
    visit = (await rows(
        "select e.code, o.inspector, p.name from inspection i join enterprise e on e.id = i.enterprise join inspection_officer o on o.inspection = i.id"
        " join inspector p on p.id = o.inspector where i.state = 'received' order by i.id, o.slot limit 1"
    ))[0]  # fmt: skip
    placard = await issue(visit["code"])
    assert f'href="/e/{placard.code}/recusal"' in (await anyone.get(f"/e/{placard.code}")).text
    assert "<form" in (await anyone.get(f"/e/{placard.code}/recusal")).text
    answer = await anyone.post(f"/e/{placard.code}/recusal", data={"officer": visit["name"], "reason": "曾有纠纷"})
    assert answer.status_code == 200
    assert "已收到" in answer.text
    empty = await anyone.post(f"/e/{placard.code}/recusal", data={"officer": visit["name"], "reason": ""})
    assert visit["name"] in empty.text, "nothing typed is lost"


async def test_a_coming_visit_or_follow_up_is_not_to_be_learnt(county):
    anyone = await county("")
    for found in await rows(
        "select e.qr_token, i.id from inspection i join enterprise e on e.id = i.enterprise where i.state in ('dispatched', 'received') and not exists"
        " (select from publication p where p.enterprise = e.id) limit 4"
    ):
        page = (await anyone.get(f"/e/{found['qr_token']}")).text
        assert "QJ-" not in page
        assert "今年没有已完成的检查" in page
    followed = (await rows(
        "select e.code, c.number from rectification_followup f join inspection i on i.id = f.inspection join campaign c on c.id = i.campaign"
        " join enterprise e on e.id = i.enterprise where i.state = 'dispatched'"
    ))[0]  # fmt: skip
    placard = await queries.find_current((await list_by_codes([followed["code"]]))[followed["code"]].id) or await issue(followed["code"])
    page = (await anyone.get(f"/e/{placard.code}")).text
    assert "责令改正" in page
    assert followed["number"] not in page
    assert "复查时" not in page
