"""What hangs on one visit after its record: versions of the result, orders, objections, copies. Gathered for the visit's page."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from backend.desk import queries as desk
from backend.handovers import queries as handovers
from backend.inspections.queries import InspectionPlace
from backend.items.queries import list_outcomes
from backend.kernel.errors import Invalid
from backend.notices.queries import list_papers_of
from backend.objections import queries as objections
from backend.objections.rules import DECISIONS, KEPT
from backend.people import queries as people
from backend.people.rules import AUDITOR, MANAGER, REVIEWER, Principal
from backend.publicity.rules import STATUSES, WITHDRAWN
from backend.rectification import queries as orders
from backend.rectification.rules import STATES
from backend.tips import queries as tips
from backend.usecases import board, rectify
from backend.usecases.change_draw import GROUNDS
from backend.usecases.comment import list_colleagues
from backend.usecases.reassignments import list_reassignments
from backend.usecases.revise_result import load_history
from backend.web.console import lamps
from backend.web.shared.i18n import _, pick, words

DECIDERS = {"access": frozenset({MANAGER, REVIEWER})}
MANAGERS = {"access": frozenset({MANAGER})}
TIP_READERS = {"access": frozenset({MANAGER, REVIEWER, AUDITOR})}


def order_states() -> dict[str, tuple[str, str]]:
    kinds = {"open": "warn", "uncorrected": "bad", "corrected": "good", "ended": ""}
    return {key: (pick({"zh": zh, "en": en}, ""), kinds[key]) for key, (zh, en) in STATES.items()}


def read_day(text: object, field: str) -> date:
    """Raises ``Invalid`` naming the field."""
    try:
        return date.fromisoformat(str(text))
    except ValueError as e:
        raise Invalid(field=field, why_zh="请选择日期", why_en="choose a date") from e


def read_id(text: object) -> UUID:
    """A form's own id, under which a second click does nothing more. Raises ``Invalid``."""
    try:
        return UUID(str(text))
    except ValueError as e:
        raise Invalid(field="id", why_zh="表单已失效，请刷新页面", why_en="the form is stale: reload the page") from e


def read_seen(text: object) -> int:
    """The version of a result that the person had read. Raises ``Invalid``."""
    if not str(text).isascii() or not str(text).isdigit():
        raise Invalid(field="seen", why_zh="表单已失效，请刷新页面", why_en="the form is stale: reload the page")
    return int(str(text))


async def load(place: InspectionPlace, who: Principal) -> dict[str, Any]:
    """For ``visit.html`` and its parts."""
    history = await load_history(place.id)
    found = await orders.list_of_inspection(place.id)
    followed = await orders.find_order_followed(place.id)
    rows = await board.list_by_id(who.scope, [place.id])
    is_own = who.department == place.department and who.role in (MANAGER, REVIEWER)
    told = await handovers.list_of_inspections([place.id])
    comments, extensions = await desk.list_comments(place.id), await desk.list_extensions(place.id)
    said_by = {c.author for c in comments} | {m for c in comments for m in c.mentions} | {e.extended_by for e in extensions}
    names = {o.ordered_by for o in found} | {h.sent_by for h in told} | {h.acknowledged_by for h in told if h.acknowledged_by}
    return {
        "lamps": rows[0].lamps if rows else (),
        "say": lamps.say,
        "submission": rows[0].submission if rows else None,
        "history": history,
        "statuses": words(STATUSES),
        "outcome_codes": await list_outcomes(),
        "orders": found,
        "followed": followed,
        "order_states": order_states(),
        "objections": await objections.list_of_inspection(place.id),
        "decisions": decisions(),
        "handovers": told,
        "lettered": {p.subject for p in await list_papers_of(*(h.id for h in told))},
        "departments": [d for d in await people.list_departments() if d.code != place.department],
        "account_names": {a: await people.find_account_name(a) for a in names},
        "form_ids": {part: uuid4() for part in ("order", "objection", "handover", "comment")},
        "comments": comments,
        "extensions": extensions,
        "tips": await tips.list_of_inspection(place.id, who) if who.role in TIP_READERS["access"] else [],
        "reassignments": await list_reassignments(place.id),
        "grounds": grounds(),
        "comment_names": {a: await people.find_account_name(a) for a in said_by},
        "colleagues": [a for a in await list_colleagues(place.department, place.county) if a.id != who.account_id] if is_own else [],
        "is_own": is_own,
        "sees_comments": is_own or who.role == AUDITOR,
        "may_revise": is_own and history is not None and history.current.status != WITHDRAWN and who.inspector_id not in place.officers,
        "may_order": is_own and place.state in rectify.RECORDED,
    }


def grounds() -> dict[str, str]:
    """Why an officer of a drawn visit stands back."""
    return words(GROUNDS)


def decisions() -> dict[str, tuple[str, str]]:
    kinds = {KEPT: "", "corrected": "accent", "withdrawn": "bad"}
    return {key: (pick({"zh": zh, "en": en}, ""), kinds[key]) for key, (zh, en) in DECISIONS.items()}


def tabs() -> dict[str, str]:
    return {"orders": _("责令改正"), "objections": _("异议"), "handovers": _("抄告移送"), "responses": _("企业回应")}
