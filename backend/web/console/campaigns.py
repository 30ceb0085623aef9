"""抽查任务: the list, the planning form with its live estimate, and one campaign from plan to results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from backend.draws import queries as draws
from backend.draws.randomness import needs_two_people
from backend.draws.rules import GRINDING_PROOF_BITS, entropy_bits
from backend.inspections import queries
from backend.kernel import clock
from backend.kernel.errors import DomainError, Invalid
from backend.notices.queries import list_papers_of
from backend.people import queries as people
from backend.people.rules import MANAGER, REVIEWER, Principal
from backend.planning.queries import find_origin
from backend.storage.engine import transaction
from backend.usecases.announce_draw import announce_draw, estimate
from backend.usecases.create_campaign import create_campaign
from backend.web.console import campaign_form, labels, partners
from backend.web.console.campaign_ahead import look_ahead
from backend.web.console.paging import cut, read_place
from backend.web.shared.i18n import _, get_locale
from backend.web.shared.office_papers import paper_name
from backend.web.shared.pages import page

MANAGERS = {"access": frozenset({MANAGER})}
SOURCES = 3
PAGE = 24


@get("/campaigns")
async def list_campaigns(request: Request[Any, Any, Any], after: FromQuery[str] = "") -> Template:
    found, next_href = cut(await queries.list_campaigns(request.user.scope, after=read_place(after), limit=PAGE + 1), PAGE, "/console/campaigns")
    return page(
        "console/campaigns.html",
        campaigns=found,
        next_href=next_href,
        states=labels.campaign_states(),
        kinds=labels.adhoc_kinds(),
        places=await labels.load_places(),
        may_plan=request.user.role == MANAGER,
        today=clock.today(),
    )


async def _show_form(who: Principal, form: FormMultiDict, error: str = "", status: int = 200) -> Template:
    return page("console/campaign_new.html", status_code=status, error=error, form=form, **await campaign_form.choices(who, form, on=clock.today()))


@get("/campaigns/new", opt=MANAGERS)
async def show_campaign_form(request: Request[Any, Any, Any]) -> Template:
    return await _show_form(request.user, await campaign_form.usual(request.user, on=clock.today()))


@post("/campaigns/new", opt=MANAGERS, status_code=200)
async def plan_campaign(request: Request[Any, Any, Any]) -> Template | Redirect:
    form = await request.form()
    try:
        campaign = await create_campaign(campaign_form.read_plan(form, request.user), by=request.user)
    except Invalid as e:
        return await _show_form(request.user, form, campaign_form.say(e), e.status)
    return Redirect(f"/console/campaigns/{campaign}", status_code=303)


@post("/campaigns/estimate", opt=MANAGERS, status_code=200)
async def show_estimate(request: Request[Any, Any, Any]) -> Template:
    form = await request.form()
    who: Principal = request.user
    try:
        rates = campaign_form.read_rates(form)
    except Invalid:
        rates = {}
    fixed, rate = rates.get("n"), rates.get("-")
    cap = str(form.get("yearly_cap", ""))
    counties = [c for c in map(str, form.getall("counties", [])) if c.startswith(who.region)]
    found = await estimate(
        departments=[who.department or "", *map(str, form.getall("partners", []))],
        region=who.region,
        counties=counties,
        industries=list(map(str, form.getall("industries", []))),
        cap=int(cap) if cap.isdigit() else None,
        fixed=fixed if isinstance(fixed, int) else None,
        rate=rate if isinstance(rate, tuple) else None,
    )
    return page(
        "console/_estimate.html",
        estimate=found,
        by_class=form.get("rate_mode") == "classes",
        places=await labels.load_places(),
        ahead=await look_ahead(form, rates, counties, who),
    )


def source_kinds() -> list[tuple[str, str, float, int]]:
    """(kind, name, bits of one throw or of the whole, throws that make it grinding-proof)."""
    return [
        ("dice", _("十面骰子"), entropy_bits("dice", 1), 20),
        ("kuaile8", _("快乐8（80 选 20）"), entropy_bits("kuaile8", 0), 1),
        ("digits", _("彩票数字"), entropy_bits("digits", 1), 7),
        ("drand", _("drand 公共随机信标（可离线核对）"), entropy_bits("drand", 0), 1),
        ("beacon", _("其他公共随机信标"), entropy_bits("beacon", 64), 1),
    ]


def bits_of(sources: list[dict[str, str]]) -> float:
    """What all announced sources carry together."""
    return sum(entropy_bits(s["kind"], int(s.get("count") or 0) or 64) for s in sources)


async def show(
    campaign_id: UUID,
    who: Principal,
    *,
    error: str = "",
    status: int = 200,
    typed: list[str] | None = None,
    unsaved: Mapping[str, Any] | None = None,
) -> Template:
    """One campaign's page, also after a step that was refused: what was typed stays, ``typed`` of the draw, ``unsaved`` of its partners."""
    async with transaction():
        campaign = await queries.find_campaign(campaign_id, who.scope)
        draw = await draws.find_draw_of_campaign(campaign_id)
        visits = await queries.list_visits(campaign_id, who.scope)
        officers = await people.list_inspectors_by_id(list({o for v in visits for o in v.officers}))
        counts = await draws.count_frame(draw.id) if draw else []
        typed_by = await draws.list_witnesses(draw.id) if draw else []
        witnesses = [await people.find_account_name(a) for a in typed_by]
    sources = draw.announcement["sources"] if draw else []
    bits = bits_of(sources)
    frame: dict[str, int] = {}
    by_county: dict[str, dict[str, int]] = {}
    for c in counts:
        frame[c.st] = frame.get(c.st, 0) + c.n
        by_county.setdefault(c.county, {"E": 0, "out": 0})["E" if c.st == "E" else "out"] += c.n
    drawn: dict[str, int] = {}
    for v in visits:
        drawn[v.county] = drawn.get(v.county, 0) + 1
    return page(
        "console/campaign.html",
        status_code=status,
        error=error,
        typed=typed or [""] * len(sources),
        unsaved=unsaved or {},
        campaign=campaign,
        draw=draw,
        items=await queries.list_campaign_items(campaign_id),
        frame=frame,
        by_county=by_county,
        drawn=drawn,
        visits=visits,
        officers=officers,
        exceptions=(draw.result or {}).get("exceptions", []) if draw else [],
        origin=await find_origin(campaign_id),
        voided=await draws.list_voided(campaign_id),
        papers=await list_papers_of(campaign_id),
        paper_name=paper_name,
        bits=bits,
        enough_bits=bits >= GRINDING_PROOF_BITS,
        kinds=source_kinds(),
        states=labels.campaign_states(),
        inspection_states=labels.inspection_states(),
        reasons=reasons(),
        places=await labels.load_places(),
        cells=_cells(draw) if draw else [],
        kinds_of_visit=labels.adhoc_kinds(),
        witnesses=witnesses,
        two_people=needs_two_people(sources),
        has_typed=who.account_id in typed_by,
        may_witness=who.role in (MANAGER, REVIEWER) and who.department == campaign.department,
        may_decide=who.role in (MANAGER, REVIEWER) and who.department == campaign.department and (draw is not None or campaign.kind != "random"),
        sees_visits=who.scope.department in (None, campaign.department),
        may_act=who.role == MANAGER and who.department == campaign.department,
        may_reveal=draw is not None and draw.state == "drawn" and (await queries.is_draw_finished(draw.id) or clock.now() >= draw.reveal_by),
        sources_offered=range(SOURCES),
        sees_caps=campaign.state == "draft" and campaign.kind == "random" and who.scope.department in (None, campaign.department),
        joint=await partners.load(campaign, who) if campaign.partners and campaign.kind == "random" else None,
    )


