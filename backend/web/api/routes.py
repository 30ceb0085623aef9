"""The interface and its document. All of it is open; a limit per address keeps it so for everybody."""

from __future__ import annotations

from datetime import timedelta

from litestar import Router
from litestar.exceptions import ValidationException

from backend.limits.rules import Limit
from backend.web.api import document, problems, reads
from backend.web.shared.access import PUBLIC
from backend.web.shared.limits import Counted
from backend.web.shared.reading import MAX_FORM

# No cookies: what is asked here is the same for everybody, and may be kept by any cache.
_OPEN = {"access": PUBLIC, "exclude_from_csrf": True, "limit": Counted(Limit("api", 3000, timedelta(minutes=15)))}
v1 = Router(
    "/api/v1",
    route_handlers=reads.HANDLERS,
    opt=_OPEN,
    request_max_body_size=MAX_FORM,
    exception_handlers={ValidationException: problems.on_bad_parameter},
)
router = Router("/api", route_handlers=document.handlers(v1), opt={"access": PUBLIC}, request_max_body_size=MAX_FORM)
