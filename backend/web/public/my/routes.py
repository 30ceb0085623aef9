"""Every page of an enterprise's own people. Default deny: only their own session opens them, but for coming in."""

from __future__ import annotations

from litestar import Router

from backend.web.public.my import pages, people, results, session
from backend.web.shared.access import ENTERPRISE
from backend.web.shared.reading import MAX_FORM

router = Router(
    "/my",
    route_handlers=[*session.HANDLERS, *pages.HANDLERS, *results.HANDLERS, *people.HANDLERS],
    opt={"access": ENTERPRISE},
    include_in_schema=False,
    request_max_body_size=MAX_FORM,
)
