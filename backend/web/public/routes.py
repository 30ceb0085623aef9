"""Every public page. All of them are open, by the face's own mark."""

from __future__ import annotations

from litestar import Router

from backend.web.public import complaints, draws, enterprise, evaluations, health, log, officers, papers, results, visits
from backend.web.shared.access import PUBLIC

router = Router(
    "/",
    route_handlers=[
        *health.HANDLERS,
        *results.HANDLERS,
        *enterprise.HANDLERS,
        *draws.HANDLERS,
        *log.HANDLERS,
        *officers.HANDLERS,
        *visits.HANDLERS,
        *papers.HANDLERS,
        *complaints.HANDLERS,
        *evaluations.HANDLERS,
    ],
    opt={"access": PUBLIC},
)
