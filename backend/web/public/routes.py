"""Every public page. All of them are open, by the face's own mark."""

from __future__ import annotations

from litestar import Router

from backend.web.public import (
    complaints,
    data,
    draws,
    enterprise,
    evaluations,
    health,
    lists,
    log,
    officers,
    papers,
    plans,
    results,
    statistics,
    visits,
)
from backend.web.shared.access import PUBLIC
from backend.web.shared.reading import MAX_FORM

router = Router(
    "/",
    route_handlers=[
        *health.HANDLERS,
        *results.HANDLERS,
        *enterprise.HANDLERS,
        *draws.HANDLERS,
        *plans.HANDLERS,
        *lists.HANDLERS,
        *statistics.HANDLERS,
        *log.HANDLERS,
        *officers.HANDLERS,
        *visits.HANDLERS,
        *papers.HANDLERS,
        *complaints.HANDLERS,
        *evaluations.HANDLERS,
        *data.HANDLERS,
    ],
    opt={"access": PUBLIC},
    request_max_body_size=MAX_FORM,
)
