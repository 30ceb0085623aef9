"""Kept pages: the same bytes as a fresh one, never older than the database, and nothing of a reader in them."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from backend.kept import service as kept
from backend.storage.engine import connection, database, transaction

# Tables that a kept page's facts are read from and that need no note: they never change, or the page is not kept while they may.
UNNOTED = {
    "kept_page", "kept_change",
    "ledger_entry", "ledger_leaf", "ledger_tile", "ledger_checkpoint", "ledger_cosignature", "ledger_stage", "placard_batch",  # append-only
    "campaign",  # its kind and its department, which it has for ever
    # Whose names are covered in a text: those who were there before it was written, and a new text is noted.
    "account", "inspector", "inspection_officer", "submission",
}  # fmt: skip


async def one(sql: str, *args):
    async with transaction():
        return await connection().fetchval(sql, *args)


async def a_result() -> str:
    """One that has a single version."""
    return str(await one("select number from publication group by number having count(*) = 1 order by number limit 1"))


async def test_the_second_reader_gets_the_first_ones_bytes(county):
    anyone = await county("")
    path = f"/results/{await a_result()}"
    first = await anyone.get(path)
    assert first.status_code == 200
    assert await one("select count(*) from kept_page where key like '%' || $1", path) == 1
    second = await anyone.get(path)
    assert second.content == first.content
    assert second.headers["etag"] == first.headers["etag"]
    assert second.headers["cache-control"] == "no-cache"
    assert "set-cookie" not in second.headers


async def test_a_browser_that_has_the_page_is_told_so(county):
    anyone = await county("")
    path = f"/results/{await a_result()}"
    etag = (await anyone.get(path)).headers["etag"]
    again = await anyone.get(path, headers={"if-none-match": f'"other", {etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert (await anyone.get(path, headers={"if-none-match": '"other"'})).status_code == 200


async def test_a_browser_without_gzip_gets_the_same_text(county):
    anyone = await county("")
    path = f"/results/{await a_result()}"
    plain = await anyone.get(path, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == (await anyone.get(path, headers={"accept-encoding": "gzip"})).text


async def test_each_language_has_its_own(county):
    anyone = await county("")
    path = f"/results/{await a_result()}"
    zh, en = (await anyone.get(f"{path}?lang=zh")).text, (await anyone.get(f"{path}?lang=en")).text
    assert 'lang="zh-CN"' in zh
    assert '<html lang="en"' in en
    assert await one("select count(*) from kept_page where key like '%' || $1", path) == 2


async def test_a_change_ends_it_and_not_only_in_this_process(county):
    anyone = await county("")
    number = await a_result()
    before = (await anyone.get(f"/results/{number}")).text
    async with transaction():
        await connection().execute(
            "insert into publication (id, number, inspection, version, status, reason, enterprise, enterprise_code, enterprise_name, department, county,"
            " draw_id, completed_on, published_at, snapshot, entry_id)"
            " select $2, number, inspection, version + 1, 'corrected', '笔误', enterprise, enterprise_code, enterprise_name, department, county,"
            " draw_id, completed_on, now(), snapshot, entry_id from publication where number = $1 order by version desc limit 1",
            number,
            uuid4(),
        )
    after = (await anyone.get(f"/results/{number}")).text
    assert "笔误" in after
    assert "笔误" not in before


async def test_a_change_during_the_building_is_not_lost(county):
    """The page carries what was noted before its first fact was read."""
    await county("")
    stamp = await kept.find_stamp("result:x")
    async with transaction():
        await connection().execute("insert into kept_change (subject) values ('result:x')")
    await kept.keep("k", "result:x", stamp, kept.pack("old"))
    assert await kept.find_kept("k") is None
    await kept.keep("k", "result:x", await kept.find_stamp("result:x"), kept.pack("new"))
    assert (await kept.find_kept("k")) == kept.pack("new")


async def test_a_change_that_commits_late_is_not_taken_for_one_that_was_seen(county):
    """Two changes at once: the one with the smaller id becomes visible last."""
    await county("")
    async with database().pool.acquire() as slow, database().pool.acquire() as quick:
        late = slow.transaction()
        await late.start()
        await slow.execute("insert into kept_change (subject) values ('result:y')")
        await quick.execute("insert into kept_change (subject) values ('result:y')")
        await kept.keep("y", "result:y", await kept.find_stamp("result:y"), kept.pack("before"))
        assert await kept.find_kept("y") is not None
        await late.commit()
    assert await kept.find_kept("y") is None


async def test_names_of_places_and_authorities_end_every_page(county):
    anyone = await county("")
    path = f"/results/{await a_result()}"
    await anyone.get(path)
    async with transaction():
        await connection().execute("update region set name_zh = name_zh || '新' where code like '5303%'")
    assert "新</dd>" in (await anyone.get(path)).text


async def test_yesterdays_pages_are_not_given_out_and_go(county, monkeypatch):
    anyone = await county("")
    path = f"/results/{await a_result()}"
    await anyone.get(path)
    async with transaction():
        await connection().execute("update kept_page set day = day - 1")
    await anyone.get(path)
    assert await one("select count(*) from kept_page where day = current_date or day = current_date + 1") == 1
    async with transaction():
        await connection().execute("update kept_page set day = day - 1")
        await connection().execute("update kept_change set at = at - interval '2 days'")
    while await kept.sweep():
        pass
    assert await one("select count(*) from kept_page") == 0
    assert await one("select count(*) from kept_change") == 0


async def test_pages_with_a_query_and_unknown_ones_are_not_kept(county):
    anyone = await county("")
    number = await a_result()
    await anyone.get(f"/results/{number}?version=1")
    assert (await anyone.get("/results/GS-1999-000001")).status_code == 404
    assert await one("select count(*) from kept_page") == 0


async def an_address(kind: str) -> str:
    if kind == "result":
        return f"/results/{await a_result()}"
    # The fullest one that no officer is at.
    return "/e/" + await one(
        "select e.qr_token from enterprise e join publication p on p.enterprise = e.id join rectification_order o on o.enterprise = e.id"
        " where not exists (select from inspection i where i.enterprise = e.id and i.state not in ('published', 'dispatched')) order by e.code limit 1"
    )


@pytest.mark.parametrize("kind", ["result", "enterprise"])
async def test_every_table_that_a_page_reads_notes_its_changes(county, kind):
    """A page that begins to show something new fails here until that table has its triggers."""
    anyone = await county("")
    path = await an_address(kind)
    path = str((await anyone.get(path, follow_redirects=True)).url.path)
    async with transaction():
        await connection().execute("truncate kept_page")
    texts: list[str] = []
    for c in (pooled := [await database().pool.acquire() for _ in range(database().pool.get_size())]):
        c.add_query_logger(lambda record: texts.append(record.query))
    for c in pooled:
        await database().pool.release(c)
    assert (await anyone.get(path)).status_code == 200
    assert await one("select count(*) from kept_page") == 1
    async with transaction():
        tables = {row[0] for row in await connection().fetch("select tablename from pg_tables where schemaname = 'public'")}
        # Those of whole tables end other pages.
        own = "select distinct tgrelid::regclass::text from pg_trigger where tgname like 'kept\\_%' and tgname not like '%\\_table\\_%'"
        noted = {row[0] for row in await connection().fetch(own)}
    read = {word for text in texts for word in re.findall(r"[a-z_]+", text.lower())} & tables
    assert "publication" in read
    assert read - noted - UNNOTED == set()


CHANGES = {
    "the register": "update enterprise set address = '新址一号', version = version + 1 where id = $1",
    "a list": "insert into enterprise_listing (id, enterprise, list, ground, authority, document, listed_on, removal, source, as_of, entered_by, created_at)"
    " select gen_random_uuid(), $1, 'abnormal', '新址一号', '', '', current_date, '', '', current_date, gen_random_uuid(), now()",
    "an order": "update rectification_order set demand = '新址一号' where enterprise = $1",
    "its visits": "update inspection set state = 'on_site' where id = (select id from inspection where enterprise = $1 limit 1)",
}


@pytest.mark.parametrize("what", CHANGES)
async def test_an_enterprises_page_follows_its_register(county, what):
    anyone = await county("")
    path = str((await anyone.get(await an_address("enterprise"), follow_redirects=True)).url.path)
    before = await anyone.get(path)
    assert (await anyone.get(path)).headers["etag"] == before.headers["etag"]
    enterprise = await one("select substr(subject, 12)::uuid from kept_page where key like '%' || $1", path)
    async with transaction():
        await connection().execute(CHANGES[what], enterprise)
    after = await anyone.get(path)
    assert after.headers["etag"] != before.headers["etag"]
    if what != "its visits":
        assert "新址一号" in after.text


async def test_a_page_with_a_visit_under_way_is_not_kept(county):
    anyone = await county("")
    token = await one(
        "with one as (update inspection set state = 'on_site' where id = (select id from inspection where state = 'received' limit 1) returning enterprise)"
        " select qr_token from enterprise e join one on one.enterprise = e.id"
    )
    assert "正在进行的检查" in (await anyone.get(f"/e/{token}", follow_redirects=True)).text
    assert await one("select count(*) from kept_page where key like '%/e/%'") == 0


async def test_a_revoked_code_leads_away_at_once(county):
    anyone = await county("")
    path = str((await anyone.get(await an_address("enterprise"), follow_redirects=True)).url.path)
    await anyone.get(path)
    async with transaction():
        done = await connection().execute(
            "update placard set revoked_at = now(), revoked_by = gen_random_uuid(), ground = 'abuse', reason = 'x' where enterprise ="
            " (select substr(subject, 12)::uuid from kept_page where key like '%' || $1) and revoked_at is null",
            path,
        )
    if done == "UPDATE 0":
        pytest.skip("this enterprise has no signed code")
    assert (await anyone.get(path)).status_code == 410
