"""执法人员: who may inspect, until when, what and where, and how much each has in hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from litestar import Request, get
from litestar.params import FromQuery
from litestar.response import Template

from backend.kernel import clock
from backend.people import queries
from backend.people.queries import InspectorView
from backend.people.rules import is_fit
from backend.usecases import overview
from backend.web.console import labels
from backend.web.console.devices import READERS
from backend.web.shared.i18n import _, pick
from backend.web.shared.pages import page

SOON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class OfficerRow:
    officer: InspectorView
    load: int
    mark: str  # the kind of the badge
    says: str
    is_everywhere: bool


def judge(officer: InspectorView, on: date) -> tuple[str, str]:
    """The badge of an officer: whether a draw may take them, and the certificate's end when it is near."""
    if not officer.is_valid:
        return "bad", _("已停用，不参加抽取")
    if not is_fit(officer.is_valid, officer.certificate_expires_on, on):
        return "bad", _("执法证已过期，不参加抽取")
    if officer.certificate_expires_on <= on + SOON:
        return "warn", _("执法证 %(n)s 天后到期", n=(officer.certificate_expires_on - on).days)
    return "good", _("有效")


@get("/inspectors")
async def list_inspectors(request: Request[Any, Any, Any], department: FromQuery[str] = "", county: FromQuery[str] = "") -> Template:
    scope, on = request.user.scope, clock.today()
    officers, loads = await queries.list_inspectors(scope), await overview.count_loads()
    counties = await labels.county_choices(scope)
    everywhere = {code for code, _name in counties}
    rows = [OfficerRow(o, loads.get(o.id, 0), *judge(o, on), everywhere <= set(o.counties)) for o in officers]
    departments = [d for d in await queries.list_departments() if scope.department in (None, d.code)]
    shown = [r for r in rows if department in ("", r.officer.department) and (not county or county in r.officer.counties)]
    return page(
        "console/inspectors.html",
        rows=shown,
        warnings=sum(r.mark != "good" for r in rows),
        may_see_phones=request.user.role in READERS,
        heaviest=max((r.load for r in rows), default=0),
        department=department,
        county=county,
        departments=[(d.code, pick(d, "name")) for d in departments],
        counties=counties,
        places=await labels.load_places(),
        labels=labels,
    )


HANDLERS = [list_inspectors]
