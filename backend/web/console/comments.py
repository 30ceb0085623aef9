"""内部批注 on a visit, and a person's notices on the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from backend.kernel.errors import DomainError
from backend.notify import queries as notify
from backend.notify.rules import text_of
from backend.notify.service import mark_read
from backend.people.rules import Principal
from backend.storage.engine import transaction
from backend.usecases.comment import add_comment
from backend.web.console import visits
from backend.web.console.case import DECIDERS, read_id
from backend.web.shared.i18n import get_locale

# Where a notice leads: to its visit, or to a list.
LISTS = {
    "handover.sent": "/console/outcomes/handovers",
    "recusal.declared": "/console/recusals",
    "draw.overdue": "/console/campaigns",
    "evaluation.grave": "/console/evaluations?only=gifts",
    **dict.fromkeys(("account.locked", "password.changed", "factor.failed"), "/console/me"),
    **dict.fromkeys(("passkey.added", "factor.added", "factor.removed", "recovery.used", "recovery.issued"), "/console/me/factor"),
    **dict.fromkeys((f"invitation.{what}" for what in ("sent", "answered", "lapsed", "overridden", "ended")), "/console/invitations"),
}
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Notice:
    id: UUID
    title: str
    body: str
    href: str
    at: datetime


async def list_notices(who: Principal) -> list[Notice]:
    """What the person has not read yet, the newest first."""
    found = []
    for entry in await notify.list_inbox(who.account_id):
        if entry.is_read:
            continue
        title, body = text_of(entry.kind, entry.params, get_locale())
        plan = f"/console/plans/{entry.params['plan']}" if "plan" in entry.params else ""
        tip = f"/console/tips/{entry.params['tip']}" if "tip" in entry.params else ""
        href = LISTS.get(entry.kind) or plan or tip or (f"/console/visits/{entry.inspection}#comments" if entry.inspection else "/console")
        found.append(Notice(entry.id, title, body, href, entry.created_at))
    return found[:SHOWN]


@post("/visits/{visit_id:uuid}/comments", opt=DECIDERS, status_code=200)
async def comment(request: Request[Any, Any, Any], visit_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    text = str(form.get("text", ""))
    try:
        await add_comment(visit_id, read_id(form.get("id")), text, by=request.user)
    except DomainError as e:
        return await visits.show(visit_id, request.user, error=e.message(get_locale()), status=e.status, typed={"part": "comment", "text": text})
    return Redirect(f"/console/visits/{visit_id}#comments", status_code=303)


@post("/notices/read", status_code=200)
async def read(request: Request[Any, Any, Any]) -> Redirect:
    form = await request.form()
    async with transaction():
        await mark_read(request.user.account_id, [read_id(i) for i in form.getall("notices", [])])
    return Redirect("/console", status_code=303)


HANDLERS = [comment, read]
