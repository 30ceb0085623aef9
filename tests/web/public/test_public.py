"""What anyone sees: results, draws, the enterprise's page, the log; and what nobody may learn."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest

from backend.draws import verifier
from backend.kernel import merkle
from backend.ledger import keys, rules
from backend.storage.engine import connection, transaction
from backend.web.public.draws import CHECKS

REPO = Path(__file__).parents[3]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


async def one(sql: str, *args):
    async with transaction():
        return await connection().fetchval(sql, *args)


async def test_pages_open_without_signing_in_and_stay_small(county):
    anyone = await county("")
    number = await one("select number from publication order by number limit 1")
    for path in ("/", "/results", f"/results/{number}", "/draws", "/draws/QJ-2026-0001", "/log", "/log/entries/0"):
        answer = await anyone.get(path)
        assert answer.status_code == 200, path
        assert len(answer.content) < 50_000, path
        assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_the_enterprise_page_by_its_code(county):
    anyone = await county("")
    token = await one("select e.qr_token from enterprise e join publication p on p.enterprise = e.id limit 1")
    page = await anyone.get(f"/e/{token}", follow_redirects=True)
    assert page.status_code == 200
    assert "/results/GS-" in page.text
    assert "<script" not in page.text
    assert len(page.content) < 50_000
    assert (await anyone.get("/e/nosuchcode")).status_code == 404


async def test_a_coming_visit_is_not_to_be_learnt(county):
    anyone = await county("")
    row = await one(
        "select json_build_object('token', e.qr_token, 'code', e.code, 'name', e.name) from inspection i join enterprise e on e.id = i.enterprise"
        " where i.state = 'dispatched' and not exists (select 1 from publication p where p.enterprise = e.id) limit 1"
    )
    known = json.loads(row)
    page = (await anyone.get(f"/e/{known['token']}")).text
    assert "QJ-" not in page
    draw = await one("select draw_id from draw where state = 'drawn'")
    bundle = (await anyone.get(f"/draws/{draw}/bundle.json")).json()
    assert [bundle[k] for k in ("pool", "recusals", "classes", "secret", "result")] == [None] * 5
    assert known["name"] not in (await anyone.get(f"/draws/{draw}")).text
    assert known["code"] not in (await anyone.get("/log")).text


async def test_the_auditors_bundle_is_for_auditors(county):
    draw = await one("select draw_id from draw where state = 'drawn'")
    path = f"/draws/{draw}/bundle.json?audience=auditor"
    assert (await (await county("")).get(path)).status_code == 403
    assert (await (await county("manager")).get(path)).status_code == 403
    bundle = (await (await county("auditor")).get(path)).json()
    assert bundle["result"]["teams"]
    assert bundle["secret"] is None


@pytest.mark.parametrize(("state", "status"), [("revealed", 0), ("drawn", 3), ("announced", 3)])
async def test_served_bundles_pass_the_stand_alone_verifier(county, tmp_path, capsys, state, status):
    anyone = await county("")
    draw = await one("select draw_id from draw where state = $1", state)
    (tmp_path / "bundle.json").write_bytes((await anyone.get(f"/draws/{draw}/bundle.json")).content)
    (tmp_path / "frame.ndjson").write_bytes((await anyone.get(f"/draws/{draw}/frame.ndjson")).content)
    assert verifier.main([str(tmp_path / "bundle.json")]) == status
    assert verifier.main([str(tmp_path / "bundle.json"), str(tmp_path / "frame.ndjson")]) == status
    assert "✗" not in capsys.readouterr().out


async def test_the_list_of_draws_for_machines(county):
    draws = (await (await county("")).get("/draws.json")).json()
    assert {d["state"] for d in draws} == {"announced", "drawn", "revealed"}
    assert all(d["draw_id"].startswith("QJ-") for d in draws)


async def test_the_log_proves_itself_to_a_stranger(county):
    anyone = await county("")
    key = rules.parse_vkey((await anyone.get("/log/vkey")).text)
    assert str(key) == str(keys.log_key())
    note = (await anyone.get("/log/checkpoint")).text
    _, size, root = rules.parse_checkpoint(rules.open_note(note, key))
    tile = (await anyone.get(f"/log/tile/0/000.p/{size}")).content if size < 256 else (await anyone.get("/log/tile/0/000")).content
    hashes = [tile[i : i + 32] for i in range(0, len(tile), 32)]
    if size < 256:
        assert merkle.root_of_hashes(hashes) == root
    head, _, checkpoint = (await anyone.get("/log/index/7/proof")).text.partition("\n\n")
    lines = head.split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 7"]
    assert checkpoint == note
    assert merkle.verify_inclusion(hashes[7], 7, size, [base64.b64decode(line) for line in lines[2:]], root)
    entries = (await anyone.get(f"/log/tile/entries/000.p/{min(size, 255)}")).content
    length = int.from_bytes(entries[:2])
    assert merkle.leaf_hash(entries[2 : 2 + length]) == hashes[0]
    for bad in ("/log/tile/0/999", "/log/tile/9/000.p/1", "/log/tile/x/000", "/log/tile/0/1", "/log/index/99999/proof", "/log/entries/99999"):
        assert (await anyone.get(bad)).status_code == 404, bad


async def test_a_result_carries_its_proof(county):
    anyone = await county("")
    number = await one("select number from publication limit 1")
    proof = (await anyone.get(f"/results/{number}/proof.json")).json()
    entry = json.loads(base64.b64decode(proof["leaf"]))
    assert rules.payload_hash(bytes.fromhex(proof["salt"]), proof["payload"]) == entry["ph"]
    _, size, root = rules.parse_checkpoint(rules.open_note(proof["checkpoint"], rules.parse_vkey(proof["vkey"])))
    leaf = merkle.leaf_hash(base64.b64decode(proof["leaf"]))
    assert merkle.verify_inclusion(leaf, proof["index"], size, [bytes.fromhex(h) for h in proof["hashes"]], root)


async def test_results_are_found_by_name_and_code_and_wildcards_are_plain_text(county):
    anyone = await county("")
    row = json.loads(await one("select json_build_object('name', enterprise_name, 'code', enterprise_code, 'number', number) from publication limit 1"))
    for text in (row["name"], row["name"][2:6], row["code"], row["code"][:10]):
        assert row["number"] in (await anyone.get("/results", params={"q": text})).text
    for text in ("%", "_", "\\", "'; drop table publication; --"):
        assert "/results/GS-" not in (await anyone.get("/results", params={"q": text})).text


async def test_english_pages_have_no_chinese_but_data(county):
    anyone = await county("")
    for path in ("/?lang=en", "/log?lang=en", "/e/none?lang=en"):
        text = re.sub(r"<script.*?</script>|data-texts=\"[^\"]*\"", "", (await anyone.get(path)).text, flags=re.DOTALL)
        text = re.sub(r'<li class="card tight">.*?</li>', "", text, flags=re.DOTALL)  # names of campaigns and enterprises
        assert set(CHINESE.findall(text.replace("中文", ""))) == set(), path
    assert "lang=en" in (await anyone.get("/?lang=en")).headers["set-cookie"]


def test_the_checks_that_a_draws_page_promises_are_those_that_the_browser_makes():
    made = re.findall(r'await check\("(\w+)"', (REPO / "pwa/src/model/draw.js").read_text("utf-8"))
    assert tuple(made) == CHECKS


async def test_an_address_that_is_not_there_is_told_in_the_readers_language_with_a_way_on(county):
    anyone = await county("")
    for path, words, way in (("/nothing-here", "Page not found", 'href="/results"'), ("/console/nothing-here", "Page not found", 'href="/console"')):
        page = await anyone.get(f"{path}?lang=en")
        assert (page.status_code, words in page.text, way in page.text.partition("<main")[2]) == (404, True, True), page.text
    assert "未找到该页面" in (await anyone.get("/nothing-here?lang=zh")).text


async def test_an_entry_of_the_log_is_read_as_it_was_written(county):
    anyone = await county("")
    entry = re.search(r'href="(/log/entries/\d+)"', (await anyone.get("/log?type=outcome.added")).text)
    assert entry
    shown = (await anyone.get(entry[1])).text.partition("<pre")[2].partition("</pre>")[0]
    assert CHINESE.search(shown) and "\\u" not in shown, "Chinese, not its numbers"
