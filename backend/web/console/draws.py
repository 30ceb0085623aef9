"""The steps of a draw that a manager takes: run it, reveal its secret, give it up."""

from __future__ import annotations

from typing import Any

from litestar import Request, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from backend.draws import queries
from backend.kernel.errors import DomainError
from backend.people.rules import MANAGER, REVIEWER
from backend.usecases.close_draw import reveal_draw, void_draw
from backend.usecases.run_draw import run_draw
from backend.web.console.campaigns import MANAGERS, campaign_of, show
from backend.web.shared.i18n import get_locale

WITNESSES = {"access": frozenset({MANAGER, REVIEWER})}


@post("/draws/{draw_id:str}/run", opt=WITNESSES, status_code=200)
async def run(request: Request[Any, Any, Any], draw_id: FromPath[str]) -> Template | Redirect:
    campaign = await campaign_of(draw_id, request.user)
    form = await request.form()
    draw = await queries.find_draw(draw_id)
    values = [str(form.get(f"value_{n}", "")) for n in range(len(draw.announcement["sources"]))]
    try:
        outcome = await run_draw(draw_id, values, by=request.user)
    except DomainError as e:
        return await show(campaign, request.user, error=e.message(get_locale()), status=e.status, typed=values)
    place = "randomness" if outcome.draw.state == "announced" else "outcome"
    return Redirect(f"/console/campaigns/{campaign}#{place}", status_code=303)


@post("/draws/{draw_id:str}/reveal", opt=MANAGERS, status_code=200)
async def reveal(request: Request[Any, Any, Any], draw_id: FromPath[str]) -> Template | Redirect:
    campaign = await campaign_of(draw_id, request.user)
    try:
        await reveal_draw(draw_id, by=request.user)
    except DomainError as e:
        return await show(campaign, request.user, error=e.message(get_locale()), status=e.status)
    return Redirect(f"/console/campaigns/{campaign}", status_code=303)


@post("/draws/{draw_id:str}/void", opt=MANAGERS, status_code=200)
async def void(request: Request[Any, Any, Any], draw_id: FromPath[str]) -> Template | Redirect:
    campaign = await campaign_of(draw_id, request.user)
    form = await request.form()
    try:
        await void_draw(draw_id, str(form.get("reason", "")), by=request.user)
    except DomainError as e:
        return await show(campaign, request.user, error=e.message(get_locale()), status=e.status)
    return Redirect(f"/console/campaigns/{campaign}", status_code=303)


HANDLERS = [run, reveal, void]
