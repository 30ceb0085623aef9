"""亮码: what an enterprise sees when it scans the code on an officer's phone."""

from __future__ import annotations

from litestar import get
from litestar.params import FromPath
from litestar.response import Template

from backend.kernel.errors import NotFound
from backend.people.queries import list_departments
from backend.usecases.adhoc import KINDS
from backend.usecases.officer_code import show_code
from backend.web.public.places import load_counties
from backend.web.shared.i18n import pick
from backend.web.shared.pages import page


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


HANDLERS = [show_officer]
