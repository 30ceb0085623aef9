"""双公示 files by name: penalties and permits become facts of dossiers, once, with source and day; strangers are row errors."""

from __future__ import annotations

import json
from datetime import date
from uuid import uuid4

import pytest

from backend.exchange import queries
from backend.facts.queries import list_facts
from backend.kernel import clock
from backend.people.rules import Principal
from backend.registry import queries as registry
from backend.registry.service import load_industries, load_regions
from backend.storage.engine import aside, transaction
from backend.usecases import import_registry
from tests.usecases.test_import import CITY, code, person, read, register, work

CF = ["CF_WSH", "CF_XDR_MC", "CF_XDR_SHXYM", "CF_CFMC", "CF_CFLB1", "CF_CFLB2", "CF_SY", "CF_JDRQ", "CF_XZJG", "CF_ZT", "SJC"]
XK = ["行政许可决定书文号", "行政相对人名称", "行政相对人代码－1（统一社会信用代码）", "行政相对人代码_5（居民身份证号）", "许可证书名称", "许可截止期"]
ID_CARD = "362322198709086409"


async def read_facts(data: bytes, by: Principal, kind: str, filename: str = "双公示.csv") -> queries.BatchView:
    async def chunks():
        yield data

    batch_id = await import_registry.upload(chunks(), filename=filename, by=by, kind=kind)
    await work()
    return await queries.find_batch(batch_id, by.scope)


async def apply(batch: queries.BatchView, by: Principal) -> queries.BatchView:
    await import_registry.ask_apply(batch.id, by=by)
    await work()
    return await queries.find_batch(batch.id, by.scope)


def penalty(number: int, no: str, name: str = "麒麟饭店", **more: str) -> list[str]:
    row = dict(zip(CF, [no, name, code(number), "无证经营案", "罚款", "没收违法所得", "无证", "2026/3/5", "麒麟区市场监管局", "0", "2026-06-01"], strict=True))
    return list((row | more).values())


@pytest.fixture
async def who(db) -> Principal:
    async with transaction():
        await load_regions()
        await load_industries()
    who = person()
    await apply(await read(register([code(1), "麒麟饭店", "麒麟区", "6210"], [code(2), "沾益超市", "沾益区", "5212"]), who), who)
    return who


async def test_penalties_become_facts_once(who):
    data = register(penalty(1, "麒市监罚〔2026〕1号"), penalty(2, "沾市监罚〔2026〕2号"), headers=CF)
    batch = await read_facts(data, who, "penalties", "处罚六月.csv")
    assert (batch.state, batch.new, batch.bad) == ("previewed", 2, 0)
    applier = person()
    done = await apply(batch, applier)
    assert (done.state, done.account, done.applied_by) == ("applied", who.account_id, applier.account_id)
    e = (await registry.list_by_codes([code(1)]))[code(1)]
    [fact] = (await list_facts(e.id, CITY)).penalties
    assert (fact.document_no, fact.category, fact.decided_on, fact.state) == ("麒市监罚〔2026〕1号", "罚款；没收违法所得", date(2026, 3, 5), "正常")
    assert (fact.source, fact.department, fact.as_of, fact.version) == ("处罚六月.csv", "scjg", date(2026, 6, 1), 1)
    rows = await aside().fetch("select p.payload from ledger_entry e join ledger_payload p using (entry_id) where e.type = 'facts.imported'")
    assert [json.loads(r["payload"])["new"] for r in rows] == [2]

    again = await read_facts(data, who, "penalties")
    assert (again.new, again.changed, again.same) == (0, 0, 2)
    # What is told anew and differs is a change; what is older than what is told already is refused.
    withdrawn, older = penalty(1, "麒市监罚〔2026〕1号", CF_ZT="1", SJC="2026-07-01"), penalty(2, "沾市监罚〔2026〕2号", CF_SY="别的", SJC="2026-05-01")
    news = register(withdrawn, older, headers=CF)
    changed = await read_facts(news, who, "penalties", "处罚七月.csv")
    assert (changed.changed, changed.bad) == (1, 1)
    [row] = await queries.list_rows(changed.id, "changed")
    assert row.changes == {"state": ["正常", "撤销"]}
    await apply(changed, who)
    [fact] = (await list_facts(e.id, CITY)).penalties
    assert (fact.state, fact.version, fact.source) == ("撤销", 2, "处罚七月.csv")

    await import_registry.ask_undo(changed.id, by=who)
    await work()
    [fact] = (await list_facts(e.id, CITY)).penalties
    assert (fact.state, fact.source, fact.as_of) == ("正常", "处罚六月.csv", date(2026, 6, 1))
    assert (await queries.find_batch(changed.id, CITY)).undo == {"removed": 0, "restored": 1, "kept": 0}


