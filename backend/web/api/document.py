"""The document: OpenAPI 3.1 for programs, a page for people. Made from the handlers themselves, so that neither can be out of date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, Router, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import License, Server
from litestar.response import Template

from backend.kernel.settings import settings
from backend.usecases.open_data import RECORDS
from backend.usecases.open_fields import FIELDS
from backend.web.shared.cached import OPEN, etag_of, is_known
from backend.web.shared.pages import page

VERSION = "1.0.0"
TITLE = "Sunlot 阳光抽查 open data"
ABOUT = (
    "Published results of random inspections, public draws and what became of them, lists and counts. Read only, no key needed. "
    "Names of persons are masked. Errors are problems by RFC 9457. Answers carry an ETag; lists are paged by cursor."
)


@cache
def document(v1: Router) -> dict[str, Any]:
    licence = settings().data_licence
    config = OpenAPIConfig(
        title=TITLE,
        version=VERSION,
        description=ABOUT,
        license=License(name=licence[0], url=licence[1] or None),
        servers=[Server(url=settings().base_url)],
        use_handler_docstrings=True,
    )
    # An application of its own, for its schema only: the office's and the phone's routes are nobody's interface.
    made: dict[str, Any] = Litestar(route_handlers=[v1], openapi_config=config).openapi_schema.to_schema()
    for record in RECORDS:
        for field, schema in made["components"]["schemas"].get(record.__name__, {"properties": {}})["properties"].items():
            schema["description"] = FIELDS[field][1]
    return made


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that may be asked, as the page shows it. ``parameters``: (name, where, type, what it means)."""

    path: str
    summary: str
    parameters: Sequence[tuple[str, str, str, str]]
    answers: Sequence[tuple[str, str]]
    example: str


def _type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    kind = schema.get("format") or schema.get("type", "")
    low, high = schema.get("minimum"), schema.get("maximum")
    return f"{kind} {low}..{high}" if low is not None and high is not None else str(kind)


def operations(doc: Mapping[str, Any]) -> list[Operation]:
    found = []
    for path, methods in doc["paths"].items():
        get_ = methods["get"]
        parameters = [(p["name"], p["in"], _type(p.get("schema", {})), p.get("description", "")) for p in get_.get("parameters", [])]
        answers = [(status, a.get("description", "")) for status, a in sorted(get_["responses"].items())]
        found.append(Operation(path, get_.get("summary", ""), parameters, answers, path if "{" not in path else ""))
    return found


def handlers(v1: Router) -> list[Any]:
    @get("/openapi.json", include_in_schema=False)
    async def show_document(request: Request[Any, Any, Any]) -> Response[bytes]:
        body = msgspec.json.encode(document(v1))
        etag = etag_of(body)
        headers = {**OPEN, "etag": etag, "cache-control": "public, max-age=300"}
        if is_known(request, etag):
            return Response(b"", status_code=304, headers=headers)
        return Response(body, media_type="application/json", headers=headers)

    @get("/", include_in_schema=False)
    async def show_page() -> Template:
        doc = document(v1)
        return page("api/api.html", operations=operations(doc), version=VERSION, licence=settings().data_licence, base=settings().base_url)

    return [show_document, show_page]
