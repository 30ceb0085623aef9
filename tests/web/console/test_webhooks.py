"""The office's page of webhooks: set up, tested, paused, removed; the secret is shown once; only administrators."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4

import msgspec
import pytest

from backend.kernel.settings import settings
from backend.usecases import push_changes
from tests.rooms.partner_service import Partner


@pytest.fixture
def partner(monkeypatch) -> Iterator[Partner]:
    changed = msgspec.structs.replace(settings(), webhook_hosts=("127.0.0.1",))
    monkeypatch.setattr(push_changes, "settings", lambda: changed)
    made = Partner()
    yield made
    made.close()


async def test_an_administrator_sets_one_up_tests_it_and_removes_it(county, partner):
    admin = await county("admin")
    form = {"id": str(uuid4()), "name": "市大数据局", "address": partner.address, "events": ["result.published", "draw.announced"]}
    added = await admin.post("/console/webhooks", data=form)
    assert added.status_code == 200
    partner.secret = re.search(r'<code id="secret">(whsec_[^<]+)</code>', added.text)[1]
    page = (await admin.get("/console/webhooks")).text
    assert "市大数据局" in page
    assert partner.secret not in page
    assert "secret-part" not in page
    again = await admin.post("/console/webhooks", data=form)
    assert again.status_code == 303
    hook = f"/console/webhooks/{form['id']}"
    tested = await admin.post(f"{hook}/test")
    assert "测试消息已送达" in tested.text
    assert partner.got[0][2], "signed by the secret that was shown"
    partner.answers = [503]
    refused = await admin.post(f"{hook}/test")
    assert refused.status_code == 502
    assert "HTTP 503" in refused.text
    change = {"id": str(uuid4()), "overlap": "7"}
    changed = await admin.post(f"{hook}/rotate", data=change)
    fresh = re.search(r'<code id="secret">(whsec_[^<]+)</code>', changed.text)[1]
    assert fresh != partner.secret
    assert changed.headers["cache-control"] == "no-store"
    assert (await admin.post(f"{hook}/rotate", data=change)).status_code == 303, "a second click"
    shown = (await admin.get(hook)).text
    assert fresh not in shown
    assert "旧密钥同时签名至" in shown
    assert (await admin.post(f"{hook}/rotate", data={"id": str(uuid4()), "overlap": "soon"})).status_code == 422
    assert (await admin.post(f"{hook}/end-old-secret")).status_code == 303
    assert "旧密钥同时签名至" not in (await admin.get(hook)).text
    assert (await admin.post(f"{hook}/pause")).status_code == 303
    assert "已暂停" in (await admin.get(hook)).text
    assert (await admin.post(f"{hook}/resume")).status_code == 303
    assert (await admin.post(f"{hook}/remove")).status_code == 303
    shown = (await admin.get(hook)).text
    assert "已移除" in shown
    assert "测试消息" in shown, "the log stays"
    assert (await admin.post(f"{hook}/resume")).status_code == 409
    assert (await admin.post(f"{hook}/explode")).status_code == 404


async def test_what_is_wrong_is_said_and_nothing_typed_is_lost(county, partner):
    admin = await county("admin")
    for wrong, word in (
        ({"address": "https://10.0.0.1/x"}, "公网域名"),
        ({"address": "http://example.com/"}, "https://"),
        ({"name": ""}, "对方名称"),
        ({"events": []}, "至少选择一种事件"),
    ):
        form = {"id": str(uuid4()), "name": "某局", "address": "https://hooks.example.com/in", "events": ["draw.voided"]}
        answer = await admin.post("/console/webhooks", data={**form, **wrong})
        assert answer.status_code == 422, wrong
        assert word in answer.text
        if "name" not in wrong:
            assert 'value="某局"' in answer.text
    english = await admin.post("/console/webhooks?lang=en", data={"id": str(uuid4()), "name": "x", "address": "ftp://x.com/", "events": ["draw.voided"]})
    assert "it must begin with https://" in english.text


@pytest.mark.parametrize("username", ["manager", "reviewer", "auditor"])
async def test_nobody_else_gets_there(county, username):
    person = await county(username)
    assert (await person.get("/console/webhooks")).status_code == 403
    assert (await person.post("/console/webhooks", data={"name": "x"})).status_code == 403
    assert 'href="/console/webhooks"' not in (await person.get("/console")).text
