"""The page for phones' backups: upload, progress, outcome per record, and who may."""

from __future__ import annotations

import random
from uuid import uuid4

from backend.cli.demo.fieldwork import make_work
from backend.ledger import sequencer
from backend.usecases import import_unsent
from backend.usecases.field_bundle import build_field_bundle
from tests.usecases.backups import backup, entry
from tests.usecases.test_records import enrol, principal


async def made(drafts=()):
    officer = await principal("inspector")
    bundle = await build_field_bundle(by=officer)
    visit = next(i for i in bundle["inspections"] if i["state"] == "dispatched")
    work = make_work(visit, bundle["checklists"], await enrol(officer), t_dev_ms=1_790_000_000_000, dice=random.Random(4))
    return work, backup([entry(work), entry(work, id=str(uuid4()))], work.files, drafts=drafts)


async def upload(browser, data, name="sunlot-inspector-李明-2026-11-25.zip"):
    return await browser.post("/console/unsent", files={"file": (name, data, "application/zip")})


async def test_from_upload_to_the_outcome_of_each_record(county):
    manager = await county("manager")
    work, data = await made([{"enterprise": "草稿小吃店", "changed_at_ms": 1_790_000_000_000, "photos": [1, 2]}])
    answer = await upload(manager, data)
    assert answer.status_code == 303
    where = answer.headers["location"]
    assert (await upload(manager, data)).headers["location"] == where  # a double click is one import
    assert 'hx-trigger="every 1s"' in (await manager.get(where)).text
    assert "0 / 2" in (await manager.get(where + "/progress", headers={"hx-request": "true"})).text
    while await import_unsent.work_off():
        pass
    assert (await manager.get(where + "/progress", headers={"hx-request": "true"})).headers["hx-refresh"] == "true"
    await sequencer.sequence()
    page = (await manager.get(where)).text
    assert page.count('data-outcome="accepted"') == 1
    assert page.count('data-outcome="refused"') == 1
    assert "编号 " in page
    assert "草稿小吃店" in page
    assert "不是检查记录" in page
    english = (await manager.get(where + "?lang=en")).text
    assert "does not belong to this inspection" in english
    assert "brought by" in english
    assert (await manager.post(where + "/again")).status_code == 303
    reviewer = await county("reviewer")
    seen = (await reviewer.get(f"/console/reviews/{work.submission}")).text
    assert "从手机备份补传" in seen


async def test_a_backup_may_be_large_and_must_be_one(county):
    manager = await county("manager")
    work, _ = await made()
    padding = {f"{n:064x}": bytes(17 << 20) for n in range(2)}
    large = backup([entry(work)], padding)  # 34 MB: beyond what other pages take
    assert (await upload(manager, large)).status_code == 303
    for data in (b"", b"not a zip", large[:-9]):
        answer = await upload(manager, data)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text


async def test_only_managers_and_administrators_of_the_scope(county):
    _work, data = await made()
    manager = await county("manager")
    where = (await upload(manager, data)).headers["location"]
    assert (await (await county("admin")).get(where)).status_code == 200
    for name in ("reviewer", "auditor"):
        other = await county(name)
        assert (await other.get("/console/unsent")).status_code == 403
        assert (await upload(other, data)).status_code == 403
        assert (await other.get(where)).status_code == 403
    nobody = await county("")
    assert (await nobody.get(where)).headers["location"].startswith("/console/login")
