"""Who may take a step of a draw: a manager of the department that leads its campaign; to witness its randomness, a reviewer, too."""

from __future__ import annotations

from backend.draws.queries import DrawView, find_draw
from backend.inspections.queries import CampaignView, find_campaign
from backend.kernel.errors import Forbidden
from backend.people.rules import MANAGER, REVIEWER, Principal
from backend.people.service import require


async def load_own_draw(draw_id: str, by: Principal) -> tuple[DrawView, CampaignView]:
    """The draw with its campaign. Raises ``Forbidden`` for anyone else, ``NotFound`` outside the person's scope."""
    require(by, MANAGER)
    return await _load(draw_id, by)


async def load_witnessed_draw(draw_id: str, by: Principal) -> tuple[DrawView, CampaignView]:
    """The same, held until the transaction ends, for whoever types what the sources gave."""
    require(by, MANAGER, REVIEWER)
    await find_draw(draw_id, lock=True)
    return await _load(draw_id, by)


async def _load(draw_id: str, by: Principal) -> tuple[DrawView, CampaignView]:
    draw = await find_draw(draw_id)
    campaign = await find_campaign(draw.campaign, by.scope)
    if campaign.department != by.department:
        raise Forbidden()
    return draw, campaign
