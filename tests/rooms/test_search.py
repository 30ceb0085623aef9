"""Finding enterprises: every way to find one, the same answer by every route, pages that neither repeat nor skip, scope."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest

from backend.kernel.scope import EVERYTHING, Scope
from backend.registry import jobs, search, service
from backend.registry.queries import Count, EnterpriseView, Filter, list_by_codes
from backend.registry.rules import EnterpriseDraft, check_row, make_uscc
from backend.registry.search import count_enterprises, count_unindexed, search_enterprises
from backend.storage.engine import connection, reader, transaction
from benchmarks._million import COLUMNS, rows

QILIN, ZHANYI = "530302", "530303"
CITY = Scope(None, "5303")


def draft(number: int, name: str, region: str = QILIN, **fields: str) -> EnterpriseDraft:
    code = make_uscc("91" + region, f"YQ{number:06d}")
    found = check_row({"code": code, "name": name, "region": region, "industry": "6210", **fields})
    assert isinstance(found, EnterpriseDraft), found
    return found


async def put(*drafts: EnterpriseDraft) -> None:
    async with transaction():
        await service.put_enterprises(drafts)


async def names(text: str = "", scope: Scope = CITY, **by: str) -> list[str]:
    return [e.name for e in (await search_enterprises(scope, Filter(text=text, **by))).rows]


@pytest.fixture
async def shops(db) -> list[EnterpriseDraft]:
    drafts = [
        draft(1, "曲靖市麒麟区鸿运饭店", legal_rep="张建国", address="云南省曲靖市麒麟区南宁东路12号"),
        draft(2, "重庆火锅（曲靖店）", ZHANYI, legal_rep="李娜", credit_class="D", kind="分公司", address="西平街道望海路3号"),
        draft(3, "KFC餐厅", status="吊销", legal_rep="王伟", industry="5212"),
        draft(4, "绿野农家乐", ZHANYI, legal_rep="欧阳雪"),
    ]
    await put(*drafts)
    return drafts


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("鸿运", ["曲靖市麒麟区鸿运饭店"]),
        ("饭店", ["曲靖市麒麟区鸿运饭店"]),
        ("饭", ["曲靖市麒麟区鸿运饭店"]),
        ("曲靖", ["重庆火锅（曲靖店）", "曲靖市麒麟区鸿运饭店"]),
        ("quji", ["重庆火锅（曲靖店）", "曲靖市麒麟区鸿运饭店"]),
        ("qujing", ["重庆火锅（曲靖店）", "曲靖市麒麟区鸿运饭店"]),
        ("qjs", ["曲靖市麒麟区鸿运饭店"]),
        ("QJ", ["重庆火锅（曲靖店）", "曲靖市麒麟区鸿运饭店"]),
        ("chongqing", ["重庆火锅（曲靖店）"]),  # not zhongqing: the reading of the word
        ("hongyunfandian", ["曲靖市麒麟区鸿运饭店"]),
        ("lvye", ["绿野农家乐"]),
        ("ongyun", []),  # a sound begins with a syllable
        ("张建国", ["曲靖市麒麟区鸿运饭店"]),
        ("南宁东路", ["曲靖市麒麟区鸿运饭店"]),
        ("望海路3号", ["重庆火锅（曲靖店）"]),
        ("(曲靖", ["重庆火锅（曲靖店）"]),  # half-width bracket for a full-width one
        ("ｋｆｃ", ["KFC餐厅"]),
        ("曲靖 李娜", ["重庆火锅（曲靖店）"]),
        ("火锅 张建国", []),
        ("娜望", []),  # the end of one field and the beginning of the next are no neighbours
        ("%", []),
        ("\\", []),
    ],
)
async def test_ways_to_find(shops, text, found):
    assert await names(text) == found
    assert await count_enterprises(CITY, Filter(text=text)) == Count(len(found), True)


async def test_by_code_whole_beginning_and_lower_case(shops):
    code = shops[0].code
    for text in (code, code[:11], code.lower(), f" {code[:9]} {code[:4]}"):
        assert "曲靖市麒麟区鸿运饭店" in await names(text), text
    assert await names(code[1:]) == []


async def test_by_every_length_of_a_code_and_of_a_sound(shops):
    code, name = shops[0].code, "曲靖市麒麟区鸿运饭店"
    for n in range(2, 19):
        assert name in await names(code[:n]), n
        assert name not in await names(code[: n - 1] + ("0" if code[n - 1] != "0" else "1")), n
    sound = "qujingshiqilinquhongyunfandian"
    for n in range(2, len(sound) + 1):
        assert name in await names(sound[:n]), n
        assert (name in await names(sound[:n] + "z")) is False, n
    # Letters apart are syllables too: eight letters may be as many of them.
    await put(draft(9, "A B C D E F G HI 商店"))
    assert await names("abcdefghi") == ["A B C D E F G HI 商店"]


async def test_facets_each_and_together(shops):
    assert await names(status="revoked") == ["KFC餐厅"]
    assert await names(kind="branch") == ["重庆火锅（曲靖店）"]
    assert await names(credit_class="D", county=ZHANYI) == ["重庆火锅（曲靖店）"]
    assert await names(credit_class="D", county=QILIN) == []
    assert await names(industry="5212", text="kfc") == ["KFC餐厅"]


async def test_a_change_is_found_at_once_and_the_old_words_no_longer(shops):
    await put(replace(shops[3], name="红旗农家乐", name_key="hong2 qi2 nong2 jia1 le4"))
    assert await names("绿野") == []
    assert await names("hqnjl") == ["红旗农家乐"]


async def test_nobody_finds_what_lies_outside_the_region(shops):
    assert await names("qj", Scope("scjg", ZHANYI)) == ["重庆火锅（曲靖店）"]
    assert await names("", Scope("scjg", ZHANYI), county=QILIN) == []
    assert await names("", Scope("scjg", "5301")) == []
    # An old copy that still says Zhanyi: the enterprise itself decides.
    async with transaction():
        await connection().execute("alter table enterprise disable trigger user")
        await connection().execute("update enterprise set region = $1 where code = $2", QILIN, shops[1].code)
    assert await names("重庆", Scope("scjg", ZHANYI)) == []


async def fill(n: int) -> list[EnterpriseView]:
    async with transaction():
        records = list(rows(n, datetime.now(UTC)))
        await connection().copy_records_to_table("enterprise", records=records, columns=COLUMNS)
    return list((await list_by_codes([r[1] for r in records])).values())


async def walk(by: Filter, scope: Scope = CITY) -> list[EnterpriseView]:
    seen, after = [], ""
    for _ in range(500):
        page = await search_enterprises(scope, by, after=after)
        seen += page.rows
        if not page.next:
            return seen
        after = page.next
    raise AssertionError("endless")


def fits(e: EnterpriseView, by: Filter) -> bool:
    facets = all(wanted in ("", getattr(e, name)) for name, wanted in asdict(by).items() if name not in ("text", "county"))
    sound = re.sub(r"([a-z])[1-5](?= |$)", r"\1", e.name_key)
    initials = "".join(part[0] for part in sound.split())
    text = by.text in e.name + "\n" + e.legal_rep + "\n" + e.address or by.text in initials or e.code.startswith(by.text)
    tails = ["".join(sound.split()[i:]) for i in range(len(sound.split()))]
    return facets and by.county in ("", e.region) and (text or (by.text.isascii() and any(t.startswith(by.text) for t in tails)))


QUERIES = [
    Filter(),
    Filter(county="530381"),
    Filter(status="active"),
    Filter(status="deregistered", kind="individual", credit_class="D"),
    Filter(industry="6210", county="530302"),
    Filter(text="有限公司"),
    Filter(text="云南"),
    Filter(text="张"),
    Filter(text="qjs"),
    Filter(text="qu"),
    Filter(text="xuan", status="deregistered"),
    Filter(text="9153"),
    Filter(text="交通路"),
]


@pytest.mark.parametrize(
    ("few", "stride", "blocks"),
    # 200 blocks are the whole table, 20 a part of it.
    [(6000, 8000, 200), (1, 8000, 200), (50, 300, 20), (50, 60, 200), (6000, 8000, 20), (1, 8000, 20), (50, 60, 20)],
)
async def test_every_route_gives_the_same_answer_in_order(db, monkeypatch, few, stride, blocks):
    """All by the index of grams; all by walking; mixtures with short strides: what a plain look at each row gives, or the page says that it is cut."""
    monkeypatch.setattr(search, "FEW", few)
    monkeypatch.setattr(search, "STRIDE", stride)
    monkeypatch.setattr(search, "BLOCKS", blocks)
    everything = await fill(4000)
    async with transaction():
        await connection().execute("analyze enterprise_search")
    for by in QUERIES:
        wanted = sorted((e.name_key, e.id) for e in everything if (fits(e, by) if by.text != "张" else "张" in e.name))
        first = await search_enterprises(CITY, by)
        found = [(e.name_key, e.id) for e in await walk(by)]
        assert found == sorted(set(found)), by
        if first.is_cut:
            assert set(found) <= set(wanted), by
            assert len(found) > 50, by
        else:
            assert found == wanted, by
        count = await count_enterprises(CITY, by)
        assert count == first.count
        assert count.n == len(wanted) if count.is_exact else abs(count.n - len(wanted)) < 0.5 * len(wanted), (by, count)


async def test_a_large_file_waits_for_the_worker_and_is_found_after_it(db):
    everything = await fill(5001)
    assert await count_unindexed() == 5001
    assert (await search_enterprises(EVERYTHING, Filter())).rows == []
    while await jobs.index_some():
        pass
    assert await count_unindexed() == 0
    assert {e.id for e in await walk(Filter(status="active"))} == {e.id for e in everything if e.status == "active"}
    assert await reader().fetchval("select count(*) from enterprise_search") == 5001


async def test_the_worker_never_puts_an_older_copy_over_a_newer_one(shops):
    e = (await list_by_codes([shops[0].code]))[shops[0].code]
    async with transaction():
        await connection().execute("update enterprise_search set version = 9, hay = 'newer' where enterprise = $1", e.id)
        await connection().execute("insert into enterprise_unindexed (enterprises, n) values (array[$1::uuid], 1)", e.id)
    assert await jobs.index_some()
    assert await reader().fetchval("select hay from enterprise_search where enterprise = $1", e.id) == "newer"


async def test_a_cursor_that_was_tampered_with_means_the_first_page(shops):
    for after in ("nonsense", "AAAA", "eA==", "/" * 40):
        assert len((await search_enterprises(CITY, Filter(), after=after)).rows) == 4
