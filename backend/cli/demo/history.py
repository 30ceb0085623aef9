"""An earlier joint campaign of the demo county, so that figures have a past: scans made up for later, one too late, one result published late."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from backend.cli.demo import rounds
from backend.cli.demo.stage import Team, hold_draw, open_visits, set_clock
from backend.people.rules import Principal
from backend.usecases.arrival import arrive
from backend.usecases.close_draw import reveal_draw
from backend.usecases.receive_inspection import receive_inspection
from backend.usecases.review_submission import approve_submission

NO_NETWORK = "地下车库无网络信号，离场后补录"


async def joint_visits(day: date, who: dict[str, Principal]) -> None:
    """Seven visits by two departments, planned on ``day``, due 45 days later."""
    draw_id = await hold_draw(rounds.summer_stations(day), day, who, 3)
    team = Team(who, 13)
    waiting: list[tuple[int, UUID]] = []
    for n, (inspection, checklists, officer) in enumerate(await open_visits(who)):
        visit, came = UUID(str(inspection["id"])), day + timedelta(days=6 + 2 * n)
        set_clock(came, 9)
        await receive_inspection(visit, t_dev_ms=None, by=officer)
        set_clock(came, 10)
        if n != 2:
            if n < 5:
                await arrive(visit, how="qr", t_dev_ms=None, by=officer)
            set_clock(came, 15)
            work = await team.visit(inspection, checklists, officer, bad=n % 3 == 1, unscanned=NO_NETWORK if n == 6 else "")
        else:
            set_clock(came + timedelta(days=12), 9)
            work = await team.visit(inspection, checklists, officer, bad=False, unscanned=NO_NETWORK, days_on=12)
        waiting.append((n, work.submission))
        if n != 3:
            set_clock(came + timedelta(days=14 if n == 2 else 2), 11)
            await approve_submission(work.submission, "", by=who["reviewer"])
    await team.hand_back(who["admin"])
    set_clock(day + timedelta(days=60), 10)
    late = next(submission for n, submission in waiting if n == 3)
    await approve_submission(late, "因审核人员休假，逾期办理。", by=who["reviewer"])
    set_clock(day + timedelta(days=61), 9)
    await reveal_draw(draw_id, by=who["manager"])
