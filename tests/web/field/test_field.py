"""The phone's JSON face over real HTTP: its contract, word for word."""

from __future__ import annotations

import base64
import random
from uuid import uuid4

from backend.cli.demo.fieldwork import Phone, make_work


async def signed_in(county):
    browser = await county("")
    await browser.get("/field/api/session")
    answer = await browser.post("/field/api/session", json={"username": "inspector", "password": "sunlot-demo"})
    assert answer.status_code == 200, answer.text
    return browser


async def test_session(county):
    browser = await county("")
    nobody = (await browser.get("/field/api/session")).json()
    assert nobody["account"] is None
    assert nobody["demo"] is True
    assert len(base64.urlsafe_b64decode(nobody["vapid_public_key"] + "==")) == 65
    wrong = await browser.post("/field/api/session", json={"username": "inspector", "password": "x"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "bad-credentials")
    assert wrong.headers["content-type"].startswith("application/problem+json")
    assert wrong.json()["title"] == "账号或密码不正确"
    english = await browser.post("/field/api/session", json={"username": "inspector", "password": "x"}, headers={"accept-language": "en"})
    assert english.json()["title"].startswith("The account name")
    assert (await browser.get("/field/api/bundle")).status_code == 401
    browser = await signed_in(county)
    assert (await browser.get("/field/api/session")).json()["account"]["username"] == "inspector"
    assert (await browser.delete("/field/api/session")).status_code == 204
    assert (await browser.get("/field/api/bundle")).status_code == 401


async def test_the_bundle_is_told_once(county):
    browser = await signed_in(county)
    bundle = (await browser.get("/field/api/bundle")).json()
    assert len(bundle["inspections"]) >= 5
    assert all(sum(o["me"] for o in i["officers"]) == 1 for i in bundle["inspections"])
    assert all(item["checklist"] in bundle["checklists"] for i in bundle["inspections"] for item in i["items"])
    assert {e["inspection"] for e in bundle["inbox"]} >= {i["id"] for i in bundle["inspections"]}
    again = (await browser.get("/field/api/bundle", params={"since": bundle["cursor"]})).json()
    assert again["unchanged"] is True
    await browser.post(f"/field/api/inspections/{bundle['inspections'][0]['id']}/receive", json={"t_dev": 1})
    assert "inspections" in (await browser.get("/field/api/bundle", params={"since": bundle["cursor"]})).json()


async def test_from_evidence_to_receipt(county):
    browser, phone = await signed_in(county), Phone()
    bundle = (await browser.get("/field/api/bundle")).json()
    inspection = next(i for i in bundle["inspections"] if i["state"] == "dispatched")
    assert (await browser.put(f"/field/api/devices/{phone.id}", json={"name": "p", "public_key": phone.public_jwk()})).status_code == 200
    work = make_work(inspection, bundle["checklists"], phone, t_dev_ms=1_790_000_000_000, dice=random.Random(5), bad=True)
    signature = base64.urlsafe_b64encode(work.signature).rstrip(b"=").decode()
    address = f"/field/api/submissions/{work.submission}"
    body = {"device": str(phone.id), "record": work.record, "signature": signature}
    early = await browser.put(address, json=body)
    assert (early.status_code, early.json()["code"]) == (422, "missing-evidence")
    assert set(early.json()["missing"]) == set(work.files)

    first, *rest = work.files.items()
    sha256, content = first
    place = f"/field/api/evidence/{sha256}"
    assert (await browser.head(place)).status_code == 404
    piece = await browser.patch(place, content=content[:500], headers={"upload-offset": "0", "upload-length": str(len(content))})
    assert (piece.status_code, piece.headers["upload-offset"]) == (202, "500")
    here = await browser.head(place)
    assert (here.headers["upload-offset"], here.headers["upload-complete"]) == ("500", "?0")
    astray = await browser.patch(place, content=b"x", headers={"upload-offset": "7", "upload-length": str(len(content))})
    assert (astray.status_code, astray.headers["upload-offset"]) == (409, "500")
    done = await browser.patch(place, content=content[500:], headers={"upload-offset": "500", "upload-length": str(len(content))})
    assert (done.status_code, done.json()["bytes"]) == (201, len(content))
    assert (await browser.head(place)).headers["upload-complete"] == "?1"
    for sha256, content in rest:
        assert (await browser.put(f"/field/api/evidence/{sha256}", content=content)).status_code == 201
        assert (await browser.put(f"/field/api/evidence/{sha256}", content=content)).status_code == 200
    liar = await browser.put(f"/field/api/evidence/{'0' * 64}", content=content)
    assert (liar.status_code, liar.json()["code"]) == (422, "hash-mismatch")

    receipt = await browser.put(address, json=body)
    assert receipt.status_code == 201, receipt.text
    assert receipt.json()["record_sha256"] == phone.prev
    again = await browser.put(address, json=body)
    assert (again.status_code, again.json()) == (200, receipt.json())
    asked = {"submissions": [str(work.submission), str(uuid4())], "evidence": [*work.files, "0" * 64]}
    durable = (await browser.post("/field/api/reconcile", json=asked)).json()
    assert list(durable["submissions"]) == [str(work.submission)]
    assert durable["evidence"] == {sha256: len(content) for sha256, content in work.files.items()}
    too_many = await browser.post("/field/api/reconcile", json={"evidence": ["0" * 64] * 501})
    assert (too_many.status_code, too_many.json()["code"]) == (422, "invalid"), "what is left out of an answer would read as lost"
    stranger = await county("")
    await stranger.post("/field/api/session", json={"username": "inspector2", "password": "sunlot-demo"})
    assert (await stranger.post("/field/api/reconcile", json=asked)).json() == {"submissions": {}, "evidence": {}}


async def test_bad_input_is_named(county):
    browser = await signed_in(county)
    refused = await browser.put("/field/api/push", json={"endpoint": "http://10.0.0.1/", "keys": {"p256dh": "a", "auth": "b"}})
    assert (refused.status_code, refused.json()["code"]) == (422, "push-host")
    assert (await browser.put(f"/field/api/submissions/{uuid4()}", json={"device": "x"})).status_code == 400
    broken = await browser.put(f"/field/api/submissions/{uuid4()}", json={"device": str(uuid4()), "record": {"x": 1.5}, "signature": "AA"})
    assert (broken.status_code, broken.json()["field"]) == (422, "record")
    assert (await browser.put("/field/api/evidence/nothash", content=b"x")).status_code == 404
