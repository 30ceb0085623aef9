"""投诉举报: the list by its clocks, one matter with what may be done with it. What a person may see is decided by the queries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID, uuid4

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect, Template

from backend.deadlines.queries import load_book
from backend.deadlines.rules import bounds, judge
from backend.inspections.rules import STATES as VISIT_STATES
from backend.kernel import clock
from backend.kernel.errors import DomainError, Invalid
from backend.people import queries as people
from backend.people.rules import AUDITOR, MANAGER, Principal
from backend.tips import queries, rules
from backend.tips.queries import TipFilter
from backend.usecases import tips
from backend.web.console import labels, lamps
from backend.web.console.case import TIP_READERS, read_id, read_seen
from backend.web.console.paging import cut, read_place
from backend.web.shared.i18n import _, get_locale, pick, words
from backend.web.shared.pages import page
from backend.web.shared.uploads import answer_file

ACTING = {"access": TIP_READERS["access"]}
HEADS = {"access": frozenset({MANAGER, AUDITOR})}


def states() -> dict[str, tuple[str, str]]:
    kinds = {rules.FILED: "warn", rules.ACCEPTED: "accent", rules.CLOSED: "good"}
    return {key: (pick({"zh": zh, "en": en}, ""), kinds.get(key, "")) for key, (zh, en) in rules.STATES.items()}


@get("/tips", opt=TIP_READERS)
async def list_tips(
    request: Request[Any, Any, Any],
    in_state: Annotated[str, QueryParameter(name="state")] = "",
    lamp: FromQuery[str] = "",
    subject: FromQuery[str] = "",
    q: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Template:
    who: Principal = request.user
    book, today = await load_book(), clock.today()
    by = TipFilter(
        state=in_state if in_state in (*rules.STATES, "all") else "",
        lamp=lamp if lamp in lamps.KINDS else "",
        subject=subject if subject in rules.SUBJECTS and who.role == AUDITOR else "",
        text=q,
    )
    rows = await queries.list_tips(who, by, bounds(book, today), after=read_place(after), limit=queries.PAGE + 1)
    found, next_href = cut(rows, queries.PAGE, "/console/tips", state=by.state, lamp=by.lamp, subject=by.subject, q=q)
    return page(
        "console/tips.html",
        rows=[(t, judge(t.clock, t.since, book, today) if t.clock and t.since else None) for t in found],
        by=by,
        next_href=next_href,
        states=states(),
        tracks=words(rules.TRACKS),
        subjects=words(rules.SUBJECTS),
        lamps=lamps.colours(),
        say=lamps.say,
        sees_office=who.role == AUDITOR,
        places=await labels.load_places(),
    )


async def _show(
    tip: UUID, who: Principal, *, error: DomainError | None = None, typed: dict[str, str] | None = None, contact: tuple[str, str] | None = None
) -> Template:
    """The page, also after a step that was refused: what was typed stays, beside how things are now."""
    found = await queries.find_tip(tip, who)
    messages = await queries.list_messages(tip)
    lamp = await tips.lamp_of(found)
    handles = rules.may_handle(who, found.subject, found.department)
    names = {a: await people.find_account_name(a) for a in {m.author for m in messages if m.author} | ({found.decided_by} if found.decided_by else set())}
    return page(
        "console/tip.html",
        status_code=error.status if error else 200,
        error=error.message(get_locale()) if error else "",
        typed=typed or {},
        tip=found,
        lamp=lamp,
        say=lamps.say,
        contact=contact,
        messages=messages,
        photos=await tips.list_photos(found),
        gone=await tips.list_erased(found),
        names=names,
        visits=await queries.list_visits(tip),
        visit_states=words(VISIT_STATES),
        joined=await queries.list_joined(tip, who),
        like=await queries.list_like(found, who) if handles and found.state in rules.RUNNING else [],
        states=states(),
        tracks=words(rules.TRACKS),
        subjects=words(rules.SUBJECTS),
        departments=[d for d in await people.list_open_departments() if d.code != found.department],
        handles=handles,
        may_assign=rules.may_assign(who, found.subject, found.department) and found.state in rules.RUNNING,
        may_extend=rules.may_extend(who, found.subject, found.department) and found.clock in rules.LONGER and lamp is not None and lamp.left >= 0,
        is_manager=who.role == MANAGER,
        form_ids={"answer": uuid4(), "close": uuid4()},
        places=await labels.load_places(),
    )


@get("/tips/{tip_id:uuid}", opt=TIP_READERS)
async def show_tip(request: Request[Any, Any, Any], tip_id: FromPath[UUID]) -> Template:
    return await _show(tip_id, request.user)


@get("/tips/{tip_id:uuid}/photos/{photo_id:uuid}", opt=TIP_READERS)
async def show_photo(request: Request[Any, Any, Any], tip_id: FromPath[UUID], photo_id: FromPath[UUID]) -> Response[bytes]:
    return answer_file(await tips.find_photo(tip_id, photo_id, request.user))


Act = Callable[[UUID, dict[str, str], int, Principal], Awaitable[None]]


async def _do(request: Request[Any, Any, Any], tip: UUID, part: str, act: Act) -> Template | Redirect:
    """One step by a form that names the version that its person saw."""
    typed = {key: str(value) for key, value in (await request.form()).items()}
    try:
        await act(tip, typed, read_seen(typed.get("seen")), request.user)
    except DomainError as e:
        return await _show(tip, request.user, error=e, typed={**typed, "part": part})
    return Redirect(f"/console/tips/{tip}", status_code=303)


@post("/tips/{tip_id:uuid}/decide", opt=ACTING, status_code=200)
async def decide(request: Request[Any, Any, Any], tip_id: FromPath[UUID]) -> Template | Redirect:
    async def act(tip: UUID, typed: dict[str, str], seen: int, who: Principal) -> None:
        await tips.decide(tip, accepted=typed.get("verdict") == "accept", reason=typed.get("reason", ""), version=seen, by=who)

    return await _do(request, tip_id, "decide", act)


@post("/tips/{tip_id:uuid}/assign", opt=ACTING, status_code=200)
async def assign(request: Request[Any, Any, Any], tip_id: FromPath[UUID]) -> Template | Redirect:
    async def act(tip: UUID, typed: dict[str, str], seen: int, who: Principal) -> None:
        if "to" not in typed or typed["to"] == "":
            raise Invalid(field=_("转给"), why_zh="请选择部门", why_en="choose a department")
        await tips.assign(tip, "" if typed["to"] == "-" else typed["to"], reason=typed.get("reason", ""), version=seen, by=who)

    answer = await _do(request, tip_id, "assign", act)
    # Who has handed it on does not see it any more: back to the list.
    return Redirect("/console/tips", status_code=303) if isinstance(answer, Redirect) else answer


@post("/tips/{tip_id:uuid}/extend", opt=HEADS, status_code=200)
async def extend(request: Request[Any, Any, Any], tip_id: FromPath[UUID]) -> Template | Redirect:
    async def act(tip: UUID, typed: dict[str, str], seen: int, who: Principal) -> None:
        await tips.extend(tip, reason=typed.get("reason", ""), version=seen, by=who)

    return await _do(request, tip_id, "extend", act)


@post("/tips/{tip_id:uuid}/join", opt=ACTING, status_code=200)
async def join(request: Request[Any, Any, Any], tip_id: FromPath[UUID]) -> Template | Redirect:
    async def act(tip: UUID, typed: dict[str, str], seen: int, who: Principal) -> None:
        await tips.join(tip, read_id(typed.get("lead")), version=seen, by=who)

    return await _do(request, tip_id, "join", act)


@post("/tips/{tip_id:uuid}/answer", opt=ACTING, status_code=200)
async def answer(request: Request[Any, Any, Any], tip_id: FromPath[UUID]) -> Template | Redirect:
    async def act(tip: UUID, typed: dict[str, str], seen: int, who: Principal) -> None:
        verb = tips.close if typed.get("last") == "yes" else tips.answer
        await verb(tip, read_id(typed.get("id")), typed.get("text", ""), version=seen, by=who)

    return await _do(request, tip_id, "answer", act)


@post("/tips/{tip_id:uuid}/contact", opt=ACTING, status_code=200)
async def show_contact(request: Request[Any, Any, Any], tip_id: FromPath[UUID]) -> Template:
    """Not a link: each look is an act, and in the log."""
    try:
        contact = await tips.unseal(tip_id, by=request.user)
    except DomainError as e:
        return await _show(tip_id, request.user, error=e)
    return await _show(tip_id, request.user, contact=contact)


HANDLERS = [list_tips, show_tip, show_photo, decide, assign, extend, join, answer, show_contact]
