"""亮码: what an enterprise sees when it scans the code on an officer's phone; and the check of a certificate by number and name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Template

from backend.kernel.errors import Invalid, NotFound
from backend.limits.rules import Limit
from backend.people.queries import list_departments
from backend.usecases.adhoc import KINDS
from backend.usecases.check_officer import check_officer
from backend.usecases.officer_code import show_code
from backend.web.public.places import load_counties
from backend.web.shared.i18n import get_locale, pick
from backend.web.shared.limits import Counted
from backend.web.shared.pages import page

# Fewer than it takes to try the numbers of a department.
CHECK: Final = Counted(Limit("officer-check", 20, timedelta(minutes=15)))


@get("/o/{token:str}")
async def show_officer(token: FromPath[str]) -> Template:
    """Works in any browser, without JavaScript. A code that is not genuine gets a page that says so."""
    try:
        code = await show_code(token)
    except NotFound:
        return page("public/officer.html", status_code=404, code=None)
    return page(
        "public/officer.html",
        code=code,
        kinds=KINDS,
        counties=await load_counties(),
        departments={d.code: pick(d, "name") for d in await list_departments()},
    )


async def _show_check(**context: Any) -> Template:
    shown: dict[str, Any] = {"typed": {}, "found": None, "asked": False, "error": "", **context}
    return page("public/officer_check.html", departments={d.code: pick(d, "name") for d in await list_departments()}, **shown)


@get("/officers")
async def ask_for_officer() -> Template:
    return await _show_check()


@post("/officers", status_code=200, opt={"limit": CHECK})
async def check_typed_officer(request: Request[Any, Any, Any]) -> Template:
    """A yes with the department, or a no; a form and not an address, so that no number stays in a browser's history or in a server's log."""
    form = await request.form()
    typed = {name: str(form.get(name, "")) for name in ("name", "certificate_no")}
    try:
        found = await check_officer(typed["certificate_no"], typed["name"])
    except Invalid as e:
        return await _show_check(typed=typed, error=e.message(get_locale()), status_code=e.status)
    return await _show_check(typed=typed, found=found, asked=True)


HANDLERS = [show_officer, ask_for_officer, check_typed_officer]