@dataclass(frozen=True, slots=True)
class CellRow:
    """What one cell should give and gave. ``expected`` is its share of the rate, before rounding."""

    county: str
    industry: str
    class_code: str
    size: int
    n: int
    expected: float


def _cells(draw: draws.DrawView) -> list[CellRow]:
    rates = draw.announcement["rates"]
    found = []
    for c in (draw.result or {}).get("cells", []):
        county, _slash, industry = c["cell"].partition("/")
        p, q = rates[c["class"]]
        found.append(CellRow(county, industry, c["class"], c["size"], c["n"], c["size"] * p / q))
    return sorted(found, key=lambda c: (c.county, c.industry, c.class_code))


def reasons() -> dict[str, str]:
    return {
        "E": _("可抽取"),
        "X:STATUS": _("已注销、吊销或迁出"),
        "X:OPEN": _("正在接受其他检查"),
        "X:FREQ": _("已达年度检查次数上限"),
        "X:EXEMPT": _("依法免检"),
    }


@get("/campaigns/{campaign_id:uuid}")
async def show_campaign(request: Request[Any, Any, Any], campaign_id: FromPath[UUID]) -> Template:
    return await show(campaign_id, request.user)


def _sources(form: FormMultiDict) -> list[dict[str, str]]:
    found = []
    for n in range(SOURCES):
        kind, name, day = (str(form.get(f"{field}_{n}", "")).strip() for field in ("kind", "name", "date"))
        if not kind:
            continue
        if not name or not day:
            raise Invalid(field=_("随机数来源"), why_zh="请填写名称和日期", why_en="give its name and date")
        source = {"kind": kind, "name": name, "date": day, "rule": str(form.get(f"rule_{n}", "")).strip()}
        count = str(form.get(f"count_{n}", "")).strip()
        if kind in ("dice", "digits"):
            if not count.isdigit() or not 1 <= int(count) <= 200:
                raise Invalid(field=name, why_zh="请填写位数", why_en="give the number of digits")
            source["count"] = count
        found.append(source)
    return found


@post("/campaigns/{campaign_id:uuid}/announce", opt=MANAGERS, status_code=200)
async def announce(request: Request[Any, Any, Any], campaign_id: FromPath[UUID]) -> Template | Redirect:
    await queries.find_campaign(campaign_id, request.user.scope)
    try:
        await announce_draw(campaign_id, sources=_sources(await request.form()), by=request.user)
    except DomainError as e:
        return await show(campaign_id, request.user, error=e.message(get_locale()), status=e.status)
    return Redirect(f"/console/campaigns/{campaign_id}", status_code=303)


async def campaign_of(draw_id: str, who: Principal) -> UUID:
    """The campaign of a draw within the person's scope. Raises ``NotFound``."""
    draw = await draws.find_draw(draw_id)
    await queries.find_campaign(draw.campaign, who.scope)
    return draw.campaign


HANDLERS = [list_campaigns, show_campaign_form, plan_campaign, show_estimate, show_campaign, announce]
