"""The draw itself: public randomness in, inspections dispatched, officers told; one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend.draws import service as draws
from backend.draws.queries import DrawView
from backend.inspections import service
from backend.inspections.service import Visit
from backend.notify import service as notify
from backend.people import queries as people
from backend.people.rules import Principal
from backend.registry import queries as registry
from backend.storage.engine import transaction
from backend.usecases.own_draw import load_own_draw


@dataclass(frozen=True, slots=True)
class DrawOutcome:
    draw: DrawView
    drawn: int
    opened: int
    is_repeat: bool


async def run_draw(draw_id: str, values: Sequence[str], *, by: Principal) -> DrawOutcome:
    """``values``: what was observed at each announced source, as typed. The same again gives the same outcome, others ``Conflict``.

    A visit is opened only with a whole team; the others are on the published exception list.
    """
    async with transaction():
        draw, campaign = await load_own_draw(draw_id, by)
        randomness = draws.read_randomness(draw.announcement["sources"], values)
        draw, sealed, is_first = await draws.perform(draw_id, randomness, by=by.account_id)
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
