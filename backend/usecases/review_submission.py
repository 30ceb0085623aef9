"""A reviewer reads a record and returns it, or approves and thereby publishes it; one transaction."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from backend.draws import queries as draws
from backend.inspections import part_queries, queries, service, submission_queries, submissions
from backend.inspections.rules import RANDOM
from backend.items.queries import list_outcomes
from backend.kernel import merkle
from backend.kernel.scope import EVERYTHING
from backend.notify import service as notify
from backend.people import queries as people
from backend.people.rules import REVIEWER, Principal
from backend.people.service import require
from backend.publicity import rules as publicity_rules
from backend.publicity import service as publicity
from backend.storage.engine import transaction
from backend.usecases.close_record import require_closable
from backend.usecases.rectify import judge_within
from backend.usecases.tell_enterprise import tell_enterprise


async def return_submission(submission: UUID, comment: str, *, by: Principal) -> None:
    """Send a record back to its officers with a comment that they read on their phones."""
    require(by, REVIEWER)
    async with transaction():
        await submission_queries.find_record(submission, by.scope)
        standing = await submissions.decide(submission, verdict="returned", comment=comment, reviewer=by.account_id)
        await _tell_officers(standing, "submission.returned", {"enterprise": standing.enterprise_name, "comment": comment.strip()})


async def approve_submission(submission: UUID, comment: str, *, by: Principal) -> str:
    """Approve and publish. Returns the publication's number. Raises ``NotReady`` while a part, a decision or a co-signature is outstanding."""
    require(by, REVIEWER)
    async with transaction():
        view = await submission_queries.find_record(submission, by.scope)
        waiting = await part_queries.list_standing([view.inspection])
        standing = await submissions.decide(submission, verdict="approved", comment=comment, reviewer=by.account_id)
        await require_closable(waiting[view.inspection])
        campaign = await queries.find_campaign(standing.campaign, EVERYTHING)
        draw = await draws.find_draw_of_campaign(standing.campaign)
        authority = next(d for d in await people.list_departments() if d.code == standing.department)
        codes = {o.code: o for o in await list_outcomes(since=date.min)}
        number = await publicity.next_number()
        snapshot = publicity_rules.make_snapshot(
            number=number,
            version=1,
            campaign_number=campaign.number,
            campaign_name=campaign.name,
            plan_name=campaign.plan_name,
            authority_zh=authority.name_zh,
            authority_en=authority.name_en,
            enterprise_code=standing.enterprise_code,
            enterprise_name=standing.enterprise_name,
            county=standing.county,
            kind=campaign.kind,
            draw=(draw.draw_id, merkle.leaf_hash(standing.sealed_leaf).hex()) if draw and standing.sealed_leaf else None,
            completed_on=standing.completed_on,
            items=[publicity_rules.Finding(i.code, i.name_zh, i.name_en) for i in await queries.list_campaign_items(campaign.id)],
            outcomes=[publicity_rules.Outcome(c, codes[c].zh, codes[c].en) for c in view.record["outcomes"]],
            record_sha256=view.record_sha256,
        )
        await publicity.publish(
            snapshot, inspection=standing.inspection, enterprise=standing.enterprise, department=standing.department, by=by.account_id
        )
        await judge_within(standing.inspection, view.record["outcomes"], by=by)
        if campaign.kind != RANDOM:
            await service.move_campaign(campaign.id, expected=("drawn",), to="closed")
        await _tell_officers(standing, "result.published", {"enterprise": standing.enterprise_name})
        await tell_enterprise(standing.enterprise, "my.result", zh=f"{number} 已公示", en=f"{number} is public", href=f"/my/results/{number}")
        return number


async def _tell_officers(standing: submissions.Standing, kind: str, params: dict[str, str]) -> None:
    officers = await people.list_inspectors_by_id(await queries.list_officers(standing.inspection))
    for officer in officers.values():
        if officer.account is not None:
            await notify.tell(officer.account, kind, inspection=standing.inspection, params=params)
