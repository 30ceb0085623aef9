"""抽取证明: from the office's database through the phone's bundle and one QR code to whoever checks it, and what is said where there is none."""

from __future__ import annotations

import base64
import re
from datetime import date
from uuid import UUID

import pytest
import zxingcpp
from PIL import Image

from backend.cli.main import main
from backend.draws.visit_proof import verify
from backend.inspections.submission_queries import find_for_team
from backend.ledger.sequencer import sequence
from backend.storage.engine import connection, transaction
from backend.usecases.adhoc import open_adhoc
from backend.usecases.change_draw import substitute_officer
from backend.usecases.field_bundle import build_field_bundle
from backend.usecases.visit_proof import log_keys, prove_visit
from tests.usecases.test_adhoc import make_plan
from tests.usecases.test_records import principal


def picture(proof: dict, pixels: int = 3) -> Image.Image:
    """The code as a screen draws it."""
    side, raw = proof["side"], base64.urlsafe_b64decode(proof["bits"] + "=" * (-len(proof["bits"]) % 4))
    bits = "".join(f"{byte:08b}" for byte in raw)[: side * side]
    image = Image.new("1", (side, side))
    image.putdata([bit == "0" for bit in bits])
    return image.resize((side * pixels,) * 2).convert("L")


async def bundle_of(name: str = "inspector") -> dict:
    while await sequence():
        pass
    return await build_field_bundle(by=await principal(name))


async def test_the_code_on_the_screen_is_read_and_proves_the_visit(county, capsys):
    while await sequence():
        pass
    officer = await county("inspector")
    bundle = (await officer.get("/field/api/bundle")).json()
    visit = next(i for i in bundle["inspections"] if i["proof"]["state"] == "proven")
    (read,) = zxingcpp.read_barcodes(picture(visit["proof"]))
    assert read.text == visit["proof"]["url"]
    assert read.text.startswith("http://localhost:8000/visit#")
    assert len(read.text) < 1800, "few enough bytes to be read off a screen"
    found = verify(read.text, log_keys()[0])
    assert found.verdict == "verified"
    assert found.proof is not None
    assert found.proof.enterprise == visit["enterprise"]["code"]
    assert found.proof.draw_id == visit["draw"]["draw_id"]
    assert round(found.proof.at.timestamp()) == pytest.approx(visit["draw"]["drawn_at_ms"] / 1000, abs=2)
    assert bundle["log"]["vkey"] == str(log_keys()[0])

    assert main(["visit", "verify", read.text, "--vkey", bundle["log"]["vkey"]]) == 0
    assert visit["enterprise"]["code"] in capsys.readouterr().out
    assert main(["visit", "verify", visit["proof"]["text"]]) == 3, "the key is not known"
    other = read.text[:200] + ("A" if read.text[200] != "A" else "B") + read.text[201:]
    assert main(["visit", "verify", other, "--vkey", bundle["log"]["vkey"]]) == 1
    assert main(["visit", "verify", read.text, "--vkey", "nonsense"]) == 2
    capsys.readouterr()


async def test_a_proof_stays_the_same_while_the_log_grows(demo):
    before = await bundle_of()
    async with transaction():
        from backend.ledger import service as ledger

        await ledger.record("demo.loaded", actor=None, subject="more", payload={})
    after = await bundle_of()
    assert [i["proof"] for i in after["inspections"]] == [i["proof"] for i in before["inspections"]]
    assert after["cursor"] == before["cursor"], "no phone loads its bundle again because somebody else was busy"


async def test_before_a_checkpoint_the_phone_is_told_to_wait(demo):
    bundle = await bundle_of()
    visit = UUID(bundle["inspections"][0]["id"])
    async with transaction():
        from backend.draws.queries import find_draw_by_id

        found = await find_for_team(visit)
        assert found.draw
        draw = await find_draw_by_id(found.draw)
        await connection().execute("update ledger_checkpoint set note = null")
        assert (await prove_visit(found, draw.head)).state == "awaiting"


async def test_a_visit_after_a_complaint_has_no_proof_and_says_so(demo):
    officer, manager = await principal("inspector"), await principal("manager")
    plan, _shop = await make_plan(manager, officer, due_on=date(2099, 1, 1))
    campaign = await open_adhoc(plan, by=manager)
    visit = next(i for i in (await bundle_of())["inspections"] if i["campaign"]["id"] == str(campaign))
    assert visit["proof"] == {"state": "not_drawn", "text": "", "drawn": []}


async def test_a_substitute_is_shown_as_one_and_the_sealed_team_stays(demo):
    bundle = await bundle_of()
    visit = next(i for i in bundle["inspections"] if i["state"] == "dispatched" and i["proof"]["state"] == "proven")
    colleague = next(o for o in visit["officers"] if not o["me"])
    await substitute_officer(UUID(visit["id"]), UUID(colleague["inspector_id"]), ground="recusal", by=await principal("manager"))
    again = next(i for i in (await bundle_of())["inspections"] if i["id"] == visit["id"])
    assert again["proof"]["drawn"][colleague["slot"]] is False
    assert sorted(again["proof"]["drawn"]) == [False, True]
    assert again["proof"]["text"] == visit["proof"]["text"]


async def test_an_alternate_has_no_place_in_the_sealed_list(demo):
    bundle = await bundle_of()
    visit = next(i for i in bundle["inspections"] if i["proof"]["state"] == "proven")
    async with transaction():
        # what change_draw leaves behind for an alternate: a leaf of its own, no place
        await connection().execute("update inspection set sealed_index = null where id = $1", UUID(visit["id"]))
    again = next(i for i in (await bundle_of())["inspections"] if i["id"] == visit["id"])
    assert (again["proof"]["state"], again["proof"]["text"]) == ("replacement", "")


async def test_the_page_holds_no_visit_and_explains_itself_without_javascript(county):
    nobody = await county("")
    said = {"zh": ("核验抽取证明", "需要打开 JavaScript", "sunlot visit verify"), "en": ("Check the proof of a draw", "JavaScript is needed")}
    for language, words in said.items():
        answer = await nobody.get(f"/visit?lang={language}")
        assert answer.status_code == 200
        assert all(word in answer.text for word in words)
        assert str(log_keys()[0]).replace("+", "&#43;") in answer.text or str(log_keys()[0]) in answer.text
        assert not re.search(r"91530\d", answer.text)
    saved = await nobody.get("/visit.html")
    assert "attachment" in saved.headers["content-disposition"]
    assert str(log_keys()[0]) in saved.text
    assert "__" not in re.sub(r"<script.*</script>", "", saved.text, flags=re.DOTALL)
    policy = re.search(r"content=\"(default-src 'none'; [^\"]+)\"", saved.text)
    assert policy
    assert "connect-src" not in policy[1], "no network at all"
