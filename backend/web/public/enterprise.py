"""What the code on a door opens: the enterprise's page, or a word about a code that is none of ours, nobody's, or was misused."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from backend.kernel import clock
from backend.kernel.errors import Invalid, NotFound
from backend.limits.rules import TooManyRequests
from backend.registry.editing import LISTS
from backend.registry.rules import KINDS as KINDS_OF_ENTERPRISE
from backend.registry.rules import STATUSES
from backend.rulebook.rules import LEVELS
from backend.usecases import door
from backend.usecases.adhoc import KINDS
from backend.usecases.door import Door
from backend.usecases.recuse import declare_on_site
from backend.web.public.places import load_counties, load_departments, load_industries
from backend.web.shared import kept, limits
from backend.web.shared.i18n import LOCALES, get_locale, pick, words
from backend.web.shared.kept import SAME_FOR_ALL
from backend.web.shared.pages import page
from backend.web.shared.qr import visit_address

_STATUS: Final = {door.STOPPED: 410, door.UNKNOWN: 404, door.FORGED: 404}
CARDS: Final = ("old", "revoked")


async def _show(found: Door, *, card: str, lasting: bool) -> Template:
    enterprise = found.enterprise
    assert enterprise is not None
    facts = await door.load_door_page(enterprise)
    return page(
        "public/enterprise.html",
        enterprise=enterprise,
        token=found.current,
        results=facts.results,
        facts=facts,
        placard=found.placard if found.state == door.OPEN else None,
        card=card,
        kinds=KINDS,
        levels=words(LEVELS),
        lists=words(LISTS),
        departments=await load_departments(),
        counties=await load_counties(),
        industries=await load_industries(),
        kind=pick(KINDS_OF_ENTERPRISE[enterprise.kind], "") if enterprise.kind in KINDS_OF_ENTERPRISE else enterprise.kind,
        status=pick(STATUSES[enterprise.status], "") if enterprise.status in STATUSES else enterprise.status,
        visit_address=visit_address,
        today=clock.today(),
        # A visit that is under way changes with the log, too.
        lasting=lasting and not facts.arrivals,
    )


def _refuse(found: Door) -> Template:
    return page(
        "public/code.html",
        status_code=_STATUS[found.state],
        state=found.state,
        enterprise=found.enterprise,
        placard=found.placard,
    )


@get("/e/{token:str}", opt=SAME_FOR_ALL)
async def show_enterprise(
    request: Request[Any, Any, Any], token: FromPath[str], card: FromQuery[str] = "", via: FromQuery[str] = ""
) -> Template | Redirect | Response[bytes]:
    """By the code on the door. What is published, and visits whose officers have scanned in; that one is coming must not be learnt here.

    ``card``: which card led here, so that the page can say that it is out of date; ``via``: a page or paper of ours led here, no card did.
    """
    if ready := await kept.find(request):
        return ready
    found = await door.open_door(token)
    if found.state in _STATUS:
        return _refuse(found)
    if found.state == door.MOVED:
        said = {"card": "" if via else "old" if found.is_old else "revoked", "lang": request.query_params.get("lang", "")}
        query = urlencode({k: v for k, v in said.items() if v in (*CARDS, *LOCALES)})
        return Redirect(f"/e/{found.current}{'?' + query if query else ''}", status_code=303)
    assert found.enterprise is not None

    async def make() -> Template:
        # The code may have been revoked since it was read to find the subject, and before the page's stamp was.
        again = await door.open_door(token)
        return await _show(found, card=card if card in CARDS else "unsigned" if found.is_old and not via else "", lasting=again == found)

    return await kept.build(request, f"enterprise:{found.enterprise.id}", make)


async def _recusal_page(token: str, *, error: str = "", asked: bool = False, typed: dict[str, Any] | None = None) -> Template:
    """Raises ``NotFound`` behind a code that opens nothing."""
    found = await door.open_door(token)
    if found.enterprise is None or found.state == door.STOPPED:
        raise NotFound()
    return page("public/recusal.html", enterprise=found.enterprise, token=found.current, error=error, asked=asked, typed=typed or {})


@get("/e/{token:str}/recusal")
async def show_recusal(token: FromPath[str]) -> Template:
    """The form stands apart: it carries its reader's token, and the enterprise's page is the same for all."""
    return await _recusal_page(token)


@post("/e/{token:str}/recusal", status_code=200, opt={"limit": limits.SEND})
async def ask_for_recusal(request: Request[Any, Any, Any], token: FromPath[str]) -> Template:
    """The same answer for every name: this page tells nobody who is visiting."""
    form = await request.form()
    error = ""
    try:
        await declare_on_site(token, str(form.get("officer", "")), str(form.get("reason", "")))
    except (Invalid, TooManyRequests) as e:
        error = e.message(get_locale())
    return await _recusal_page(token, error=error, asked=not error, typed=dict(form))


HANDLERS = [show_enterprise, show_recusal, ask_for_recusal]
