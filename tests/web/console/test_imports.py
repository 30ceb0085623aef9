"""The import pages: upload, progress, preview, override, apply, error report, and who may do what."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import httpx
import openpyxl
import pytest

from backend.cli.demo.samples import Sample, write_sample_register
from backend.kernel import clock
from backend.registry.service import load_industries, load_regions
from backend.storage.engine import transaction
from backend.usecases import import_registry


@pytest.fixture(autouse=True)
async def codes(db):
    async with transaction():
        await load_regions()
        await load_industries()


@pytest.fixture
def sample(tmp_path: Path) -> tuple[bytes, Sample]:
    path = tmp_path / "sample.xlsx"
    made = write_sample_register(path, "xlsx_mixed")
    return path.read_bytes(), made


async def upload(client: httpx.AsyncClient, data: bytes, name: str = "曲靖名录.xlsx") -> str:
    answer = await client.post("/console/imports", files={"file": (name, data)})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def work() -> None:
    while await import_registry.work_off():
        pass


async def test_from_upload_to_register(client, login, sample):
    data, made = sample
    await login(client, "manager")
    where = await upload(client, data)
    assert await upload(client, data) == where

    page = await client.get(where)
    assert 'hx-trigger="every 1s"' in page.text
    progress = await client.get(where + "/progress", headers={"hx-request": "true"})
    assert "hx-refresh" not in progress.headers
    await work()
    progress = await client.get(where + "/progress", headers={"hx-request": "true"})
    assert progress.headers["hx-refresh"] == "true"

    page = await client.get(where)
    assert "曲靖名录.xlsx" in page.text
    assert "校验码" in page.text
    assert "362322198709086409" not in page.text  # an ID-card number is never shown
    english = await client.get(where + "?lang=en&verdict=bad")
    assert "check digit" in english.text
    assert f">{made.good}<" in english.text

    answer = await client.post(where + "/override", data={"reason": "营业执照原件如此"})
    assert answer.status_code == 422
    row = page.text.split('name="row" value="')[1].split('"')[0]
    answer = await client.post(where + "/override", data={"row": row, "reason": "营业执照原件如此"})
    assert answer.status_code == 303
    assert f">{made.bad - 1}<" in (await client.get(where)).text

    assert (await client.post(where + "/apply")).status_code == 303
    await work()
    page = await client.get(where)
    assert "transparency log" in page.text
    found = await client.get("/console/enterprises")
    assert str(made.good + 1) in found.text.split('aria-live="polite">')[1][:40]
    assert "曲靖名录.xlsx" in (await client.get("/console")).text


async def test_the_error_report_can_be_mended_and_uploaded_again(client, login, sample):
    data, made = sample
    await login(client, "manager")
    where = await upload(client, data)
    await work()
    answer = await client.get(where + "/errors.xlsx")
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    rows = [[cell.value for cell in row] for row in book.active.iter_rows()]
    assert len(rows) == made.bad + 1
    assert rows[0][-2:] == ["错误", "Errors"]
    assert all(row[-1] and row[-2] for row in rows[1:])
    at = [str(title).strip("*").removesuffix("（必填）") for title in rows[0]].index("名称")
    blank = next(row for row in rows[1:] if not row[at])
    book.active.cell(rows.index(blank) + 1, at + 1, "补上的名称")
    mended = io.BytesIO()
    book.save(mended)
    again = await upload(client, mended.getvalue(), "更正.xlsx")
    await work()
    assert ">1<" in (await client.get(again + "?verdict=new")).text
    text = (await client.get(where + "/errors.csv")).content
    assert text.startswith(b"\xef\xbb\xbf")


async def test_a_missing_and_a_useless_file_say_so(client, login):
    await login(client, "manager")
    answer = await client.post("/console/imports", files={"other": ("x", b"y")})
    assert answer.status_code == 422
    assert "请选择" in answer.text
    where = await upload(client, b"a,b\n1,2\n", "x.csv")
    await work()
    assert "表头" in (await client.get(where)).text


async def test_only_managers_write_and_only_their_region_is_seen(client, login, browsers, sample):
    data, _made = sample
    await login(client, "manager", region="530302", username="qilin")
    where = await upload(client, data)
    await work()
    for role, region, sees in (("manager", "530303", 404), ("admin", "5303", 200), ("reviewer", "5303", 403), ("inspector", "5303", 403)):
        other = await browsers()
        await login(other, role, region=region, username=f"other-{role}")
        assert (await other.get(where)).status_code == sees
        assert (await other.get(where + "/errors.csv")).status_code == sees
        assert (await other.post(where + "/apply")).status_code == (404 if role == "manager" else 403)
        assert (await other.post("/console/imports", files={"file": ("a.csv", b"x")})).status_code == (303 if role == "manager" else 403)
    assert (await client.post(where + "/cancel")).status_code == 303
    assert "已取消" in (await client.get(where)).text
    nobody = await browsers()
    assert (await nobody.get(where)).headers["location"].startswith("/console/login")


async def test_the_template_is_a_workbook_that_reads_back(client, login):
    await login(client, "manager")
    answer = await client.get("/console/imports/template.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.active["A1"].value == "统一社会信用代码"
    assert (await client.get("/console/imports/samples/../../keys")).status_code == 404


async def test_columns_are_named_on_the_page_and_an_import_is_undone_from_it(client, login):
    await login(client, "manager")
    data = "统一社会信用代码,企业名称,所在地方,做什么\n91530300579828092D,曲靖云岭餐饮,麒麟区,6210\n".encode("gbk")
    where = await upload(client, data, "台账.csv")
    await work()
    page = await client.get(where)
    assert "请确认各列的含义" in page.text
    assert '<select name="c2"' in page.text
    assert "麒麟区" in page.text
    answer = await client.post(where + "/columns", data={"c2": "region"})
    assert answer.status_code == 422
    assert "行业代码" in answer.text.split('role="alert"')[1][:200]
    assert (await client.post(where + "/columns", data={"c2": "region", "c3": "industry"})).status_code == 303
    await work()
    page = await client.get(where)
    assert '<option value="industry" selected>' in page.text
    assert (await client.post(where + "/apply")).status_code == 303
    progress = await client.get(where + "/progress")
    assert "正在写入" in progress.text
    assert (await client.get(where)).text.count(where + "/cancel") == 1
    await work()
    page = await client.get(where)
    assert "撤销此次导入" in page.text
    assert (await client.post(where + "/undo")).status_code == 303
    await work()
    page = await client.get(where)
    assert "移出新增的 1 条" in page.text
    assert "撤销此次导入" not in page.text
    again = await upload(client, data + b"\n", "台账.csv")
    await work()
    assert "已按本部门上次" in (await client.get(again)).text


async def test_partner_files_are_imported_by_kind(client, login):
    await login(client, "manager")
    data = "CF_WSH,CF_XDR_MC,CF_XDR_SHXYM\n1号,甲,91530300579828092D\n".encode("gbk")
    answer = await client.post("/console/imports", files={"file": ("处罚.csv", data)}, data={"kind": "penalties"})
    where = answer.headers["location"]
    await work()
    page = await client.get(where)
    assert "双公示行政处罚" in page.text
    assert "请先导入名录" in page.text
    report = await client.get(where + "/errors.csv")
    assert report.text.splitlines()[1].startswith("1号,甲,91530300579828092D,名录库中没有")
    assert (await client.post("/console/imports", files={"file": ("x.csv", data)}, data={"kind": "recipes"})).status_code == 422
    for kind in ("register", "penalties", "permits"):
        assert (await client.get(f"/console/imports/templates/{kind}")).content.startswith(b"PK")


async def test_an_upload_that_nobody_took_in_says_that_it_is_gone(client, login, sample):
    data, _made = sample
    await login(client, "manager")
    where = await upload(client, data)
    await work()
    assert 'href="?verdict=new"' in (await client.get(where)).text
    later = clock.now() + timedelta(days=31)
    clock.hold(lambda: later)
    assert await import_registry.clear_leftovers()
    clock.hold(None)
    page = (await client.get(where)).text
    assert "上传已满 30 天，文件和预览已自动清除" in page
    assert 'href="?verdict=new"' not in page
    assert "30 days after the upload its file and preview were removed" in (await client.get(where + "?lang=en")).text
