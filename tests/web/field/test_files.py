"""The built files: small for whoever takes gzip, whole for whoever does not, and 304 when nothing changed."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import httpx
import pytest

from backend.cli import assets
from backend.web.shared.pages import BUILD

APP = "/field/app/screens/main.js"


@pytest.fixture(autouse=True)
def _built() -> None:
    assets.build(assets.REPO)


async def raw(client: httpx.AsyncClient, path: str, **headers: str) -> tuple[httpx.Response, bytes]:
    async with client.stream("GET", path, headers=headers) as answer:
        return answer, b"".join([chunk async for chunk in answer.aiter_raw()])


@pytest.mark.parametrize(
    ("path", "file", "kind"),
    [
        (APP, "field/app/screens/main.js", "javascript"),
        ("/field/app/field.css", "field/app/field.css", "text/css"),
        ("/field/app/i18n.en.json", "field/app/i18n.en.json", "application/json"),
        ("/field/vendor/zxing-wasm/dist/reader/zxing_reader.wasm", "field/vendor/zxing-wasm/dist/reader/zxing_reader.wasm", "application/wasm"),
        ("/static/shared/tokens.css", "static/shared/tokens.css", "text/css"),
        ("/static/vendor/htmx.min.js", "static/vendor/htmx.min.js", "javascript"),
    ],
)
async def test_texts_are_squeezed_for_who_takes_it(client: httpx.AsyncClient, path: str, file: str, kind: str) -> None:
    whole = (BUILD / file).read_bytes()
    answer, body = await raw(client, path, **{"accept-encoding": "br, gzip"})
    assert answer.headers["content-encoding"] == "gzip" and gzip.decompress(body) == whole
    assert int(answer.headers["content-length"]) == len(body) < len(whole)
    plain, body = await raw(client, path, **{"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers and body == whole
    for one in (answer, plain):
        assert kind in one.headers["content-type"] and one.headers["vary"] == "accept-encoding" and "content-disposition" not in one.headers
        assert one.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["etag"] != plain.headers["etag"]


async def test_the_page_s_scripts_have_this_answer_s_nonce(client: httpx.AsyncClient) -> None:
    whole = (BUILD / "field/index.html").read_text()
    assert whole.count("__NONCE__") > 1
    seen = set()
    for encoding in ("br, gzip", "identity"):
        answer, body = await raw(client, "/field/", **{"accept-encoding": encoding})
        assert ("content-encoding" in answer.headers) == (encoding != "identity")
        page = (gzip.decompress(body) if "content-encoding" in answer.headers else body).decode()
        [nonce] = set(re.findall(r'nonce="([^"]+)"', page))
        assert f"'nonce-{nonce}'" in answer.headers["content-security-policy"]
        assert page == whole.replace("__NONCE__", nonce)
        seen.add(nonce)
    assert len(seen) == 2


async def test_what_has_not_changed_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get(APP)
    again = await client.get(APP, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"") and again.headers["etag"] == first.headers["etag"]
    assert "content-security-policy" not in again.headers and "content-length" not in again.headers and "content-type" not in again.headers
    assert (await client.get(APP, headers={"if-none-match": '"another"'})).status_code == 200


async def test_pictures_stay_as_they_are_and_nothing_else_is_there(client: httpx.AsyncClient) -> None:
    icon = await client.get("/field/icons/icon-192.png")
    assert icon.headers["content-type"] == "image/png" and "content-encoding" not in icon.headers
    for path in ("/field/nothing.js", "/field/app", "/field/../../pyproject.toml", "/field/%2e%2e/%2e%2e/pyproject.toml", "/static/", "/static/shared"):
        assert (await client.get(path)).status_code == 404, path
    head = await client.head(APP)
    assert head.status_code == 200 and head.content == b""


async def test_the_bundle_is_squeezed_too(county: Any) -> None:
    phone = await county("inspector")
    answer, body = await raw(phone, "/field/api/bundle", **{"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(body))["inspections"]
    assert len(body) < len(gzip.decompress(body)) / 2
    plain, body = await raw(phone, "/field/api/bundle", **{"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers and json.loads(body)["inspections"]