async def test_an_undone_file_leaves_no_fact_but_those_told_anew(who):
    first = await apply(await read_facts(register(penalty(1, "甲1"), penalty(1, "甲2"), headers=CF), who, "penalties"), who)
    later = register(penalty(1, "甲2", CF_SY="补充", SJC="2026-08-01"), headers=CF)
    await apply(await read_facts(later, who, "penalties"), who)
    await import_registry.ask_undo(first.id, by=who)
    await work()
    e = (await registry.list_by_codes([code(1)]))[code(1)]
    assert [f.document_no for f in (await list_facts(e.id, CITY)).penalties] == ["甲2"]
    assert (await queries.find_batch(first.id, CITY)).undo == {"removed": 1, "restored": 0, "kept": 1}
    [kept] = await queries.list_kept(first.id)
    assert (kept.values["document_no"], kept.undo) == ("甲2", "changed")


async def test_strangers_persons_and_doubles_are_row_errors_that_say_so(who):
    rows = [
        penalty(7, "乙1"), penalty(1, "乙2", CF_XDR_SHXYM=""), penalty(1, "乙3", CF_XDR_SHXYM=ID_CARD), penalty(1, "乙4"), penalty(1, "乙4"),
        penalty(1, "", CF_JDRQ="2026-02-30"), penalty(1, "乙5", CF_JDRQ="2099-01-01"),
    ]  # fmt: skip
    batch = await read_facts(register(*rows, headers=CF), who, "penalties")
    assert (batch.new, batch.bad) == (1, 6)
    bad = await queries.list_rows(batch.id, "bad")
    assert [sorted(e["reason"] for e in row.errors) for row in bad] == [["unknown"], ["blank"], ["id-card"], ["duplicate"], ["blank", "not-a-date"], ["future"]]
    assert "请先导入名录" in bad[0].errors[0]["zh"]
    mine = await read_facts(register(penalty(2, "丙1"), headers=CF), Principal(uuid4(), "m", "m", "manager", "scjg", "530302", None), "penalties")
    assert (mine.new, mine.bad) == (0, 1)


async def test_permits_map_by_alias_and_no_id_card_is_kept(who):
    rows = [
        ["JY1", "麒麟饭店", code(1), "", "食品经营许可证", "9999-09-09"],
        ["JY2", "沾益超市", code(2), ID_CARD, "食品经营许可证", "2031年5月4日"],
        ["JY3", "张三", "", "362322198709086", "某证", "长期"],
        ["JY4", "李四", "", "不是号码12345", "某证", "长期"],
    ]
    data = register(*rows, headers=XK)
    batch = await read_facts(data, who, "permits")
    assert (batch.new, batch.bad) == (2, 2)
    assert [c["field"] for c in batch.columns][:4] == ["document_no", "party", "code", None]
    await apply(batch, who)
    ids = await registry.list_by_codes([code(1), code(2)])
    assert [(await list_facts(ids[code(n)].id, CITY)).permits[0].valid_to for n in (1, 2)] == [None, date(2031, 5, 4)]
    tables = ("import_batch", "import_row", "permit", "penalty")
    everything = "".join([str(await aside().fetch(f"select t::text from {table} t")) for table in tables])
    for secret in (ID_CARD, "362322198709086", "12345"):
        assert secret not in everything.replace(batch.file_sha256, "")
    assert not (await aside().fetch("select 1 from import_batch where state = 'reading'"))


async def test_the_upload_itself_goes_once_it_is_not_read_any_more(who, home):
    batch = await read_facts(register(penalty(1, "丁1"), headers=CF), who, "penalties")
    assert (home / "imports" / batch.file_sha256).exists()
    await apply(batch, who)
    assert not (home / "imports" / batch.file_sha256).exists()


async def test_as_of_is_the_day_of_the_upload_where_the_file_does_not_say(who):
    data = register(["戊1", "麒麟饭店", code(1)], headers=["CF_WSH", "CF_XDR_MC", "CF_XDR_SHXYM"])
    await apply(await read_facts(data, who, "penalties"), who)
    e = (await registry.list_by_codes([code(1)]))[code(1)]
    assert [f.as_of for f in (await list_facts(e.id, CITY)).penalties] == [clock.today()]
