"""The pages of the item list, the editor of checklists with its preview, and the import of a spreadsheet."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from openpyxl import Workbook

from backend.items.queries import find_draft, find_item, list_register, list_versions
from backend.kernel import clock

TODAY = clock.today().isoformat()
ITEM = {
    "code": "SC01",
    "name_zh": "餐饮检查",
    "name_en": "Catering",
    "category": "general",
    "method": "onsite",
    "qualification": "food",
    "legal_basis": "食品安全法",
    "valid_from": TODAY,
    "effective_from": TODAY,
}
WHERE = "/console/items/SC01"


@pytest.fixture
async def manager(client, login):
    await login(client, "manager")
    assert (await client.post("/console/items/new", data=ITEM)).status_code == 303
    return client


def version(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]


def hidden(page: str) -> dict[str, str]:
    """Every field of the checklist's form as the browser would send it."""
    form = page.split('class="checklist-editor"')[1].split("<aside")[0]
    fields = dict(re.findall(r'<input[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', form))
    fields |= dict(re.findall(r'<textarea[^>]*?name="([^"]+)"[^>]*>([^<]*)</textarea>', form))
    for name, body in re.findall(r'<select[^>]*?name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body)
        fields[name] = chosen[1] if chosen else re.search(r'value="([^"]*)"', body)[1]
    return fields


async def press(client, act: str, **typed: str):
    page = (await client.get(WHERE + "/checklist")).text
    return await client.post(WHERE + "/checklist", data=hidden(page) | typed | {"act": act})


async def test_an_item_is_added_changed_from_a_day_and_ended(manager):
    page = (await manager.get(WHERE)).text
    assert "尚未发布检查表" in page
    refused = await manager.post("/console/items/new", data=ITEM | {"code": "餐饮", "legal_basis": "保留我"})
    assert refused.status_code == 422
    assert "事项编号：须为" in refused.text
    assert "保留我</textarea>" in refused.text
    day = (clock.today() + timedelta(days=5)).isoformat()
    assert (await manager.post(WHERE, data=ITEM | {"version": version(page), "legal_basis": "新法", "effective_from": day})).status_code == 303
    page = (await manager.get(WHERE)).text
    assert f"自 {day} 起有变更" in page
    assert "<del>食品安全法</del> → <ins>新法</ins>" in page
    stale = await manager.post(WHERE, data=ITEM | {"version": "1", "name_zh": "餐饮服务检查"})
    assert stale.status_code == 409
    assert 'value="餐饮服务检查"' in stale.text
    refused = await manager.post(WHERE + "/end", data={"version": version(page), "valid_to": day, "reason": ""})
    assert refused.status_code == 422
    assert f'value="{day}"' in refused.text
    assert (await manager.post(WHERE + "/end", data={"version": version(page), "valid_to": day, "reason": "事项取消"})).status_code == 303
    assert "事项取消" in (await manager.get(WHERE)).text
    assert (await find_item("SC01")).valid_to.isoformat() == day


async def test_a_checklist_is_written_moved_and_published_with_plain_forms(manager):
    assert (await manager.get(WHERE + "/checklist")).status_code == 404
    assert (await manager.post(WHERE + "/checklist/open")).status_code == 303
    first = await press(manager, "add:yes_no_na")
    assert first.headers["location"].endswith("/checklist#q1")
    await press(manager, "add:number", **{"q.0.zh": "许可证是否公示", "q.0.en": "Is the licence displayed?"})
    refused = await press(manager, "publish", **{"q.1.zh": "冷藏温度", "q.1.min": "冷"}, note="首版")
    assert refused.status_code == 422
    assert "发布前须改正 3 处" in refused.text
    for says in ("第 2 题</a> · 问题（英文）：请填写英文问题", "第 2 题</a> · 单位：", "“冷”不是数字"):
        assert says in refused.text
    assert 'value="首版"' in refused.text
    assert 'value="许可证是否公示"' in refused.text
    await press(manager, "up:1", **{"q.1.en": "Temperature", "q.1.unit": "℃", "q.1.min": "0", "q.1.max": "8"})
    draft = await find_draft("SC01")
    assert [q["id"] for q in draft.questions] == ["q2", "q1"]
    await press(manager, "add:text")
    await press(manager, "delete:2")
    published = await press(manager, "publish", note="首版")
    assert published.status_code == 303, published.text
    (v1,) = await list_versions("SC01")
    assert [(q["id"], q["type"]) for q in v1.questions] == [("q2", "number"), ("q1", "yes_no_na")]
    assert v1.questions[0]["max"] == 8
    page = (await manager.get(WHERE + "/versions/1")).text
    assert "应在 0 至 8 之间" in page
    assert "许可证是否公示" in page
    await manager.post(WHERE + "/checklist/open")
    await press(manager, "add:choice")
    await press(manager, "save", **{"q.2.zh": "种类", "q.2.en": "Kind", "q.2.options": "a | 甲 | A\nb | 乙 | B", "q.1.law": "食品安全法 第三十五条"})
    assert "与第 1 版相比有 2 处变更" in (await manager.get(WHERE + "/checklist")).text
    assert (await press(manager, "publish", note="增加种类")).status_code == 303
    page = (await manager.get(WHERE + "/versions/2")).text
    assert "增加种类" in page
    assert "<ins>食品安全法 第三十五条</ins>" in page
    assert "q3" not in {q["id"] for q in v1.questions}
    english = (await manager.get(WHERE + "/versions/2?lang=en")).text
    assert "Is the licence displayed?" in english


async def test_the_preview_shows_what_is_typed_without_saving_it(manager):
    await manager.post(WHERE + "/checklist/open")
    await press(manager, "add:yes_no_na")
    page = (await manager.get(WHERE + "/checklist")).text
    typed = {"q.0.zh": "<b>是否公示</b>", "q.0.guide_zh": "看墙上", "q.0.phrases": "未公示 | Not displayed"}
    part = await manager.post(WHERE + "/checklist/preview", data=hidden(page) | typed)
    assert part.status_code == 200
    assert "&lt;b&gt;是否公示&lt;/b&gt;" in part.text
    assert "看墙上" in part.text
    assert "未公示" in part.text
    assert "须拍照" in part.text
    assert "<html" not in part.text
    assert (await find_draft("SC01")).questions[0]["zh"] == ""


async def test_two_people_writing_one_checklist_see_both_texts(manager, login, browsers):
    await manager.post(WHERE + "/checklist/open")
    await press(manager, "add:yes_no_na")
    opened = hidden((await manager.get(WHERE + "/checklist")).text)
    colleague = await browsers()
    await login(colleague, "manager", username="second", name="李强")
    await press(colleague, "save", **{"q.0.zh": "同事写的", "q.0.en": "Theirs"})
    answer = await manager.post(WHERE + "/checklist", data=opened | {"q.0.zh": "我写的", "act": "save"})
    assert answer.status_code == 409
    both = answer.text.split('class="both"')[1].split("</table>")[0]
    assert "同事写的" in both
    assert "我写的" in both
    assert 'value="我写的"' in answer.text
    assert (await manager.post(WHERE + "/checklist", data=hidden(answer.text) | {"act": "save"})).status_code == 303
    assert (await find_draft("SC01")).questions[0]["zh"] == "我写的"


async def test_who_may_write_and_who_may_read(manager, login, browsers):
    await manager.post(WHERE + "/checklist/open")
    for role, department in (("manager", "xfjy"), ("reviewer", "scjg"), ("auditor", None), ("admin", None)):
        other = await browsers()
        await login(other, role, department=department, username=f"{role}-{department}")
        page = await other.get(WHERE)
        assert page.status_code == 200
        assert 'name="version"' not in page.text
        assert "SC01" in (await other.get("/console/items")).text
        for path in ("/checklist", "/checklist/preview"):
            assert (await other.post(WHERE + path, data={"act": "drop", "version": "1"})).status_code == 403
        assert (await other.post(WHERE, data=ITEM | {"version": "1"})).status_code in (403, 404)
        assert (await other.post(WHERE + "/checklist/open")).status_code in (403, 404)
    assert (await find_draft("SC01")) is not None


def workbook(*rows: tuple[str, ...]) -> bytes:
    book = Workbook()
    book.active.append(["某市随机抽查事项清单（2027版）"])
    book.active.append(["编号", "抽查事项", "类别", "检查依据", "检查方式", "资质"])
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


async def upload(client, content: bytes, name: str = "items.xlsx"):
    return await client.post("/console/items/imports", data={"valid_from": TODAY}, files={"file": (name, content)})


async def test_a_spreadsheet_is_previewed_then_imported_whole(manager):
    food, drug = ("SC01", "餐饮检查", "一般", "食品安全法", "现场检查", "食品安全检查"), ("SC02", "药品检查", "重点", "药品管理法", "书面", "")
    bad = await upload(manager, workbook(food, drug, ("SC03", "", "特别", "x", "实地", "")))
    page = await manager.get(bad.headers["location"])
    assert "事项类别“特别”：没有这个选项" in page.text
    assert "有 1 行有误" in page.text
    assert (await manager.post(bad.headers["location"] + "/apply")).status_code == 422
    assert len(await list_register()) == 1
    good = await upload(manager, workbook(food, drug))
    page = (await manager.get(good.headers["location"])).text
    assert re.search(r'class="figure card tight good"><b>1</b>', page)
    assert (await manager.post(good.headers["location"] + "/apply")).status_code == 303
    assert "已导入" in (await manager.get(good.headers["location"])).text
    assert [(r.code, r.category, r.method) for r in await list_register()] == [("SC01", "general", "onsite"), ("SC02", "key", "documents")]
    text = "编号,抽查事项,类别,检查依据,检查方式\nSC05,计量检查,一般,计量法,实地\n".encode("gb18030")
    assert (await upload(manager, text, "items.csv")).status_code == 303


async def test_files_that_cannot_be_read_say_why(manager):
    for content, says in ((b"%PDF-1.4", "这不是表格文件"), ("姓名,年龄\n张三,3\n".encode(), "没有找到表头"), (b"", "文件是空的")):
        answer = await upload(manager, content)
        assert answer.status_code == 422
        assert says in answer.text
    answer = await upload(manager, "编号,抽查事项\nSC05,计量检查\n".encode())
    assert "缺少必需的列：事项类别、检查依据、检查方式" in answer.text
    template = await manager.get("/console/items/imports/template.xlsx")
    assert template.content[:2] == b"PK"
    assert "没有数据行" in (await upload(manager, template.content)).text
