"""On a visit's page: replacement by two people, recusal with the next officer, exemption on an enterprise's page."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from uuid import uuid4

from PIL import Image

from tests.web.console.test_campaigns import SOURCE, planned

DICE = {"value_0": "31415926535897932384"}


def photo():
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "grey").save(out, "JPEG")
    return out.getvalue()


async def drawn(county):
    manager, reviewer = await county("manager"), await county("reviewer")
    page = (await planned(manager, n="3")).headers["location"]
    await manager.post(f"{page}/announce", data=SOURCE)
    draw = re.search(r"/draws/(QJ-\d+-\d+)", (await manager.get(page)).text)[1]
    for browser in (manager, reviewer):
        await browser.post(f"/console/draws/{draw}/run", data=DICE)
    return manager, reviewer, page


async def test_a_replacement_from_request_to_the_alternate(county):
    manager, reviewer, page = await drawn(county)
    visit = re.search(r"/console/visits/[0-9a-f-]{36}", (await manager.get(page)).text)[0]
    lacking = await manager.post(f"{visit}/replace", data={"reason": "moved", "finding": "门面已改作他用"})
    assert lacking.status_code == 422
    assert "门面已改作他用" in lacking.text
    files = [("photos", ("door.jpg", photo(), "image/jpeg"))]
    asked = await manager.post(f"{visit}/replace", data={"reason": "moved", "finding": "门面已改作他用"}, files=files)
    assert asked.status_code == 303, asked.text
    shown = (await manager.get(visit)).text
    assert "等待另一人审批" in shown
    approve = re.search(r"/console/visits/[0-9a-f-]{36}/replacements/[0-9a-f-]{36}/approve", (await reviewer.get(visit)).text)[0]
    assert (await reviewer.post(approve)).status_code == 303
    assert "已替换" in (await manager.get(visit)).text
    assert (await manager.get(page)).text.count('<td class="lead-cell">') == 4, "the replaced one stays in the list"


async def test_recusal_hands_the_place_to_the_next_officer(county):
    manager, reviewer, page = await drawn(county)
    visit = re.search(r"/console/visits/[0-9a-f-]{36}", (await manager.get(page)).text)[0]
    before = re.findall(r'name="officer" value="([0-9a-f-]{36})"', (await manager.get(visit)).text)
    assert (await manager.post(f"{visit}/substitute", data={"officer": before[0], "ground": "recusal"})).status_code == 303
    after = re.findall(r'name="officer" value="([0-9a-f-]{36})"', (await manager.get(visit)).text)
    assert before[0] not in after
    assert after[1] == before[1]
    assert (await manager.post(f"{visit}/substitute", data={"officer": before[0], "ground": "recusal"})).status_code == 422
    assert (await reviewer.post(f"{visit}/substitute", data={"officer": after[0], "ground": "recusal"})).status_code == 403


async def test_an_exemption_is_granted_and_ended(county):
    manager = await county("manager")
    enterprise = re.search(r"/console/enterprises/[0-9a-f-]{36}", (await manager.get("/console/enterprises?county=530302")).text)[0]
    until = (date.today() + timedelta(days=90)).isoformat()  # noqa: DTZ011
    granted = await manager.post(f"{enterprise}/exempt", data={"legal_basis": "《优化营商环境条例》第五十三条", "valid_to": until})
    assert granted.status_code == 303, granted.text
    text = (await manager.get(enterprise)).text
    assert "优化营商环境条例" in text
    end = re.search(r"/console/enterprises/[0-9a-f-]{36}/exemptions/[0-9a-f-]{36}/end", text)[0]
    assert (await manager.post(end)).status_code == 303
    assert "优化营商环境条例" not in (await manager.get(enterprise)).text


async def test_who_looks_over_the_city_reads_a_visit_and_changes_nothing(county):
    manager, reviewer, auditor, admin = await county("manager"), await county("reviewer"), await county("auditor"), await county("admin")
    listed = (await auditor.get("/console/inspections")).text
    visit = re.search(r"/console/visits/[0-9a-f-]{36}", listed)[0]
    assert "查看检查" in listed
    said = {"id": str(uuid4()), "text": "请先核对去年的记录"}
    assert (await manager.post(f"{visit}/comments", data=said)).status_code == 303
    for browser in (auditor, admin):
        page = (await browser.get(visit)).text
        assert "检查组" in page
        assert re.findall(r'<form method="post" action="/console/(?!logout)', page) == [], "nothing to press"
        assert (await browser.get(f"{visit}/notice.pdf")).headers["content-type"] == "application/pdf"
        for act in ("replace", "reassign", "substitute", "comments", "orders", "objections", "handovers", "correct", "withdraw"):
            assert (await browser.post(f"{visit}/{act}", data=said)).status_code == 403, act
    assert "请先核对去年的记录" in (await auditor.get(visit)).text
    assert "请先核对去年的记录" in (await reviewer.get(visit)).text
    assert "请先核对去年的记录" not in (await admin.get(visit)).text, "who keeps the accounts is no colleague"


async def test_nobody_is_led_to_a_page_that_they_may_not_open(county):
    manager, auditor = await county("manager"), await county("auditor")
    for page in ("/console/inspections", "/console/board", "/console/inspections?state=submitted"):
        assert "/console/reviews/" not in (await manager.get(page)).text
    assert "/console/reviews/" in (await auditor.get("/console/inspections?state=submitted")).text
