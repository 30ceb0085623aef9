"""检查评价: whoever stands before an enterprise's code evaluates a visit whose officers have scanned in. Nobody but the oversight office reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from backend.evaluations import rules, service
from backend.evaluations.queries import find_rule
from backend.evaluations.service import Visit
from backend.inspections.rules import ON_SITE, PUBLISHED, RETURNED, SUBMITTED, UNDER_REVIEW
from backend.kernel import clock
from backend.kernel.errors import NotFound
from backend.limits import service as limits
from backend.limits.rules import Limit, network
from backend.notify import service as notify
from backend.people import queries as people
from backend.people.rules import AUDITOR
from backend.registry.queries import EnterpriseView, find_by_token
from backend.storage.engine import reader, transaction

VISITED = (ON_SITE, SUBMITTED, UNDER_REVIEW, RETURNED, PUBLISHED)
TRIES = Limit("evaluate", 20, timedelta(minutes=10))


@dataclass(frozen=True, slots=True)
class Evaluable:
    """A visit that may be evaluated today. ``until``: the last day."""

    inspection: UUID
    department: str
    county: str
    visited_on: date
    until: date


async def list_evaluable(token: str) -> tuple[EnterpriseView, Sequence[Evaluable]]:
    """The enterprise of a code and its visits that may be evaluated, the latest first. A visit to come is not among them. Raises ``NotFound``."""
    enterprise = await find_by_token(token)
    if enterprise is None:
        raise NotFound()
    today = clock.today()
    rule = await find_rule(today)
    rows = await reader().fetch(
        "select * from (select id as inspection, department, county,"
        " coalesce((arrived_at at time zone 'Asia/Shanghai')::date, completed_on) as visited_on"
        " from inspection where enterprise = $1 and state = any($2)) v where visited_on >= $3 order by visited_on desc, inspection",
        enterprise.id,
        list(VISITED),
        today - timedelta(days=rule.window_days),
    )
    return enterprise, [Evaluable(**row, until=row["visited_on"] + timedelta(days=rule.window_days)) for row in rows]


async def evaluate(token: str, evaluation: UUID, inspection: UUID, form: Mapping[str, str], *, device: str, address: str) -> str:
    """Gives the commitment that the week's entry in the log will list. The same form again gives the same.

    Raises ``NotFound``, ``Invalid`` naming the question, ``NotEvaluable``, ``AlreadyEvaluated``, ``EnoughEvaluations``, ``TooManyRequests``.
    """
    await limits.spend(TRIES, network(address))
    answers = rules.read_answers(form)
    async with transaction():
        enterprise, visits = await list_evaluable(token)
        found = next((v for v in visits if v.inspection == inspection), None)
        if found is None:
            raise rules.NotEvaluable()
        visit = Visit(inspection, enterprise.id, found.department, found.county, found.visited_on)
        commitment = await service.evaluate(evaluation, visit, answers, device=device)
        if rules.is_grave(answers):
            for auditor in await people.list_accounts_of_role(AUDITOR):
                if auditor.active and found.county.startswith(auditor.region):
                    # By its name, not by its visit: the alert must not be listed among those of the visit, which the department reads.
                    about = {"zh": f"{enterprise.name}反映检查人员索要财物", "en": f"{enterprise.name} says that officers asked for gifts"}
                    await notify.remind(auditor.id, "evaluation.grave", inspection=None, params=about)
        return commitment
