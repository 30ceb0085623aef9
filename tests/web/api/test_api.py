"""The interface: the same data as the pages, paged without gaps, cached, and every refusal a problem."""

from __future__ import annotations

import json
import typing

from backend.limits.rules import TooManyRequests
from backend.storage.engine import connection, transaction
from backend.usecases.open_changes import TOLD
from backend.web.api import reads
from backend.web.api.document import document
from backend.web.api.routes import v1
from backend.web.shared import limits


async def one(sql: str, *args):
    async with transaction():
        return await connection().fetchval(sql, *args)


async def pages(browser, path: str, key: str, **asked) -> list:
    found, cursor = [], ""
    while True:
        answer = (await browser.get(path, params={**asked, "cursor": cursor, "limit": 3})).json()
        found += [item[key] for item in answer["items"]]
        cursor = answer["next"]
        if cursor is None:
            return found


async def test_lists_page_without_gaps(county):
    anyone = await county("")
    for path, key, sql in (
        ("/api/v1/results", "number", "select count(distinct number) from publication"),
        ("/api/v1/draws", "draw_id", "select count(*) from draw"),
        ("/api/v1/campaigns", "campaign_number", "select count(*) from campaign c where kind <> 'random' or exists (select from draw where campaign = c.id)"),
        ("/api/v1/lists", "enterprise_code", "select count(*) from enterprise_listing where removed_on is null"),
    ):
        found = await pages(anyone, path, key)
        assert len(found) == len(set(found)) == await one(sql) > 0, path


async def test_changes_by_the_logs_index_miss_nothing(county):
    anyone = await county("")
    found, after = [], -1
    for _ in range(500):
        answer = (await anyone.get("/api/v1/changes", params={"after": after, "limit": 7})).json()
        found += answer["items"]
        if answer["read_to"] == after:
            break
        after = answer["read_to"]
    wanted = await one(
        "select count(*) from ledger_leaf l join ledger_entry e using (entry_id) join ledger_payload p using (entry_id) where e.type = any($1) and p.is_public",
        list(TOLD),
    )
    indexes = [c["index"] for c in found]
    assert len(found) == wanted > 10
    assert indexes == sorted(set(indexes))
    assert all((c["result"] is not None) == c["type"].startswith("result.") for c in found)
    assert after == await one("select max(index) from ledger_leaf")
    assert set(typing.get_args(reads.Event)) - {"all"} == set(TOLD)


async def test_a_result_with_its_versions(county):
    anyone = await county("")
    number = await one("select number from publication where version = 2 limit 1")
    versions = (await anyone.get(f"/api/v1/results/{number}/versions")).json()
    assert [v["version"] for v in versions] == list(range(1, len(versions) + 1))
    assert (await anyone.get(f"/api/v1/results/{number}")).json() == versions[-1]


async def test_a_campaign_tells_nothing_before_its_announcement_and_never_an_enterprise(county):
    anyone = await county("")
    campaigns = (await anyone.get("/api/v1/campaigns?limit=200")).json()["items"]
    hidden = await one("select json_agg(name) from campaign c where kind = 'random' and not exists (select from draw where campaign = c.id)")
    for name in json.loads(hidden):
        assert name not in {c["name"] for c in campaigns}
    adhoc = [c for c in campaigns if c["kind"] != "random"]
    assert adhoc
    assert all(c["name"] is None and c["draw_id"] is None for c in adhoc)


async def test_caches_know_what_they_have_and_no_cookie_comes(county):
    anyone = await county("")
    anyone.cookies.clear()
    first = await anyone.get("/api/v1/results?limit=2")
    assert "set-cookie" not in first.headers
    assert "max-age" in first.headers["cache-control"]
    assert first.headers["access-control-allow-origin"] == "*"
    again = await anyone.get("/api/v1/results?limit=2", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await anyone.get("/api/v1/results?limit=3", headers={"if-none-match": first.headers["etag"]})).status_code == 200


async def test_every_refusal_is_a_problem(county):
    anyone = await county("")
    for path, status, code in (
        ("/api/v1/results?limit=0", 400, "bad-parameter"),
        ("/api/v1/results?limit=x", 400, "bad-parameter"),
        ("/api/v1/results?from=soon", 400, "bad-parameter"),
        ("/api/v1/results?county=%27", 400, "bad-parameter"),
        ("/api/v1/changes?type=nothing", 400, "bad-parameter"),
        ("/api/v1/results/GS-1999-000001", 404, "not-found"),
        ("/api/v1/results/GS-1999-000001/versions", 404, "not-found"),
        ("/api/v1/nothing", 404, "http-404"),
        ("/api/v2/results", 404, "http-404"),
    ):
        answer = await anyone.get(path)
        assert answer.status_code == status, path
        assert answer.headers["content-type"].startswith("application/problem+json"), path
        problem = answer.json()
        assert (problem["status"], problem["code"]) == (status, code), path
        assert problem["type"]
        assert problem["title"]
    wrong = (await anyone.get("/api/v1/results?limit=0&lang=en")).json()
    assert wrong["faults"][0]["parameter"] == "limit"
    assert wrong["title"] == "A parameter cannot be accepted"
    posted = await anyone.post("/api/v1/results")
    assert posted.status_code == 405
    assert "GET" in posted.headers["allow"]


async def test_one_address_cannot_ask_for_ever(county, monkeypatch):
    async def spend(limit, who):
        assert (limit.name, limit.times) == ("api", 3000)
        raise TooManyRequests(retry_after_s=7)

    monkeypatch.setattr(limits.service, "spend", spend)
    refused = await (await county("")).get("/api/v1/codes")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")
    assert refused.headers["content-type"].startswith("application/problem+json")


async def test_the_document_is_openapi_and_the_page_shows_all_of_it(county):
    anyone = await county("")
    doc = (await anyone.get("/api/openapi.json")).json()
    assert doc["openapi"].startswith("3.1")
    assert doc["info"]["license"]["name"]
    paths = set(doc["paths"])
    offered = "/results /results/{number} /results/{number}/versions /draws /campaigns /lists /statistics/{year} /changes /codes"
    assert paths == {f"/api/v1{path}" for path in offered.split()}
    for path, methods in doc["paths"].items():
        assert set(methods) == {"get"}, path
        assert {"200", "304", "400", "429"} <= set(methods["get"]["responses"]), path
    assert set(document(v1)["paths"]) == paths
    page = (await anyone.get("/api")).text
    assert all(path in page for path in paths)
    assert "<script" not in page
    assert not any("console" in p or "field" in p for p in paths)
