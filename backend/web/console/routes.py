"""Every page of the office, and who may see it."""

from __future__ import annotations

from litestar import Router

from backend.people.rules import ADMIN, AUDITOR, MANAGER, REVIEWER
from backend.web.console import (
    accounts,
    adhoc,
    alerts,
    campaigns,
    checklists,
    codes,
    devices,
    dossier,
    draws,
    enterprises,
    exemptions,
    figures,
    home,
    imports,
    inspections,
    inspectors,
    items,
    live,
    objections,
    outcomes,
    papers,
    recusals,
    reviews,
    sign_in,
    unsent,
    visits,
)

router = Router(
    "/console",
    route_handlers=[
        *sign_in.HANDLERS,
        *home.HANDLERS,
        *figures.HANDLERS,
        *campaigns.HANDLERS,
        *adhoc.HANDLERS,
        *draws.HANDLERS,
        *inspections.HANDLERS,
        *visits.HANDLERS,
        *outcomes.HANDLERS,
        *objections.HANDLERS,
        *recusals.HANDLERS,
        *reviews.HANDLERS,
        *enterprises.HANDLERS,
        *dossier.HANDLERS,
        *exemptions.HANDLERS,
        *imports.HANDLERS,
        *unsent.HANDLERS,
        *inspectors.HANDLERS,
        *codes.HANDLERS,
        *items.HANDLERS,
        *checklists.HANDLERS,
        *accounts.HANDLERS,
        *devices.HANDLERS,
        *alerts.HANDLERS,
        *papers.HANDLERS,
        *live.HANDLERS,
    ],
    opt={"access": frozenset({ADMIN, MANAGER, REVIEWER, AUDITOR})},
)
