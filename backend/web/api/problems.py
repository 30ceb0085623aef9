"""Every refusal of the interface is a problem (RFC 9457), and every one is in the document."""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import Request, Response
from litestar.exceptions import ValidationException
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Meta, Struct

from backend.web.shared.errors import problem
from backend.web.shared.i18n import _

PROBLEM: Final = "application/problem+json"


class Fault(Struct, frozen=True):
    """One parameter that cannot be accepted."""

    parameter: Annotated[str, Meta(description="Its name")]
    why: Annotated[str, Meta(description="What is wrong with it")]


class Problem(Struct, frozen=True):
    """A problem by RFC 9457."""

    type: Annotated[str, Meta(description="A URI that names the kind of problem")]
    title: Annotated[str, Meta(description="What went wrong, in Chinese, or in English with lang=en")]
    status: Annotated[int, Meta(description="The HTTP status")]
    code: Annotated[str, Meta(description="The kind of problem as a stable word")]
    faults: Annotated[list[Fault], Meta(description="Which parameters are at fault, where that is known")] = []


def _spec(description: str) -> ResponseSpec:
    return ResponseSpec(data_container=Problem, generate_examples=False, description=description, media_type=PROBLEM)


UNCHANGED: Final = {304: ResponseSpec(data_container=None, generate_examples=False, description="Not changed since the ETag in If-None-Match")}
ALWAYS: Final = {**UNCHANGED, 400: _spec("A parameter cannot be accepted"), 429: _spec("Too many requests from this address: wait as Retry-After says")}
MAY_MISS: Final = {**ALWAYS, 404: _spec("There is no such thing")}


def on_bad_parameter(request: Request[Any, Any, Any], error: ValidationException) -> Response[Any]:
    faults = [{"parameter": str(f.get("key", "")), "why": str(f.get("message", ""))} for f in error.extra or [] if isinstance(f, dict)]
    return problem(400, "bad-parameter", _("参数有误"), faults=faults)
