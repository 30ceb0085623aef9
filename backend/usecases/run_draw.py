"""The draw itself: public randomness in, inspections dispatched, officers told; one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from backend.draws import randomness
from backend.draws import service as draws
from backend.draws.queries import DrawView, find_draw
from backend.inspections import service
from backend.inspections.service import Visit
from backend.notify import service as notify
from backend.people import queries as people
from backend.people.rules import Principal
from backend.registry import queries as registry
from backend.storage.engine import transaction
from backend.usecases.issue_notices import issue_notices
from backend.usecases.own_draw import load_witnessed_draw

WITNESSES = 2


@dataclass(frozen=True, slots=True)
class DrawOutcome:
    """``witnesses``: how many people have typed the same values; until there are enough of them nothing is drawn."""

    draw: DrawView
    drawn: int
    opened: int
    is_repeat: bool
    witnesses: int = 0


async def run_draw(draw_id: str, values: Sequence[str], *, by: Principal) -> DrawOutcome:
    """``values``: what this person observed at each announced source, as typed. The draw runs when two people typed the same,
    or at once where every source proves itself. The same again gives the same outcome, other values ``Conflict`` or ``DoNotAgree``.

    A visit is opened only with a whole team; the others are on the published exception list.
    """
    sources = (await find_draw(draw_id)).announcement["sources"]
    reading = await asyncio.to_thread(randomness.read, sources, values)
    async with transaction():
        draw, campaign = await load_witnessed_draw(draw_id, by)
        if draw.state == "announced":
            witnesses = await draws.witness_randomness(draw, reading, by=by.account_id)
            if randomness.needs_two_people(sources) and witnesses < WITNESSES:
                return DrawOutcome(draw, 0, 0, is_repeat=False, witnesses=witnesses)
        draw, sealed, is_first = await draws.perform(draw_id, reading.values, by=by.account_id, beacons=reading.beacons)
        whole = [s for s in sealed if all(s.team)]
        if not is_first:
            return DrawOutcome(draw, len(sealed), len(whole), is_repeat=True)
        names = await registry.list_names([s.enterprise for s in whole])
        officers = await people.list_inspectors_by_id(list({i for s in whole for i in s.team if i}))
        visits = [
            Visit(
                s.enterprise,
                s.object_id,
                names[s.enterprise][1],
                s.county,
                s.salt,
                s.leaf,
                s.index,
                tuple((i, officers[i].department) for i in s.team if i),
            )
            for s in whole
        ]
        opened = await service.open_inspections(
            visits,
            campaign_id=campaign.id,
            department=campaign.department,
            draw=draw.id,
            draw_id=draw_id,
            due_on=campaign.due_on,
            by=by.account_id,
        )
        await issue_notices(opened, visits, department=campaign.department, by=by.account_id)
        await service.move_campaign(campaign.id, expected=("announced",), to="drawn")
        for inspection_id, visit in zip(opened, visits, strict=True):
            for inspector, _ in visit.officers:
                account = officers[inspector].account
                if account is not None:
                    await notify.tell(
                        account,
                        "inspection.dispatched",
                        inspection=inspection_id,
                        params={"enterprise": visit.enterprise_name, "due_on": campaign.due_on.isoformat()},
                    )
        return DrawOutcome(draw, len(sealed), len(opened), is_repeat=False)
