"""Who may take a step of a draw: a manager of the department that leads its campaign."""

from __future__ import annotations

from backend.draws.queries import DrawView, find_draw
from backend.inspections.queries import CampaignView, find_campaign
from backend.kernel.errors import Forbidden
from backend.people.rules import MANAGER, Principal
from backend.people.service import require


async def load_own_draw(draw_id: str, by: Principal) -> tuple[DrawView, CampaignView]:
    """The draw with its campaign. Raises ``Forbidden`` for anyone else, ``NotFound`` outside the person's scope."""
    require(by, MANAGER)
    draw = await find_draw(draw_id)
    campaign = await find_campaign(draw.campaign, by.scope)
    if campaign.department != by.department:
        raise Forbidden()
    return draw, campaign
