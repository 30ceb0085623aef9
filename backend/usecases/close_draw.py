"""The end of a draw: its secret is revealed, or it is given up with a reason."""

from __future__ import annotations

from backend.draws import queries as draw_queries
from backend.draws import service as draws
from backend.inspections import queries as inspections
from backend.inspections import service
from backend.kernel import clock
from backend.notify import service as notify
from backend.people import queries as people
from backend.people.rules import AUDITOR, Principal
from backend.storage.engine import transaction
from backend.usecases.own_draw import load_own_draw


async def reveal_draw(draw_id: str, *, by: Principal) -> bool:
    """Open the secret when every visit is published or the announced date has come. False when it was open already."""
    async with transaction():
        draw, campaign = await load_own_draw(draw_id, by)
        done = await inspections.is_draw_finished(draw.id)
        revealed = await draws.reveal(draw_id, by=by.account_id, is_finished=done)
        if revealed and done:
            await service.move_campaign(campaign.id, expected=("drawn",), to="closed")
        return revealed


async def reveal_what_is_due() -> int:
    """What the worker does by itself: a sealed secret never outlives its announced date."""
    async with transaction():
        due = await draw_queries.list_due_for_reveal(clock.now())
        for draw_id in due:
            await draws.reveal(draw_id, by=None, is_finished=False)
    return len(due)


async def tell_what_is_overdue() -> int:
    """A secret that is still shut a day after its date: an entry in the log, and an alert to every auditor of the region, once."""
    async with transaction():
        overdue = [d for d in await draw_queries.list_overdue(clock.now()) if d.overdue_at is None]
        for draw in overdue:
            await draws.note_overdue(draw)
            for auditor in await people.list_accounts_of_role(AUDITOR):
                if draw.region.startswith(auditor.region) and auditor.active:
                    params = {"draw": draw.draw_id, "title": draw.title, "reveal_by": clock.day_of(draw.reveal_by).isoformat()}
                    await notify.tell(auditor.id, "draw.overdue", inspection=None, params=params)
    return len(overdue)


async def void_draw(draw_id: str, reason: str, *, by: Principal) -> None:
    """Give up a draw that no officer has signed for yet; the campaign can be announced again. Nothing is deleted."""
    async with transaction():
        draw, campaign = await load_own_draw(draw_id, by)
        if draw.state == "drawn":
            await service.cancel_untouched(draw.id)
        await draws.void(draw_id, reason, by=by.account_id)
        await service.move_campaign(campaign.id, expected=("announced", "drawn"), to="draft")
