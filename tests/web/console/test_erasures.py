"""个人信息删除 in the office: entered by one overseer, decided by another; nothing typed is lost."""

from __future__ import annotations

import re

from backend.storage.engine import connection, transaction


async def test_entered_by_one_decided_by_another(county):
    admin, auditor = await county("admin"), await county("auditor")
    async with transaction():
        await connection().execute("delete from erasure_request")
        number = await connection().fetchval("select number from objection where state = 'decided' order by number limit 1")
    page = (await admin.get("/console/erasures")).text
    form = {"id": re.search(r'name="id" value="([^"]+)"', page)[1], "kind": "objection", "number": number, "ground": "书面申请，已核验"}
    wrong = await admin.post("/console/erasures", data={**form, "number": "YY-0"})
    assert wrong.status_code == 422
    assert 'value="书面申请，已核验"' in wrong.text
    assert form["id"] in wrong.text
    for _ in range(2):
        assert (await admin.post("/console/erasures", data=form)).status_code == 303
    own = (await admin.get("/console/erasures")).text
    assert own.count('data-testid="erasure"') == 1
    assert "须由另一人决定" in own
    [request] = re.findall(r"/console/erasures/([0-9a-f-]{36})/decide", (await auditor.get("/console/erasures")).text)
    assert (await admin.post(f"/console/erasures/{request}/decide", data={"verdict": "erase"})).status_code == 403
    refused = await auditor.post(f"/console/erasures/{request}/decide", data={"verdict": "refuse", "reason": ""})
    assert refused.status_code == 422
    assert (await auditor.post(f"/console/erasures/{request}/decide", data={"verdict": "erase"})).status_code == 303
    assert (await auditor.post(f"/console/erasures/{request}/decide", data={"verdict": "erase"})).status_code == 409
    assert "已删除" in (await auditor.get("/console/erasures?lang=zh")).text
    assert "Erased" in (await auditor.get("/console/erasures?lang=en")).text
    assert (await (await county("manager")).get("/console/erasures")).status_code == 403
