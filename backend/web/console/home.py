"""工作台: for each role the figures and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Request, get
from litestar.response import Template

from backend.deadlines.queries import load_book
from backend.deadlines.rules import RED, bounds
from backend.draws import queries as draws
from backend.exchange import queries as exchange
from backend.figures import queries as figures_of
from backend.figures.digest_rules import Digest
from backend.handovers import queries as handovers
from backend.inspections.rules import PUBLISHED, SUBMITTED, UNDER_REVIEW
from backend.invitations.queries import list_invitations
from backend.kernel import clock
from backend.objections import queries as objections
from backend.people.officer_queries import count_endings
from backend.people.rules import ADMIN, AUDITOR, MANAGER, REVIEWER, Principal
from backend.registry import search
from backend.registry.queries import Filter
from backend.rulebook.queries import count_by_year
from backend.tips import queries as tips
from backend.usecases import annual_plans, board, overview
from backend.usecases.invite import lamp_of
from backend.usecases.recuse import list_recusals
from backend.web.console import comments, labels, lamps
from backend.web.shared.i18n import _
from backend.web.shared.pages import page

URGENCY = ("bad", "warn", "")  # what is late comes first
NOTICE_MONTH = 11  # the State Council announces next year's holidays about then


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do next: a badge kind, what it is, where to do it."""

    kind: str
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A county's bar in a chart 100 units wide: handed in, then open, then overdue."""

    county: str
    handed_in: int
    total: int
    overdue: int
    done_width: float
    open_width: float
    late_width: float


def bars(figures: list[overview.CountyFigures]) -> list[Bar]:
    longest = max((f.total for f in figures), default=0) or 1

    def width(n: int) -> float:
        return round(100 * n / longest, 2)

    return [
        Bar(f.county, f.handed_in, f.total, f.overdue, width(f.handed_in), width(f.total - f.handed_in - f.overdue), width(f.overdue))
        for f in figures
    ]


async def _todo(who: Principal, campaigns: list[overview.CampaignProgress], waiting: int, overdue: int) -> list[Todo]:
    found: list[Todo] = []
    if who.role in (MANAGER, ADMIN):
        for c in campaigns:
            if c.state == "draft":
                found.append(Todo("", _("任务“%(name)s”尚未公告", name=c.name), f"/console/campaigns/{c.id}"))
            elif c.state == "announced":
                found.append(Todo("warn", _("任务“%(name)s”已公告，可以抽取", name=c.name), f"/console/campaigns/{c.id}"))
    if who.role == MANAGER:
        pending = [b for b in await exchange.list_batches(who.scope) if b.state == "previewed"]
        found += [Todo("warn", _("文件“%(name)s”等待确认导入", name=b.filename), f"/console/imports/{b.id}") for b in pending[:3]]
    found += [Todo("warn", _("年度计划“%(name)s”等待您审批", name=e.name), f"/console/plans/{e.id}") for e in await annual_plans.list_waiting_for(who)]
    if who.role == MANAGER:
        found += [
            Todo("bad", _("计划项目“%(name)s”应已开始，尚未建立任务", name=line.line.campaign.name), f"/console/plans/{e.id}#line-{line.key}")
            for e, line in (await annual_plans.list_unbegun(who, clock.today()))[:3]
        ]
    if waiting and who.role in (REVIEWER, ADMIN):
        found.append(Todo("warn", _("%(n)s 份检查记录等待审核", n=waiting), "/console/reviews"))
    found += await _invited(who)
    if who.role in (MANAGER, ADMIN, AUDITOR):
        for draw in await draws.list_overdue(clock.now()):
            found.append(Todo("bad", _("抽取 %(id)s 未按公告的期限公开密钥", id=draw.draw_id), f"/draws/{draw.draw_id}"))
    if who.role == MANAGER and (declared := sum(r.state == "declared" for r, _o, _e in await list_recusals(who))):
        found.append(Todo("warn", _("%(n)s 项回避申请等待决定", n=declared), "/console/recusals"))
    if who.role in (MANAGER, REVIEWER):
        if told := await handovers.count_waiting(who.department or "", who.region):
            found.append(Todo("warn", _("%(n)s 件抄告等待签收", n=told), "/console/outcomes/handovers"))
        if objected := await objections.count_open(who.scope):
            found.append(Todo("warn", _("%(n)s 件异议等待答复", n=objected), "/console/outcomes/objections"))
    found += await _complained(who)
    if overdue:
        found.append(Todo("bad", _("%(n)s 项检查有期限已过", n=overdue), "/console/inspections?lamp=red"))
    if who.role == ADMIN and clock.today().month >= NOTICE_MONTH and clock.today().year + 1 not in await count_by_year():
        text = _("%(year)s 年的节假日安排尚未登记", year=clock.today().year + 1)
        found.append(Todo("warn", text, f"/console/registers/holiday?year={clock.today().year + 1}"))
    if who.role != REVIEWER:
        endings = await count_endings(who.scope, on=clock.today())
        if endings.expired:
            found.append(Todo("bad", _("%(n)s 名执法人员的执法证已过期", n=endings.expired), "/console/inspectors?certificate=expired"))
        if endings.soon:
            found.append(Todo("warn", _("%(n)s 名执法人员的执法证将在 30 天内到期", n=endings.soon), "/console/inspectors?certificate=30"))
        if endings.later:
            found.append(Todo("", _("%(n)s 名执法人员的执法证将在 31 至 60 天内到期", n=endings.later), "/console/inspectors?certificate=60"))
    return sorted(found, key=lambda todo: URGENCY.index(todo.kind))


