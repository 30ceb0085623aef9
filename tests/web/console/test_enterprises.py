"""The list of enterprises, the dossier, its QR code."""

from __future__ import annotations

from io import BytesIO
from uuid import uuid4

import httpx
import pytest
import zxingcpp
from PIL import Image

from backend.placards.queries import find_current
from backend.registry.queries import EnterpriseView, list_by_codes
from backend.registry.rules import EnterpriseDraft, check_row, make_uscc
from backend.registry.service import load_industries, load_regions, put_enterprises
from backend.storage.engine import transaction


def draft(number: int, name: str, region: str) -> EnterpriseDraft:
    code = make_uscc("91" + region, f"YQ{number:06d}")
    found = check_row({"code": code, "name": name, "region": region, "industry": "6210", "legal_rep": "李娜"})
    assert isinstance(found, EnterpriseDraft)
    return found


@pytest.fixture
async def shops(db) -> list[EnterpriseView]:
    drafts = [draft(n, f"麒麟{n}号饭店", "530302") for n in range(60)] + [draft(99, "沾益<超市>", "530303")]
    async with transaction():
        await load_regions()
        await load_industries()
        await put_enterprises(drafts)
    return sorted((await list_by_codes([d.code for d in drafts])).values(), key=lambda e: e.name_key)


async def test_list_search_and_paging(client, login, shops):
    await login(client, "manager")
    page = await client.get("/console/enterprises")
    assert "共 61 户" in page.text
    following = page.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = await client.get(following)
    names = {e.name for e in shops if e.name.replace("<", "&lt;").replace(">", "&gt;") in page.text}
    rest = {e.name for e in shops if e.name.replace("<", "&lt;").replace(">", "&gt;") in second.text}
    assert names | rest >= {e.name for e in shops if "饭店" in e.name}
    partial = await client.get("/console/enterprises?q=沾益", headers={"hx-request": "true"})
    assert "<html" not in partial.text
    assert "沾益&lt;超市&gt;" in partial.text
    assert "<超市>" not in partial.text
    restored = await client.get("/console/enterprises?q=沾益", headers={"hx-request": "true", "hx-history-restore-request": "true"})
    assert "<html" in restored.text
    assert "没有符合条件" in (await client.get("/console/enterprises?status=revoked")).text
    assert (await client.get("/console/enterprises?after=nonsense")).status_code == 200


async def test_a_person_sees_the_enterprises_of_their_region_only(client, login, shops):
    await login(client, "reviewer", region="530303")
    page = await client.get("/console/enterprises")
    assert "共 1 户" in page.text
    other = next(e for e in shops if e.region == "530302")
    for path in ("", "/qr.png"):
        assert (await client.get(f"/console/enterprises/{other.id}{path}")).status_code == 404


async def test_the_dossier_names_source_and_version(client, login, shops):
    await login(client, "auditor", department=None)
    e = shops[0]
    page = await client.get(f"/console/enterprises/{e.id}")
    assert e.code in page.text
    assert "第 1 版" in page.text
    assert f"http://localhost:8000/e/{e.qr_token}" in page.text
    assert "Register of enterprises" in (await client.get(f"/console/enterprises/{e.id}?lang=en")).text


def _decode(answer: httpx.Response) -> str:
    [found] = zxingcpp.read_barcodes(Image.open(BytesIO(answer.content)).convert("L"))
    return found.text


async def test_the_card_carries_the_public_address(client, login, shops):
    await login(client, "manager")
    e = shops[3]
    answer = await client.get(f"/console/enterprises/{e.id}/qr.png")
    assert answer.headers["content-type"] == "image/png"
    assert _decode(answer) == f"http://localhost:8000/e/{e.qr_token}"
    sent = {"id": str(uuid4()), "format": "sticker", "by": "list", "codes": e.code}
    assert (await client.post("/console/placards", data=sent)).status_code == 303
    placard = await find_current(e.id)
    assert placard
    signed = f"http://localhost:8000/e/{placard.code}"
    assert _decode(await client.get(f"/console/enterprises/{e.id}/qr.png")) == signed
    assert signed in (await client.get(f"/console/enterprises/{e.id}")).text
