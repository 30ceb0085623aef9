"""Arrival: the enterprise's own page shows the visit from the moment when an officer has scanned in, and not a moment before."""

from __future__ import annotations

from uuid import UUID

from backend.ledger.sequencer import sequence
from backend.storage.engine import connection, transaction


async def ready(county):
    while await sequence():
        pass
    officer, nobody = await county("inspector"), await county("")
    visit = next(i for i in (await officer.get("/field/api/bundle")).json()["inspections"] if i["state"] == "dispatched" and i["proof"]["state"] == "proven")
    return officer, nobody, visit, f"/e/{visit['enterprise']['qr_token']}"


async def test_the_visit_is_shown_from_the_scan_on(county):
    officer, nobody, visit, address = await ready(county)
    quiet = (await nobody.get(address)).text
    await officer.post(f"/field/api/inspections/{visit['id']}/receive", json={"t_dev": 1})
    received = (await nobody.get(address)).text
    assert "正在进行的检查" not in quiet + received, "who is warned is not inspected"
    assert not any(o["name"] in received for o in visit["officers"])

    answer = await officer.post(f"/field/api/inspections/{visit['id']}/arrive", json={"how": "qr", "t_dev": 1_790_000_000_000})
    assert (answer.status_code, answer.json()["state"]) == (200, "on_site")
    again = await officer.post(f"/field/api/inspections/{visit['id']}/arrive", json={"how": "qr", "t_dev": 1_790_000_000_000})
    assert again.json() == answer.json(), "a repeat changes nothing"
    async with transaction():
        assert await connection().fetchval("select count(*) from ledger_entry where type = 'inspection.arrived' and subject = $1", visit["id"]) == 1

    page = (await nobody.get(address)).text
    for words in ("正在进行的检查", visit["notice"]["number"], visit["draw"]["draw_id"], "核验抽取证明", f"/visit#{visit['proof']['text']}"):
        assert words in page, words
    for o in visit["officers"]:
        assert o["name"] in page
        assert o["certificate_no"] in page
    assert "<script" not in page.partition("<main")[2].partition("</main")[0], "works where no script runs"
    assert "Inspection under way" in (await nobody.get(address + "?lang=en")).text


async def test_after_the_record_the_officers_names_go_and_after_publication_the_visit_is_a_result(county):
    officer, nobody, visit, address = await ready(county)
    await officer.post(f"/field/api/inspections/{visit['id']}/arrive", json={"how": "licence"})
    for state, shown in (("submitted", True), ("published", False)):
        async with transaction():
            await connection().execute("update inspection set state = $2 where id = $1", UUID(visit["id"]), state)
        page = (await nobody.get(address + "?lang=zh")).text
        assert ("已完成、尚未公示的检查" in page) is shown
        assert not any(o["certificate_no"] in page for o in visit["officers"])


async def test_only_the_team_arrives_and_a_back_fill_is_no_arrival(county):
    officer, nobody, visit, address = await ready(county)
    path = f"/field/api/inspections/{visit['id']}/arrive"
    assert (await officer.post(path, json={"how": "backfill"})).status_code == 422
    assert (await officer.post(path, json={"how": "dreamt"})).status_code == 422
    theirs = {o["inspector_id"] for o in visit["officers"]}
    async with transaction():
        stranger = await connection().fetchval(
            "select a.username from account a join inspector i on i.account = a.id where i.id <> all($1) limit 1", [UUID(t) for t in theirs]
        )
    colleague = await county(stranger)
    assert (await colleague.post(path, json={"how": "qr"})).status_code == 403
    assert (await nobody.post(path, json={"how": "qr"})).status_code in (401, 403)
    assert "正在进行的检查" not in (await nobody.get(address)).text


async def test_an_arrival_that_is_told_late_changes_nothing(county):
    officer, _nobody, visit, _address = await ready(county)
    async with transaction():
        await connection().execute("update inspection set state = 'submitted' where id = $1", UUID(visit["id"]))
    answer = await officer.post(f"/field/api/inspections/{visit['id']}/arrive", json={"how": "qr"})
    assert answer.json()["state"] == "submitted"
