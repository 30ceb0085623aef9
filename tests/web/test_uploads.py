"""Strangers' files handed out again, so that nothing in them can run."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest
from litestar import Litestar, Response, get
from litestar.params import FromPath

from backend.intake import queries, service
from backend.storage.engine import transaction
from backend.web.shared import errors, uploads
from tests.files.strangers import CORPUS

MATTER = uuid4()


@get("/files/{name:str}")
async def show(name: FromPath[str]) -> Response[bytes]:
    found = (await queries.list_files("test", [MATTER]))[MATTER]
    [one] = [f for f in found if f.name == name]
    content = await queries.find_file(one.id, purpose="test", subject=MATTER)
    assert content is not None
    return uploads.answer_file(content)


@pytest.fixture
async def browser(db):
    app = Litestar([show], exception_handlers=errors.HANDLERS, openapi_config=None)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers={"accept": "application/json"}) as opened:
        yield opened


async def test_a_picture_is_looked_at_and_a_paper_is_saved(browser):
    files = [await service.inspect(s.make(), s.name) for s in CORPUS if s.name in ("with position.jpg", "letter.pdf")]
    async with transaction():
        await service.keep(files, purpose="test", subject=MATTER)
    photo = await browser.get("/files/with position.jpg")
    assert photo.headers["content-type"] == "image/jpeg"
    assert "content-disposition" not in photo.headers
    paper = await browser.get("/files/letter.pdf")
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.headers["content-disposition"] == "attachment; filename*=UTF-8''letter.pdf"
    for one in (photo, paper):
        assert one.headers["content-security-policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
        assert "no-store" in one.headers["cache-control"]
