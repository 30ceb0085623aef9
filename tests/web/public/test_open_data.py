"""Open data: the files, what is masked in them, validators and compression, the feed."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import xml.etree.ElementTree as ET
from datetime import datetime

import pytest

from backend.ledger import sequencer
from backend.publicity.masking import open_name
from backend.storage.engine import connection, transaction
from backend.usecases.open_data import OpenResult
from backend.usecases.open_fields import FIELDS
from backend.usecases.open_files import DATASETS

ATOM = "{http://www.w3.org/2005/Atom}"
LATEST = "not exists (select from publication n where n.number = p.number and n.version > p.version)"


async def rows(sql: str, *args):
    async with transaction():
        return [dict(r) for r in await connection().fetch(sql, *args)]


async def months() -> list[str]:
    return [r["m"] for r in await rows("select distinct to_char(completed_on, 'YYYY-MM') as m from publication")]


async def test_every_file_that_the_page_offers_is_there_in_both_forms_with_the_same_rows(county):
    anyone = await county("")
    page = (await anyone.get("/data")).text
    offered = set(re.findall(r'href="/data/([^"]+)"', page))
    assert {name.rsplit(".")[0].split("-")[0] for name in offered} == set(DATASETS)
    total = 0
    for name in sorted(n for n in offered if n.endswith(".csv")):
        as_csv = await anyone.get(f"/data/{name}")
        assert as_csv.status_code == 200, name
        assert as_csv.content.startswith(b"\xef\xbb\xbf")
        table = list(csv.DictReader(io.StringIO(as_csv.content.decode("utf-8-sig"))))
        lines = (await anyone.get(f"/data/{name.replace('.csv', '.ndjson')}")).text.splitlines()
        assert len(table) == len(lines), name
        columns = list(DATASETS[name.split(".")[0].split("-")[0]].columns)
        assert as_csv.content.decode("utf-8-sig").split("\r\n")[0] == ",".join(columns)
        assert all(list(json.loads(line)) == columns for line in lines)
        total += len(table)
    assert total > 20


async def test_a_month_of_results_is_what_stands_of_it(county):
    anyone = await county("")
    for month in await months():
        got = [json.loads(line)["number"] for line in (await anyone.get(f"/data/results-{month}.ndjson")).text.splitlines()]
        wanted = await rows(f"select number from publication p where {LATEST} and to_char(completed_on, 'YYYY-MM') = $1", month)
        assert sorted(got) == sorted(r["number"] for r in wanted)


async def test_names_of_persons_are_masked_and_no_officer_or_representative_is_in_any_file(county):
    anyone = await county("")
    async with transaction():
        # An individual business that is called as its keeper is, with a result and on a list.
        e = await connection().fetchrow("select e.id, p.number from enterprise e join publication p on p.enterprise = e.id limit 1")
        await connection().execute("update enterprise set name = '欧阳国安小吃店', kind = 'individual', legal_rep = '欧阳国安' where id = $1", e["id"])
        await connection().execute("alter table publication disable trigger user")
        await connection().execute("update publication set enterprise_name = '欧阳国安小吃店' where enterprise = $1", e["id"])
        await connection().execute("alter table publication enable trigger user")
        await connection().execute(
            "insert into enterprise_listing select gen_random_uuid(), $1, 'serious', '=1+1', authority, document, listed_on, null, '', source, as_of,"
            " entered_by, now() from enterprise_listing limit 1", e["id"],
        )  # fmt: skip
    names = {r["name"] for r in await rows("select name from inspector union select legal_rep from enterprise where legal_rep <> ''")}
    offered = {*re.findall(r'href="(/data/[^"]+)"', (await anyone.get("/data")).text), "/feed.atom", "/api/v1/results?limit=200"}
    offered.add("/api/v1/changes?limit=200")
    everything = "".join([(await anyone.get(path)).text for path in sorted(offered)])
    assert "欧阳○○小吃店" in everything
    companies = {r["name"] for r in await rows("select name from enterprise")}
    for name in names:
        if len(name) >= 3 and not any(name in company for company in companies):
            assert name not in everything, name
    assert "欧阳国安" not in everything
    lists = (await anyone.get("/data/lists.csv")).text
    assert "'=1+1" in lists
    assert ",=1+1" not in lists
    single = (await anyone.get(f"/api/v1/results/{e['number']}")).json()
    assert (single["enterprise_name"], single["is_masked"]) == ("欧阳○○小吃店", True)


async def test_a_file_that_has_not_changed_is_not_sent_again(county):
    anyone = await county("")
    for name in (f"results-{(await months())[0]}.csv", "draws.ndjson", "lists.csv"):
        first = await anyone.get(f"/data/{name}")
        again = await anyone.get(f"/data/{name}", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert "max-age" in first.headers["cache-control"]
        assert first.headers["access-control-allow-origin"] == "*"
        without = await anyone.get(f"/data/{name}?bom=0", headers={"if-none-match": first.headers["etag"]})
        if name.endswith(".csv"):
            assert without.status_code == 200, "another file"
            assert not without.content.startswith(b"\xef\xbb\xbf")
    async with transaction():
        await connection().execute("update enterprise_listing set removed_on = current_date where removed_on is null")
    assert (await anyone.get("/data/lists.csv", headers={"if-none-match": first.headers["etag"]})).status_code == 200


async def test_a_file_is_squeezed_for_whoever_takes_it(county):
    anyone = await county("")
    plain = await anyone.get("/data/draws.csv", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    async with anyone.stream("GET", "/data/draws.csv", headers={"accept-encoding": "gzip"}) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content)


@pytest.mark.parametrize(
    "name",
    ["results.csv", "results-2026.csv", "results-2026-13.csv", "results-2026-11.xlsx", "draws-2026.csv", "publication.csv", "..csv", "statistics-2026-11.csv"],
)
async def test_there_are_no_other_files(county, name):
    assert (await (await county("")).get(f"/data/{name}")).status_code == 404


def test_every_field_is_explained():
    for dataset in DATASETS.values():
        assert set(dataset.columns) <= set(FIELDS)
    assert "legal_rep" not in OpenResult.__struct_fields__


async def test_the_feed_is_atom(county):
    """By RFC 4287: what must be there, once, in its form."""
    anyone = await county("")
    answer = await anyone.get("/feed.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ET.fromstring(answer.content)
    assert feed.tag == f"{ATOM}feed"
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) > 5
    for part in [feed, *entries]:
        for once in ("id", "title", "updated"):
            [found] = part.findall(f"{ATOM}{once}")
            assert found.text
        assert datetime.fromisoformat(part.find(f"{ATOM}updated").text).tzinfo
        assert any(link.get("rel") == "alternate" and link.get("href").startswith("http") for link in part.findall(f"{ATOM}link"))
    [own] = [link for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert own.get("href").endswith("/feed.atom")
    assert feed.find(f"{ATOM}author/{ATOM}name").text
    ids = [e.find(f"{ATOM}id").text for e in entries]
    assert len(ids) == len(set(ids))
    times = [datetime.fromisoformat(e.find(f"{ATOM}updated").text) for e in entries]
    assert times[0] == datetime.fromisoformat(feed.find(f"{ATOM}updated").text)
    kinds = {e.find(f"{ATOM}category").get("term") for e in entries}
    assert {"result.published", "draw.announced", "draw.revealed"} <= kinds
    again = await anyone.get("/feed.atom", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    assert "公示检查结果" in answer.text
    assert "Result published" in (await anyone.get("/feed.atom?lang=en")).text


async def test_every_address_of_the_feed_is_there(county):
    anyone = await county("")
    feed = ET.fromstring((await anyone.get("/feed.atom")).content)
    for entry in feed.findall(f"{ATOM}entry"):
        for address in (entry.find(f"{ATOM}id").text, entry.find(f"{ATOM}link").get("href")):
            assert (await anyone.get(address)).status_code == 200, address


async def test_an_erased_payload_is_told_no_more(county):
    anyone = await county("")
    from backend.ledger import service as ledger

    [entry] = await rows("select entry_id, subject from ledger_entry where type = 'result.published' limit 1")
    async with transaction():
        await ledger.erase(entry["entry_id"], "依申请删除")
    while await sequencer.sequence():
        pass
    changes = (await anyone.get("/api/v1/changes?limit=200&type=result.published")).json()["items"]
    assert entry["subject"] not in {c["subject"] for c in changes}


def test_the_mask_is_the_rules():
    assert open_name("欧阳国安小吃店", kind="individual", code="92", keeper="欧阳国安") == "欧阳○○小吃店"
