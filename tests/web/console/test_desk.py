"""Ticked rows, comments and notices on the pages."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

from backend.kernel import clock
from backend.storage.engine import connection, transaction


async def ids(state: str) -> list[str]:
    async with transaction():
        rows = await connection().fetch("select id from inspection where state = $1 and department = 'scjg' order by due_on, id", state)
    return [str(r["id"]) for r in rows]


async def test_rows_are_ticked_seen_and_done(county):
    manager = await county("manager")
    page = (await manager.get("/console/inspections", params={"state": "dispatched"})).text
    ticked = re.findall(r'name="rows" value="([0-9a-f-]{36})"', page)[:2]
    assert len(ticked) == 2
    rows = [*ticked, (await ids("published"))[0]]
    day = (clock.today() + timedelta(days=80)).isoformat()
    data = {"rows": rows, "action": "extend", "due_on": day, "reason": "企业停业装修"}
    preview = (await manager.post("/console/bulk/preview", data=data)).text
    assert "其中 2 项可以办理，1 项不能" in preview
    assert f"延至 {day}" in preview
    assert "当前状态（已公示）不能进行此操作" in preview
    async with transaction():
        assert await connection().fetchval("select count(*) from desk_extension where inspection = any($1::uuid[])", rows) == 0
    form = dict(re.findall(r'name="(id|action|due_on|reason|reviewer)" value="([^"]*)"', preview.partition('action="/console/bulk"')[2])[:5])
    first = await manager.post("/console/bulk", data={**form, "rows": rows})
    again = await manager.post("/console/bulk", data={**form, "rows": rows})
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    result = (await manager.get(first.headers["location"])).text
    assert "已办理 2 项，未办理 1 项" in result
    visit = (await manager.get(f"/console/visits/{ticked[0]}")).text
    assert "企业停业装修" in visit
    assert f"延至 {day}" in visit
    assert (await (await county("reviewer")).get(first.headers["location"])).status_code == 404, "a person's own run"


async def test_what_is_missing_is_said_and_the_ticks_stay(county):
    manager = await county("manager")
    row = (await ids("dispatched"))[0]
    for data, words in (
        ({"action": ""}, "请选择要办理的操作"),
        ({"action": "extend", "due_on": "soon"}, "请选择日期"),
        ({"action": "assign"}, "请选择审核员"),
    ):
        answer = await manager.post("/console/bulk/preview", data={"rows": row, **data})
        assert answer.status_code == 422, words
        assert words in answer.text
        assert f'name="rows" value="{row}"' in answer.text
    answer = await manager.post("/console/bulk", data={"id": "x", "rows": row, "action": "remind"})
    assert answer.status_code == 422
    assert (await manager.post("/console/bulk/preview", data={"action": "remind"})).status_code == 422


async def test_only_managers_and_reviewers_have_the_bar(county):
    auditor, reviewer = await county("auditor"), await county("reviewer")
    assert 'name="rows"' not in (await auditor.get("/console/inspections")).text
    page = (await reviewer.get("/console/inspections")).text
    assert 'option value="assign"' in page
    assert 'option value="extend"' not in page


async def test_a_comment_calls_a_colleague_who_finds_it_on_the_desk(county):
    manager, reviewer = await county("manager"), await county("reviewer")
    visit = f"/console/visits/{(await ids('submitted'))[0]}"
    page = (await manager.get(visit)).text
    assert "@李文华" in page, "whom one may call"
    form = {"id": str(uuid4()), "text": "@李文华 <b>请看</b>第三张"}
    assert (await manager.post(f"{visit}/comments", data=form)).status_code == 303
    assert (await manager.post(f"{visit}/comments", data=form)).status_code == 303
    page = (await reviewer.get(visit)).text
    assert page.count("&lt;b&gt;请看&lt;/b&gt;第三张") == 1
    home = (await reviewer.get("/console")).text
    assert "同事提到您" in home
    assert f"{visit}#comments" in home
    notices = re.findall(r'name="notices" value="([0-9a-f-]{36})"', home)
    assert (await manager.post("/console/notices/read", data={"notices": notices})).status_code == 303
    assert "同事提到您" in (await reviewer.get("/console")).text, "nobody reads another's notices away"
    assert (await reviewer.post("/console/notices/read", data={"notices": notices})).status_code == 303
    assert "同事提到您" not in (await reviewer.get("/console")).text
    long = await manager.post(f"{visit}/comments", data={"id": str(uuid4()), "text": "长" * 2001})
    assert long.status_code == 422
    assert "长" * 2001 in long.text, "nothing typed is lost"
