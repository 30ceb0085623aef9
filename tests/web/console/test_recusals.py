"""The recusal page, the phone's request, the enterprise's form."""

from __future__ import annotations

import re

from backend.storage.engine import connection, transaction


async def an_enterprise():
    async with transaction():
        return await connection().fetchrow("select code, qr_token from enterprise where region = '530302' and status = 'active' limit 1")


async def test_a_manager_enters_one_and_ends_it(county):
    manager = await county("manager")
    enterprise = await an_enterprise()
    text = (await manager.get("/console/recusals")).text
    officer = re.search(r'<option value="([0-9a-f-]{36})">', text)[1]
    refused = await manager.post("/console/recusals", data={"officer": officer, "code": "nonsense", "reason": "亲属"})
    assert refused.status_code == 422
    assert 'value="nonsense"' in refused.text
    assert (await manager.post("/console/recusals", data={"officer": officer, "code": enterprise["code"], "reason": "亲属关系"})).status_code == 303
    text = (await manager.get("/console/recusals")).text
    assert "亲属关系" in text
    auditor = await county("auditor")
    text = (await auditor.get("/console/recusals")).text
    assert enterprise["qr_token"] not in text
    assert "亲属关系" not in text, "the reason stays with the deciding office"
    end = re.search(r"/console/recusals/[0-9a-f-]{36}/end", (await manager.get("/console/recusals")).text)[0]
    assert (await auditor.post(end)).status_code == 403
    assert (await manager.post(end)).status_code == 303
    assert "亲属关系" not in (await manager.get("/console/recusals")).text


async def test_two_managers_of_one_request_the_second_sees_both_decisions(county):
    manager, colleague = await county("manager"), await county("manager")
    text = (await manager.get("/console/recusals")).text
    officer = re.search(r'<option value="([0-9a-f-]{36})">', text)[1]
    enterprise = await an_enterprise()
    await manager.post("/console/recusals", data={"officer": officer, "code": enterprise["code"], "reason": "亲属关系"})
    async with transaction():
        recusal = await connection().fetchval(
            "update recusal set state = 'declared', decision = '', decided_by = null, decided_at = null where reason = '亲属关系' returning id"
        )
    path = f"/console/recusals/{recusal}/decide"
    empty = await manager.post(path, data={"verdict": "uphold", "decision": " "})
    assert empty.status_code == 422
    assert (await colleague.post(path, data={"verdict": "dismiss", "decision": "关系已解除"})).status_code == 303
    answer = await manager.post(path, data={"verdict": "uphold", "decision": "属实"})
    assert answer.status_code == 409
    assert re.search(r'id="unsaved">.*属实.*关系已解除', answer.text)


async def test_the_enterprises_form_answers_alike_for_every_name(county):
    visitor = await county("")
    enterprise = await an_enterprise()
    page = f"/e/{enterprise['qr_token']}"
    await visitor.get(page)
    answers = {(await visitor.post(f"{page}/recusal", data={"officer": name, "reason": "利害关系"})).text.count("已收到") for name in ("张三", "李四")}
    assert answers == {1}
    missing = await visitor.post(f"{page}/recusal", data={"officer": "", "reason": "保留这句话"})
    assert "保留这句话" in missing.text
    assert "已收到" not in missing.text
