"""An evaluation: once a browser, nothing in the log before its week is over, read by the oversight office and averaged for others."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from backend.evaluations import jobs, queries, rules
from backend.evaluations.queries import EvaluationFilter
from backend.figures import queries as figures
from backend.figures.rules import parse_period
from backend.kernel import clock
from backend.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from backend.kernel.scope import Scope
from backend.limits.rules import TooManyRequests
from backend.notify.queries import list_inbox
from backend.storage.engine import connection, transaction
from backend.usecases import erasing
from backend.usecases.evaluate import evaluate, list_evaluable
from tests.usecases.test_records import principal

FORM = {"certificates": "yes", "scanned": "yes", "gifts": "no", "polite": "4", "clear": "4", "overall": "4", "text": "很专业"}


async def fresh_visit():
    """(token, inspection, department) of a recent visit without evaluations."""
    async with transaction():
        row = await connection().fetchrow(
            "select e.qr_token, i.id, i.department from inspection i join enterprise e on e.id = i.enterprise where i.completed_on >= $1"
            " and i.state in ('submitted', 'published', 'returned') and not exists (select from evaluation v where v.inspection = i.id) order by i.id limit 1",
            clock.today() - timedelta(days=10),
        )
    return row["qr_token"], row["id"], row["department"]


async def say(token, inspection, *, evaluation=None, device="phone", address="a", **changed):
    return await evaluate(token, evaluation or uuid4(), inspection, {**FORM, **changed}, device=device, address=address)


async def count(table: str) -> int:
    async with transaction():
        return int(await connection().fetchval(f"select count(*) from {table}"))


async def test_once_a_browser_the_same_again_is_the_same_and_nothing_is_overwritten(demo):
    token, inspection, _department = await fresh_visit()
    first = uuid4()
    commitment = await say(token, inspection, evaluation=first)
    assert await say(token, inspection, evaluation=first) == commitment, "a second click"
    with pytest.raises(Conflict):
        await say(token, inspection, evaluation=first, overall="1")
    with pytest.raises(rules.AlreadyEvaluated):
        await say(token, inspection, overall="1")
    await say(token, inspection, device="second phone", overall="1")
    await say(token, inspection, device="third phone")
    with pytest.raises(rules.EnoughEvaluations):
        await say(token, inspection, device="fourth phone")


async def test_only_a_visit_of_this_enterprise_whose_officers_were_there_and_only_for_its_days(demo):
    token, inspection, _department = await fresh_visit()
    async with transaction():
        coming = await connection().fetchrow(
            "select e.qr_token, i.id from inspection i join enterprise e on e.id = i.enterprise where i.state in ('dispatched', 'received') limit 1"
        )
    assert coming["id"] not in {v.inspection for v in (await list_evaluable(coming["qr_token"]))[1]}, "who is warned is not inspected"
    for its_token, its_visit in ((coming["qr_token"], coming["id"]), (coming["qr_token"], inspection), (token, uuid4())):
        with pytest.raises(rules.NotEvaluable):
            await say(its_token, its_visit)
    with pytest.raises(NotFound):
        await say("x" * 26, inspection)
    (found,) = [v for v in (await list_evaluable(token))[1] if v.inspection == inspection]
    assert found.until == found.visited_on + timedelta(days=30)
    late = datetime.combine(found.until + timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=4)
    clock.hold(lambda: late)
    with pytest.raises(rules.NotEvaluable):
        await say(token, inspection)
    clock.hold(None)
    with pytest.raises(Invalid):
        await say(token, inspection, overall="9")


async def test_strangers_are_counted_by_where_they_come_from(demo):
    token, inspection, _department = await fresh_visit()
    with pytest.raises(TooManyRequests):
        for _ in range(30):
            try:
                await say(token, inspection, address="flood")
            except rules.AlreadyEvaluated:
                continue
    await say(token, inspection, device="another", address="elsewhere")


async def test_nothing_tells_the_hour_and_nothing_ties_two_evaluations_of_one_phone(demo):
    token, inspection, _department = await fresh_visit()
    entries = await count("ledger_entry")
    await say(token, inspection)
    assert await count("ledger_entry") == entries, "an entry would carry its second"
    other_token, other, _ = await fresh_visit()
    await say(other_token, other)
    async with transaction():
        kinds = await connection().fetch("select column_name, data_type from information_schema.columns where table_name = 'evaluation'")
        devices = await connection().fetch("select device_sha256 from evaluation where inspection = any($1)", [inspection, other])
    assert {k["column_name"] for k in kinds if "time" in k["data_type"]} == set()
    assert {k["column_name"] for k in kinds} & {"account", "person", "contact", "address"} == set()
    assert len({d["device_sha256"] for d in devices}) == 2


async def test_a_week_that_is_over_is_fixed_in_the_log_once_and_in_public(demo):
    token, inspection, _department = await fresh_visit()
    commitment = await say(token, inspection)
    await jobs.seal_what_is_over()
    next_week = datetime.combine(rules.week_of(clock.today()) + timedelta(days=8), datetime.min.time(), UTC)
    clock.hold(lambda: next_week)
    assert await jobs.seal_what_is_over() == 1
    assert await jobs.seal_what_is_over() == 0
    async with transaction():
        row = await connection().fetchrow(
            "select p.payload, p.is_public from ledger_payload p join ledger_entry e using (entry_id) where e.type = 'evaluation.sealed'"
            " order by e.subject desc limit 1"
        )
        kept = await connection().fetchrow("select * from evaluation where commitment = $1", commitment)
    payload = json.loads(row["payload"])
    assert row["is_public"] and commitment in payload["commitments"] == sorted(payload["commitments"])
    answers = rules.Answers(**{name: kept[name] for name in rules.Answers.__dataclass_fields__})
    assert rules.commit(bytes(kept["salt"]), rules.content(inspection, kept["day"], answers)) == commitment, "the row says what was fixed"
    assert str(inspection) not in row["payload"] and "很专业" not in row["payload"]


async def test_only_the_oversight_office_reads_them_one_by_one_whatever_asks(demo):
    token, inspection, department = await fresh_visit()
    await say(token, inspection, text="只给督查室看")
    auditor = await principal("auditor")
    assert "只给督查室看" in {e.text for e in await queries.list_evaluations(auditor, EvaluationFilter(department=department))}
    year = parse_period(str(clock.today().year))
    for name in ("manager", "reviewer", "admin", "manager2", "inspector"):
        person = await principal(name)
        with pytest.raises(Forbidden):
            await queries.list_evaluations(person, EvaluationFilter())
        with pytest.raises(Forbidden):
            await queries.list_averages(person, date(2026, 1, 1), clock.today())
    for scope in (Scope("scjg", "5303"), Scope(None, "5303")):
        with pytest.raises(Forbidden):
            await figures.count(scope, year, ["satisfied"])
        with pytest.raises(Forbidden):
            await figures.list_records(scope, year, "satisfied", figures.RecordFilter())
        assert "satisfied" not in await figures.count(scope, year)


async def at_quarter_end(n_enterprises: int, department: str = "scjg") -> None:
    """So many evaluated visits of other enterprises in the last quarter that is over, and none besides."""
    _first, last = rules.quarters_over(clock.today())[0]
    async with transaction():
        await connection().execute("delete from evaluation")
        visits = await connection().fetch(
            "select distinct on (enterprise) id, enterprise, county from inspection where state = 'published' order by enterprise, id limit $1", n_enterprises
        )
        assert len(visits) == n_enterprises
        for n, v in enumerate(visits):
            await connection().execute(
                "insert into evaluation (id, inspection, enterprise, department, county, day, device_sha256, content_sha256, certificates, scanned, gifts,"
                " polite, clear, overall, text, salt, commitment)"
                " values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, '', true, true, false, 5, 4, $7, '', '', $6)",
                v["id"],
                v["enterprise"],
                department,
                v["county"],
                last,
                f"{n}",
                5 if n % 2 else 3,
            )


@pytest.mark.parametrize(("n", "told"), [(4, False), (5, True)])
async def test_a_department_is_told_an_average_of_enough_enterprises_or_nothing(demo, n, told):
    await at_quarter_end(n)
    for name in ("manager", "reviewer"):
        quarters = await queries.list_quarters(await principal(name))
        assert list(quarters) == ["scjg"]
        assert (quarters["scjg"][0].average is not None) is told
        assert all(q.average is None for q in quarters["scjg"][1:])
    if told:
        average = quarters["scjg"][0].average
        assert average is not None
        assert (average.visits, average.enterprises, average.overall, average.certificates) == (5, 5, 3.8, 100)
    assert list(await queries.list_quarters(await principal("manager2"))) == ["xfjy"], "the own one only"
    assert list(await queries.list_quarters(await principal("admin"))) == (["scjg"] if told else [])


async def test_many_evaluations_of_one_enterprise_are_not_many_enterprises(demo):
    await at_quarter_end(4)
    async with transaction():
        await connection().execute(
            "insert into evaluation select gen_random_uuid(), inspection, enterprise, department, county, day, device_sha256 || 'x', content_sha256,"
            " certificates, scanned, gifts, polite, clear, overall, text, salt, commitment || 'x' from evaluation"
        )
    assert (await queries.list_quarters(await principal("manager")))["scjg"][0].average is None


async def test_how_many_make_an_average_stands_in_the_table(demo):
    await at_quarter_end(5)
    async with transaction():
        await connection().execute("update evaluation_rule set least = 6")
    quarter = (await queries.list_quarters(await principal("manager")))["scjg"][0]
    assert (quarter.least, quarter.average) == (6, None)


async def test_the_running_quarter_tells_a_department_nothing(demo):
    token, inspection, _department = await fresh_visit()
    manager = await principal("manager")
    before = await queries.list_quarters(manager)
    await say(token, inspection)
    assert await queries.list_quarters(manager) == before


async def test_gifts_are_told_to_the_oversight_office_alone_and_not_under_the_visit(demo):
    token, inspection, _department = await fresh_visit()
    await say(token, inspection, gifts="yes")
    auditor = await principal("auditor")
    told = [e for e in await list_inbox(auditor.account_id) if e.kind == "evaluation.grave" and not e.is_read]
    assert told and all(e.inspection is None for e in told)
    async with transaction():
        others = await connection().fetchval("select count(*) from inbox_entry where kind = 'evaluation.grave' and account <> $1", auditor.account_id)
    assert others == 0


async def test_words_have_their_time_and_figures_stay(demo):
    words = "检查员李某某当着顾客的面说我们家的事"
    token, inspection, department = await fresh_visit()
    commitment = await say(token, inspection, text=words)
    auditor, today = await principal("auditor"), clock.today()
    async with transaction():
        days = await connection().fetchval("select days from retention where what = 'evaluation'")
    before = await queries.list_averages(auditor, today, today)
    clock.hold(lambda: datetime.combine(today + timedelta(days=days), datetime.min.time(), clock.BEIJING))
    await erasing.erase_what_is_due()
    async with transaction():
        assert await connection().fetchval("select text from evaluation where commitment = $1", commitment) == words, "not a day early"
    over = today + timedelta(days=days + 1)
    clock.hold(lambda: datetime.combine(over, datetime.min.time(), clock.BEIJING))
    await erasing.erase_what_is_due()
    async with transaction():
        row = dict(await connection().fetchrow("select * from evaluation where commitment = $1", commitment))
    assert (row["text"], bytes(row["salt"]), row["content_sha256"], row["erased_on"]) == ("", b"", "", over)
    assert words not in str(row)
    after = await queries.list_averages(auditor, today, today)
    assert after == before
    assert department in {a.department for a in after}
    seen = [e for e in await queries.list_evaluations(auditor, EvaluationFilter(department=department), limit=500) if e.commitment == commitment]
    assert [(e.overall, e.erased_on) for e in seen] == [(4, over)]
