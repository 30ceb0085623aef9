"""通知送达: how each channel does, what did not arrive, and the department's group robots."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from backend.kernel import clock
from backend.kernel.errors import DomainError
from backend.notify import deliveries, robot_rules, robots
from backend.people.queries import list_departments
from backend.people.rules import ADMIN, AUDITOR, MANAGER, Principal
from backend.usecases import alert_groups
from backend.web.console import labels
from backend.web.shared.i18n import _, get_locale, pick, words
from backend.web.shared.pages import page

READERS = {"access": frozenset({MANAGER, ADMIN, AUDITOR})}
WRITERS = {"access": frozenset({MANAGER, ADMIN})}


async def _show(who: Principal, *, error: str = "", said: str = "", status: int = 200, typed: dict[str, str] | None = None) -> Template:
    now = clock.now()
    return page(
        "console/alerts.html",
        status_code=status,
        error=error,
        said=said,
        typed=typed or {},
        overview=await deliveries.load_overview(who.scope, now - timedelta(days=deliveries.RECENT_DAYS), now - timedelta(days=1)),
        failures=await deliveries.list_failures(who.scope),
        robots=await robots.list_robots(who.scope),
        robot_kinds=words(robot_rules.KINDS),
        departments=[(d.code, pick(d, "name")) for d in await list_departments()],
        may_write=who.role in (MANAGER, ADMIN),
        is_admin=who.role == ADMIN,
        alert_kinds=labels.alert_kinds(),
        push_states=labels.push_states(),
        why=labels.in_one_language,
        places=await labels.load_places(),
    )


@get("/alerts", opt=READERS)
async def show_alerts(request: Request[Any, Any, Any]) -> Template:
    return await _show(request.user)


@post("/alerts/robots", opt=WRITERS, status_code=200)
async def add_robot(request: Request[Any, Any, Any]) -> Template | Redirect:
    form = await request.form()
    # The address and its secret never come back into a page.
    typed = {name: str(form.get(name, "")) for name in ("department", "name")}
    try:
        await alert_groups.add_group(typed["department"], typed["name"], str(form.get("address", "")), str(form.get("secret", "")), by=request.user)
    except DomainError as e:
        return await _show(request.user, error=e.message(get_locale()), status=e.status, typed=typed)
    return Redirect("/console/alerts#robots", status_code=303)


@post("/alerts/robots/{robot_id:uuid}/test", opt=WRITERS, status_code=200)
async def test_robot(request: Request[Any, Any, Any], robot_id: FromPath[UUID]) -> Template:
    answer = await alert_groups.test_group(robot_id, by=request.user)
    if answer.state == "sent":
        return await _show(request.user, said=_("测试消息已送达群里。"))
    why = pick({"zh": answer.why_zh, "en": answer.why_en}, "")
    return await _show(request.user, error=_("测试消息没有送达：%(why)s", why=why), status=502)


@post("/alerts/robots/{robot_id:uuid}/remove", opt=WRITERS, status_code=303)
async def remove_robot(request: Request[Any, Any, Any], robot_id: FromPath[UUID]) -> Redirect:
    await alert_groups.remove_group(robot_id, by=request.user)
    return Redirect("/console/alerts#robots", status_code=303)


HANDLERS = [show_alerts, add_robot, test_robot, remove_robot]
