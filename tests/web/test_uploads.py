"""Strangers' files over HTTP: read out of a form, refused with their names, handed out so that nothing in them can run."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest
from litestar import Litestar, Request, Response, get, post
from litestar.params import FromPath

from backend.intake import queries, service
from backend.storage.engine import transaction
from backend.web.shared import errors, uploads
from tests.files.strangers import CORPUS

MATTER = uuid4()


@post("/send", status_code=201, request_max_body_size=uploads.MAX_BODY)
async def send(request: Request) -> list[str]:
    files = await uploads.read_files(request)
    async with transaction():
        return [str(i) for i in await service.keep(files, purpose="test", subject=MATTER)]


@get("/files/{name:str}")
async def show(name: FromPath[str]) -> Response[bytes]:
    found = (await queries.list_files("test", [MATTER]))[MATTER]
    [one] = [f for f in found if f.name == name]
    content = await queries.find_file(one.id, purpose="test", subject=MATTER)
    assert content is not None
    return uploads.answer_file(content)


@pytest.fixture
async def browser(db):
    app = Litestar([send, show], exception_handlers=errors.HANDLERS, openapi_config=None)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers={"accept": "application/json"}) as opened:
        yield opened


def sent(*names: str) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("files", (s.name, s.make(), "text/html")) for s in CORPUS if s.name in names]


async def test_sent_and_shown(browser):
    answer = await browser.post("/send", files=sent("with position.jpg", "letter.pdf"))
    assert answer.status_code == 201, answer.text
    assert len(answer.json()) == 2
    assert (await browser.post("/send", files=sent("with position.jpg", "letter.pdf"))).json() == answer.json(), "the same again is the same"
    photo = await browser.get("/files/with position.jpg")
    assert photo.headers["content-type"] == "image/jpeg"
    assert "content-disposition" not in photo.headers
    paper = await browser.get("/files/letter.pdf")
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.headers["content-disposition"] == "attachment; filename*=UTF-8''letter.pdf"
    for one in (photo, paper):
        assert one.headers["content-security-policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
        assert "no-store" in one.headers["cache-control"]


async def test_a_form_without_files_has_none(browser):
    assert (await browser.post("/send", files=[("files", ("", b"", "application/octet-stream"))])).json() == []


@pytest.mark.parametrize(("name", "status"), [("drawing.svg", 422), ("page.jpg", 422), ("bomb.png", 422), ("too large.jpg", 413), ("moving.gif", 422)])
async def test_refused_by_name_and_nothing_is_kept(browser, name, status):
    answer = await browser.post("/send", files=sent("plain.jpg", name))
    assert answer.status_code == status
    assert name in answer.json()["title"]
    assert (await queries.list_files("test", [MATTER]))[MATTER] == []


async def test_no_more_than_six(browser):
    one = CORPUS[0].make()
    answer = await browser.post("/send", files=[("files", (f"{n}.jpg", one, "image/jpeg")) for n in range(7)])
    assert answer.status_code == 422
    assert "7" not in answer.json()["title"] or "6" in answer.json()["title"]
