"""The board, the list and the home page: lamps in words, filters as links, nobody else's rows."""

from __future__ import annotations

import re

from backend.storage.engine import connection, transaction


def cards(page: str) -> list[str]:
    return re.findall(r'<li class="card-small', page)


async def test_the_board_has_its_columns_and_says_each_lamp(county):
    manager = await county("manager")
    page = (await manager.get("/console/board")).text
    for name in ("待检查", "现场检查", "退回修改", "待审核", "公示后续", "已公示"):
        assert re.search(rf'<h2 id="column-\w+">{name} ', page), name
    assert "还有" in page
    assert "个工作日" in page
    one = (await manager.get("/console/board", params={"column": "returned"})).text
    assert len(cards(one)) == 1
    assert 'class="board one"' in one


async def test_a_filter_is_a_link_and_htmx_gets_the_part(county):
    manager = await county("manager")
    everything = (await manager.get("/console/board")).text
    red = await manager.get("/console/board", params={"lamp": "red"})
    assert 'value="red" checked' in red.text
    assert len(cards(red.text)) < len(cards(everything))
    part = await manager.get("/console/board", params={"county": "530302"}, headers={"hx-request": "true"})
    assert "<html" not in part.text
    assert set(re.findall(r'<span class="muted small">(\S+) ·', part.text)) == {"麒麟区"}
    back = await manager.get("/console/board", headers={"hx-request": "true", "hx-history-restore-request": "true"})
    assert "<html" in back.text, "going back needs the whole page"


async def test_the_home_page_counts_by_lamp_and_county(county):
    manager = await county("manager")
    async with transaction():
        await connection().execute("update inspection set due_on = '2026-01-05' where state = 'dispatched' and county = '530302'")
    home = (await manager.get("/console")).text
    found = re.search(r'href="(/console/inspections\?county=530302&amp;lamp=red)">(\d+)<', home)
    page = (await manager.get(found[1].replace("&amp;", "&"))).text
    assert len(re.findall(r"<tr>\s*<td", page)) == int(found[2]) > 0
    assert "完成检查 · 逾期" in page


async def test_campaigns_stand_in_columns_with_the_lamps_of_their_visits(county):
    manager = await county("manager")
    page = (await manager.get("/console/board/campaigns")).text
    assert "2026年餐饮服务食品安全双随机抽查" in page
    board = re.search(r"/console/board\?campaign=[0-9a-f-]{36}", page)[0]
    assert "2026年冬季加油站" not in (await manager.get(board)).text.partition('id="list"')[2]
    english = (await manager.get("/console/board/campaigns", params={"lang": "en"})).text
    assert "Campaign board" in english


async def test_nonsense_in_a_link_is_no_error(county):
    manager = await county("manager")
    for path in ("/console/board?campaign=x&lamp=blue&column=nowhere", "/console/inspections?after=x_y&clock=never&mine=1"):
        assert (await manager.get(path)).status_code == 200
