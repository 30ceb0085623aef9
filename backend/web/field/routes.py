"""Every address of the phone's JSON face."""

from __future__ import annotations

from litestar import Router

from backend.people.rules import INSPECTOR
from backend.web.field import papers, parts, session, submissions, work

router = Router(
    "/field/api",
    route_handlers=[*session.HANDLERS, *work.HANDLERS, *submissions.HANDLERS, *parts.HANDLERS, *papers.HANDLERS],
    opt={"access": frozenset({INSPECTOR})},
)
