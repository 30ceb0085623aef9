"""A yearly plan as a spreadsheet, in and out, and as the paper 年度抽查工作计划."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any, Final
from uuid import UUID

from backend.exchange.rules import Field, Layout
from backend.exchange.small_files import Limits, read_small
from backend.items.queries import list_register
from backend.kernel import clock
from backend.kernel.errors import DomainError, Forbidden, Invalid
from backend.notices import service as notices
from backend.notices.rules import PLAN
from backend.people import queries as people
from backend.people.rules import MANAGER, REVIEWER, Principal
from backend.planning import import_rules, lines, queries, rules, service
from backend.planning.import_rules import BAD, CHANGED, NEW, Book, Judged
from backend.planning.queries import EditionView
from backend.registry import queries as registry
from backend.storage.engine import transaction
from backend.usecases.annual_plans import check_line, find_own

LINES: Final = Layout(
    "plan-lines",
    (
        Field("name", ("项目名称", "任务名称", "抽查任务名称", "抽查任务", "计划任务", "name"), True),
        Field("items", ("抽查事项", "检查事项", "事项", "check items", "items"), True),
        Field("counties", ("区县", "县(市、区)", "抽查区域", "检查区域", "范围", "counties"), True),
        Field("industries", ("行业", "行业代码", "检查对象范围", "industries")),
        Field("partners", ("配合部门", "联合部门", "参与部门", "partners")),
        Field("rates", ("抽取数量或比例", "抽查比例", "抽查数量", "抽取比例", "抽取数量", "比例", "number or rate", "rate"), True),
        Field("officers_per_visit", ("每组执法人员", "每组人数", "检查人数", "officers per team", "officers")),
        Field("yearly_cap", ("年度检查次数上限", "次数上限", "yearly cap", "cap")),
        Field("first_on", ("开始日期", "开始时间", "起始日期", "检查开始时间", "first day", "start"), True, is_date=True),
        Field("due_on", ("完成期限", "结束日期", "截止日期", "完成时间", "检查结束时间", "last day", "end"), True, is_date=True),
        Field("responsible", ("责任人", "负责人", "责任科室", "responsible")),
        Field("notes", ("备注", "说明", "notes")),
    ),
    ("name", "items"),
)


class PlanFileTooLarge(DomainError):
    code = "plan-file-too-large"
    status = 413
    zh = "计划文件不超过 5 MB、300 行"
    en = "A file of a plan has 5 MB and 300 rows at most"


LIMITS: Final = Limits(5 * 2**20, rules.MOST_LINES, PlanFileTooLarge)


def _names(rows: Iterable[Any]) -> dict[str, str]:
    """Code and both names -> code; of two things with one name the first."""
    found: dict[str, str] = {}
    for row in rows:
        for name in (row.code, row.name_zh, row.name_en):
            found.setdefault(name, row.code)
    return found


async def _book(edition: EditionView) -> Book:
    return Book(
        items=_names(await list_register()),
        counties=_names(await registry.list_counties(edition.scope)),
        industries=_names(await registry.list_industries()),
        departments=_names(await people.list_open_departments()),
    )


async def import_lines(plan: UUID, chunks: AsyncIterator[bytes], *, filename: str, by: Principal) -> list[Judged]:
    """Read, judge and, where no row is bad, apply a file: all rows or none. A file that was applied changes nothing the second time.

    Raises ``FileUnreadable``, ``HeaderNotFound``, ``PlanFileTooLarge``, ``Invalid``, ``Forbidden``, ``NotFound``, ``WrongPlanState``.
    """
    await find_own(plan, by)
    rows, _digest = await read_small(chunks, filename=filename, layout=LINES, limits=LIMITS)
    async with transaction():
        edition = await find_own(plan, by)
        await service.take(edition.edition_id, *rules.EDITABLE)
        there = {view.line.campaign.name: view for view in (await queries.list_lines([edition.edition_id]))[edition.edition_id]}
        existing = {name: view.line for name, view in there.items()}
        judged = import_rules.judge_rows(rows, existing, department=edition.department, plan=edition.id, book=await _book(edition))
        judged = [await _held_against_rules(edition, j) for j in judged]
        if any(j.verdict == BAD for j in judged):
            return judged
        for j in judged:
            assert j.line is not None
            if j.verdict == NEW:
                await lines.add_line(edition.edition_id, j.line, by=by.account_id)
            elif j.verdict == CHANGED:
                await lines.change_line(edition.edition_id, j.line, version=there[j.name].version, by=by.account_id)
        return judged


async def _held_against_rules(edition: EditionView, judged: Judged) -> Judged:
    if judged.line is None:
        return judged
    try:
        await check_line(edition, judged.line)
    except Invalid as e:
        return import_rules.refuse(judged, e.fields)
    return judged


def titles() -> list[str]:
    return [f.aliases[0] for f in LINES.fields]


async def list_cells(edition: EditionView) -> list[list[str]]:
    """The lines as a file of ``titles`` has them, so that it can be mended and read again. For a caller that has found the edition."""
    items = {i.code: i.name_zh for i in await list_register()}
    regions = {r.code: r.name_zh for r in await registry.list_regions()}
    industries = {i.code: i.name_zh for i in await registry.list_industries()}
    departments = {d.code: d.name_zh for d in await people.list_departments()}
    rows = []
    for view in (await queries.list_lines([edition.edition_id]))[edition.edition_id]:
        line, plan = view.line, view.line.campaign
        rows.append(
            [
                plan.name,
                "；".join(items.get(c, c) for c in plan.items),
                "；".join(regions.get(c, c) for c in plan.counties),
                "；".join(industries.get(c, c) for c in plan.industries),
                "；".join(departments.get(c, c) for c in plan.departments[1:]),
                import_rules.write_rates(plan),
                str(plan.officers_per_visit),
                "" if plan.yearly_cap is None else str(plan.yearly_cap),
                line.first_on.isoformat(),
                line.due_on.isoformat(),
                line.responsible,
                line.notes,
            ]
        )
    return rows


async def issue_paper(plan: UUID, edition: int | None, *, by: Principal) -> UUID:
    """年度抽查工作计划 of an edition that is or was in force. The same edition gives the same paper. Raises ``NotFound``, ``Forbidden``, ``WrongPlanState``."""
    # Read committed: the number is the one after the last that was committed when the lock was got.
    async with transaction():
        found = await queries.find_edition(plan, by.scope, edition)
        if by.role not in (MANAGER, REVIEWER) or by.department != found.department:
            raise Forbidden()
        if found.state not in rules.READABLE:
            raise rules.wrong_state(found.state)
        views = (await queries.list_lines([found.edition_id]))[found.edition_id]
        items = {i.code: {"zh": i.name_zh, "en": i.name_en} for i in await list_register()}
        content = {
            **service.content_of(found, views),
            "sha256": found.content_sha256,
            "items": {code: items.get(code, {"zh": code, "en": code}) for v in views for code in v.line.campaign.items},
            "approved_at": clock.rfc3339(found.approved_at) if found.approved_at else "",
            "decisions": [
                {"zh": d.name_zh, "en": d.name_en, "by": await people.find_account_name(d.decided_by), "at": clock.rfc3339(d.decided_at)}
                for d in await queries.list_decisions([found.edition_id])
                if d.round == found.round
            ],
        }
        return await notices.issue_paper(PLAN, subject=found.edition_id, department=found.department, content=content, by=by.account_id)
