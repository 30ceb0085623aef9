"""Every address of the phone's JSON face."""

from __future__ import annotations

from litestar import Router

from backend.people.rules import INSPECTOR

router = Router("/field/api", route_handlers=[], opt={"access": frozenset({INSPECTOR})})
