"""Every public page. All of them are open: each says so itself by the face's mark."""

from __future__ import annotations

from litestar import Router

from backend.web.public import health
from backend.web.shared.access import PUBLIC

router = Router("/", route_handlers=[*health.HANDLERS], opt={"access": PUBLIC})
