"""Parts and co-signatures over real HTTP: statuses, receipts, refusals, as the phone relies on them."""

from __future__ import annotations

import base64
import random
from uuid import uuid4

from backend.cli.demo.fieldwork import Pen, Phone, make_work
from tests.web.field.test_field import signed_in


async def start(county):
    browser, phone = await signed_in(county), Phone()
    bundle = (await browser.get("/field/api/bundle")).json()
    inspection = next(i for i in bundle["inspections"] if i["state"] == "dispatched")
    assert (await browser.put(f"/field/api/devices/{phone.id}", json={"name": "p", "public_key": phone.public_jwk()})).status_code == 200
    me = next(o["inspector_id"] for o in inspection["officers"] if o["me"])
    return browser, phone, bundle, inspection, Pen(phone, inspection["id"], me)


async def test_a_part_goes_up_once_and_comes_down_to_other_phones(county):
    browser, phone, _bundle, inspection, pen = await start(county)
    address = f"/field/api/inspections/{inspection['id']}/parts/{phone.id}"
    part = pen.write({"key": "remark", "value": "门口有狗"}, t_dev_ms=1)
    first = await browser.put(address, json={"part": part})
    again = await browser.put(address, json={"part": part})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["sha256"] == pen.prev
    other = await browser.put(address, json={"part": {**part, "t_dev": 2}})
    assert (other.status_code, other.headers["content-type"]) == (409, "application/problem+json")
    gap = await browser.put(address, json={"part": {**part, "seq": 7}})
    assert (gap.status_code, gap.json()["code"], gap.json()["expected"]) == (409, "part-gap", 2)
    bad = await browser.put(address, json={"part": {**pen.write({"key": "../x", "value": 1}, t_dev_ms=1)}}, headers={"accept-language": "en"})
    assert (bad.status_code, bad.json()["field"]) == (422, "revs")
    assert "malformed" in bad.json()["title"]

    async def parts(**params):
        bundle = (await browser.get("/field/api/bundle", params=params)).json()
        return next(i for i in bundle["inspections"] if i["id"] == inspection["id"])["parts"]

    assert await parts(device=str(phone.id)) == []
    assert [p["revs"] for p in await parts(device=str(uuid4()))] == [part["revs"]]


async def test_who_handed_it_in_does_not_co_sign_and_nonsense_is_named(county):
    browser, phone, bundle, inspection, pen = await start(county)
    work = make_work(inspection, bundle["checklists"], phone, t_dev_ms=1_790_000_000_000, dice=random.Random(5))
    for sha256, content in work.files.items():
        await browser.put(f"/field/api/evidence/{sha256}", content=content)
    signature = base64.urlsafe_b64encode(work.signature).rstrip(b"=").decode()
    address = f"/field/api/submissions/{work.submission}"
    assert (await browser.get(address)).status_code == 404
    assert (await browser.put(address, json={"device": str(phone.id), "record": work.record, "signature": signature})).status_code == 201
    shown = (await browser.get(address)).json()
    assert shown["record"] == work.record
    body, signed = pen.cosign(work.record, t_dev_ms=1)
    proof = base64.urlsafe_b64encode(signed).rstrip(b"=").decode()
    assert (await browser.put(f"{address}/cosignatures/{phone.id}", json={"body": body, "signature": proof})).status_code == 403
    assert (await browser.put(f"{address}/cosignatures/{phone.id}", json={"body": body, "signature": "é"})).status_code == 422
    decided = await browser.put(f"{address}/decisions/{uuid4()}", json={"device": str(phone.id), "body": {}, "signature": proof})
    assert decided.status_code == 422
    waiting = next(i for i in (await browser.get("/field/api/bundle")).json()["inspections"] if i["id"] == inspection["id"])["submission"]
    assert (waiting["mine"], waiting["record_sha256"], waiting["outstanding"]["differences"]) == (True, shown["record_sha256"], [])
