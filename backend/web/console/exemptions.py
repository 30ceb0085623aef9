"""免检: on an enterprise's page a manager keeps it out of the department's draws, or lets it in again."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Request, post
from litestar.params import FromPath
from litestar.response import Redirect

from backend.kernel.errors import Invalid
from backend.people.rules import MANAGER
from backend.usecases.exempt import end_exemption, grant_exemption
from backend.web.shared.i18n import _

MANAGERS = {"access": frozenset({MANAGER})}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as e:
        raise Invalid(field=_("截止日期"), why_zh="请选择日期", why_en="choose a date") from e


@post("/enterprises/{enterprise_id:uuid}/exempt", opt=MANAGERS, status_code=200)
async def exempt(request: Request[Any, Any, Any], enterprise_id: FromPath[UUID]) -> Redirect:
    form = await request.form()
    valid_to = _day(str(form.get("valid_to", "")))
    await grant_exemption(enterprise_id, legal_basis=str(form.get("legal_basis", "")), valid_to=valid_to, by=request.user)
    return Redirect(f"/console/enterprises/{enterprise_id}", status_code=303)


@post("/enterprises/{enterprise_id:uuid}/exemptions/{exemption_id:uuid}/end", opt=MANAGERS, status_code=200)
async def end(request: Request[Any, Any, Any], enterprise_id: FromPath[UUID], exemption_id: FromPath[UUID]) -> Redirect:
    await end_exemption(exemption_id, by=request.user)
    return Redirect(f"/console/enterprises/{enterprise_id}", status_code=303)


HANDLERS = [exempt, end]
