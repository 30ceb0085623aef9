"""The register in the database: bulk changes by code, searching, scope."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date

import pytest

from backend.kernel.errors import NotFound
from backend.kernel.scope import EVERYTHING, Scope
from backend.registry import queries, search, service
from backend.registry.queries import Count, Filter
from backend.registry.rules import EnterpriseDraft, check_row, make_uscc
from backend.storage.engine import transaction

QILIN, ZHANYI = "530302", "530303"


def draft(number: int, name: str, region: str = QILIN, **fields: str) -> EnterpriseDraft:
    code = make_uscc("91" + region, f"YQ{number:06d}")
    found = check_row({"code": code, "name": name, "region": region, "industry": "6210", "credit_class": "C", "phone": "0874-1", **fields})
    assert isinstance(found, EnterpriseDraft), found
    return found


async def put(*drafts: EnterpriseDraft, **options: object) -> service.Taken:
    async with transaction():
        return await service.put_enterprises(drafts, **options)  # type: ignore[arg-type]


async def test_the_code_tables_fill_once_and_keep_what_the_office_edits(db):
    for _ in range(2):
        async with transaction():
            await service.load_regions()
            await service.load_industries()
    regions = await queries.list_regions()
    assert {QILIN, ZHANYI, "5303K1"} <= {r.code for r in regions}
    assert [c.code for c in await queries.list_counties(Scope(None, QILIN))] == [QILIN]
    assert (await queries.load_codebook()).find_industry("6210") is not None


async def test_a_second_run_changes_only_what_differs_and_keeps_the_qr_token(db):
    first, second = draft(1, "麒麟饭店"), draft(2, "沾益超市", ZHANYI)
    assert await put(first, second) == service.Taken(new=2, changed=0, same=0)
    before = await queries.list_by_codes([first.code, second.code])
    assert await put(replace(first, name="麒麟大饭店"), second) == service.Taken(new=0, changed=1, same=1)
    after = await queries.list_by_codes([first.code, second.code])
    assert after[first.code].version == 2
    assert after[first.code].name == "麒麟大饭店"
    assert after[second.code] == before[second.code]
    assert after[first.code].qr_token == before[first.code].qr_token
    found = await queries.find_by_token(before[first.code].qr_token)
    assert found is not None
    assert found.id == before[first.code].id


async def test_what_a_file_does_not_say_stays(db):
    old = draft(1, "麒麟饭店", established_on="2014-03-05")
    await put(old)
    silent = draft(1, "麒麟饭店", credit_class="", phone="")
    assert await put(silent, said=[set()]) == service.Taken(new=0, changed=0, same=1)
    kept = (await queries.list_by_codes([old.code]))[old.code]
    assert (kept.credit_class, kept.phone, kept.established_on) == ("C", "0874-1", date(2014, 3, 5))
    fresh = draft(2, "新店", credit_class="", phone="")
    await put(fresh, said=[set()])
    made = (await queries.list_by_codes([fresh.code]))[fresh.code]
    assert (made.credit_class, made.status, made.kind, made.phone) == ("B", "active", "company", "")


async def test_an_enterprise_of_another_region_is_not_taken_over(db):
    await put(draft(1, "沾益超市", ZHANYI))
    moved = replace(draft(1, "沾益超市", ZHANYI), region=QILIN)
    with pytest.raises(service.RegionNotYours):
        await put(moved, region=QILIN)
    assert (await queries.list_by_codes([moved.code]))[moved.code].region == ZHANYI


async def test_two_bulk_changes_at_once_both_count(db):
    drafts = [draft(n, f"店{n}") for n in range(50)]
    done = await asyncio.gather(put(*drafts), put(*drafts))
    assert sorted(t.new for t in done) == [0, 50]
    assert await search.count_enterprises(EVERYTHING, Filter()) == Count(50, True)


async def test_search_by_name_code_filters_and_scope(db):
    await put(draft(1, "麒麟饭店"), draft(2, "沾益 100% 超市", ZHANYI, industry="5212"), draft(3, "阿里饭店"))
    city = Scope("scjg", "5303")
    names = [e.name for e in (await search.search_enterprises(city, Filter(text="饭店"))).rows]
    assert names == ["阿里饭店", "麒麟饭店"]  # by pinyin
    code = draft(2, "x", ZHANYI).code
    assert [e.name for e in (await search.search_enterprises(city, Filter(text=code[:14].lower()))).rows] == ["沾益 100% 超市"]
    assert [e.name for e in (await search.search_enterprises(city, Filter(text="100%"))).rows] == ["沾益 100% 超市"]
    assert (await search.search_enterprises(city, Filter(text="1_0"))).rows == []
    assert await search.count_enterprises(city, Filter(industry="5212", status="active")) == Count(1, True)
    mine = Scope("scjg", QILIN)
    assert await search.count_enterprises(mine, Filter(county=ZHANYI)) == Count(0, True)
    other = (await queries.list_by_codes([code]))[code]
    with pytest.raises(NotFound):
        await queries.find_enterprise(other.id, mine)
    assert (await queries.find_enterprise(other.id, city)).code == code


async def test_pages_follow_each_other_without_gap_or_overlap(db):
    await put(*(draft(n, "同名饭店") for n in range(7)))
    seen, after = [], ""
    for _ in range(4):
        page = await search.search_enterprises(EVERYTHING, Filter(), after=after, limit=2)
        seen += [e.id for e in page.rows]
        after = page.next or ""
    assert after == ""
    assert len(seen) == len(set(seen)) == 7
    assert len((await search.search_enterprises(EVERYTHING, Filter(), after="nonsense", limit=99)).rows) == 7
