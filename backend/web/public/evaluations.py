"""检查评价 by the code on the door. No script, no account; a cookie of this page alone tells a browser's second evaluation of the same visit."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Template

from backend.evaluations.queries import find_rule
from backend.kernel import clock
from backend.kernel.errors import DomainError, NotFound
from backend.kernel.ids import new_token
from backend.kernel.settings import settings
from backend.people.queries import list_departments
from backend.usecases.evaluate import evaluate, list_evaluable
from backend.web.public.forms import form_id, say
from backend.web.shared import limits
from backend.web.shared.i18n import _, pick
from backend.web.shared.pages import page
from backend.web.shared.session import client_address

DEVICE = "evaluated"
KEPT_SECONDS = 90 * 86400


def questions() -> dict[str, str]:
    return {
        "certificates": _("检查人员是否出示了执法证件？"),
        "scanned": _("检查人员是否先扫码再检查？"),
        "gifts": _("检查人员是否索要财物、接待或其他好处？"),
        "polite": _("检查人员的态度"),
        "clear": _("检查依据、事项和要求讲得清楚"),
        "overall": _("对这次检查的总体评价"),
        "text": _("您还想说的"),
        "visit": _("评价哪次检查"),
    }


def marks() -> dict[str, str]:
    return {"5": _("很好"), "4": _("较好"), "3": _("一般"), "2": _("较差"), "1": _("很差")}


async def _show(token: str, *, typed: dict[str, str], error: DomainError | None = None, commitment: str = "") -> Template:
    enterprise, visits = await list_evaluable(token)
    message, wrong = say(error, questions()) if error else ("", "")
    return page(
        "public/evaluate.html",
        status_code=error.status if error else 200,
        enterprise=enterprise,
        token=token,
        visits=visits,
        departments={d.code: pick(d, "name") for d in await list_departments()},
        questions=questions(),
        marks=marks(),
        rule=await find_rule(clock.today()),
        typed=typed,
        form_id=form_id(typed.get("id")),
        error=message,
        wrong=wrong,
        commitment=commitment,
    )


@get("/e/{token:str}/evaluate")
async def show_form(request: Request[Any, Any, Any], token: FromPath[str]) -> Template:
    answer = await _show(token, typed={})
    if DEVICE not in request.cookies:
        answer.set_cookie(DEVICE, new_token(), max_age=KEPT_SECONDS, path="/e", httponly=True, samesite="lax", secure=settings().secure_cookies)
    return answer


@post("/e/{token:str}/evaluate", status_code=200, opt={"limit": limits.SEND})
async def send(request: Request[Any, Any, Any], token: FromPath[str]) -> Template:
    form = await request.form()
    typed = {key: str(value) for key, value in form.items()}
    evaluation = form_id(typed.get("id"))
    try:
        inspection = UUID(typed.get("visit", ""))
    except ValueError:
        inspection = uuid4()
    try:
        device = request.cookies.get(DEVICE) or evaluation.hex
        commitment = await evaluate(token, evaluation, inspection, typed, device=device, address=client_address(request))
    except NotFound:
        raise
    except DomainError as e:
        return await _show(token, typed={**typed, "id": str(evaluation)}, error=e)
    return await _show(token, typed={}, commitment=commitment)


HANDLERS = [show_form, send]