async def _complained(who: Principal) -> list[Todo]:
    """Complaints and tips that wait for this department, or for the oversight office."""
    if who.role not in (MANAGER, REVIEWER, AUDITOR):
        return []
    filed, late = await tips.count_open(who, bounds(await load_book(), clock.today()))
    found = [Todo("bad", _("%(n)s 件投诉举报已过法定期限", n=late), "/console/tips?lamp=red")] if late else []
    return [*found, Todo("warn", _("%(n)s 件投诉举报等待受理", n=filed), "/console/tips?state=filed")] if filed else found


async def _invited(who: Principal) -> list[Todo]:
    """What waits for this department's answer, and whose answer is overdue."""
    if who.role not in (MANAGER, AUDITOR):
        return []
    book, places = await load_book(), await labels.load_places()
    found = []
    for view in await list_invitations(who.scope):
        lamp = lamp_of(view, book)
        assert lamp is not None
        kind, href = lamps.KINDS[lamp.colour], f"/console/invitations/{view.id}"
        if view.department == who.department:
            name = places(view.lead)
            text = _("%(lead)s邀请参加“%(name)s”，请于 %(day)s 前答复", lead=name, name=view.name, day=lamp.due_on.isoformat())
            found.append(Todo(kind if kind != "good" else "warn", text, href))
        elif lamp.colour == RED:
            found.append(Todo("bad", _("%(partner)s未按期答复“%(name)s”", partner=places(view.department), name=view.name), href))
    return found


def digest_lines(digest: Digest) -> list[tuple[str, int, str]]:
    """(what, how many, where to see them)."""
    key = f"{digest.week.isoformat()}..{digest.last_day.isoformat()}"
    return [
        (_("已完成的检查"), digest.completed, f"/console/figures/scanned/records?period={key}"),
        (_("已公示结果"), digest.published, f"/console/figures/published?period={key}"),
        (_("本周到期"), digest.due_next, f"/console/figures/done?period={digest.week.year}"),
        (_("逾期未完成"), sum(digest.overdue.values()), f"/console/figures/done/records?period={digest.week.year}&part=late"),
        (_("待审核"), digest.waiting, "/console/figures/waiting"),
    ]


@get("/")
async def show_home(request: Request[Any, Any, Any]) -> Template:
    who: Principal = request.user
    scope = who.scope
    campaigns, states = await overview.list_open_campaigns(scope), await overview.count_by_state(scope)
    counties = await overview.count_by_county(scope)
    lamp_counts = await board.count_lamps(scope)
    overdue, waiting = sum(c.by_lamp["red"] for c in lamp_counts), states.get(SUBMITTED, 0) + states.get(UNDER_REVIEW, 0)
    return page(
        "console/home.html",
        campaigns=campaigns,
        campaign_states=labels.campaign_states(),
        figures=[
            ((await search.count_enterprises(scope, Filter(status="active"))).n, _("在册检查对象"), "/console/enterprises?status=active"),
            (sum(c.total - c.handed_in for c in counties), _("进行中的检查"), "/console/inspections"),
            (waiting, _("待审核记录"), "/console/inspections?state=submitted" if who.role == MANAGER else "/console/reviews"),
            (states.get(PUBLISHED, 0), _("已公示结果"), "/console/inspections?state=published"),
        ],
        by_state=[(key, name, kind, states[key]) for key, (name, kind) in labels.inspection_states().items() if key in states],
        bars=bars(counties),
        todo=await _todo(who, campaigns, waiting, overdue),
        waiting=await overview.list_waiting_records(scope) if who.role in (REVIEWER, ADMIN) else [],
        digest=await figures_of.find_digest(scope),
        digest_lines=digest_lines,
        batches=(await exchange.list_batches(scope, 5)) if who.role in (MANAGER, ADMIN) else [],
        batch_states=labels.batch_states(),
        places=await labels.load_places(),
        lamp_counts=lamp_counts,
        notices=await comments.list_notices(who),
        lamps=lamps.colours(),
    )


HANDLERS = [show_home]
