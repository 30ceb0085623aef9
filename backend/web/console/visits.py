"""One visit: replace a drawn enterprise that is gone, replace an officer who must stand back."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Redirect, Template

from backend.draws import changes
from backend.draws.queries import find_draw_by_id
from backend.evidence import service as evidence
from backend.inspections import caps, queries
from backend.inspections.rules import MOVES, REPLACED
from backend.kernel.errors import DomainError, Invalid
from backend.notify import deliveries, robots
from backend.people import queries as people
from backend.people.rules import ADMIN, AUDITOR, MANAGER, REVIEWER, Principal
from backend.usecases.adhoc import list_choosable, reassign_officer
from backend.usecases.change_draw import approve_replacement, refuse_replacement, request_replacement, substitute_officer
from backend.web.console import case, labels, reviews
from backend.web.shared.i18n import _, get_locale, words
from backend.web.shared.pages import page
from backend.web.shared.uploads import sent_files

DECIDERS = {"access": frozenset({MANAGER, REVIEWER})}
MANAGERS = {"access": frozenset({MANAGER})}
# Who looks over the city reads what a department does; only the department acts.
READERS = {"access": frozenset({MANAGER, REVIEWER, ADMIN, AUDITOR})}


async def show(visit: UUID, who: Principal, *, error: str = "", status: int = 200, typed: dict[str, Any] | None = None) -> Template:
    """A visit's page, also after a step that was refused: what was typed stays."""
    place = await queries.find_place(visit, who.scope)
    draw = await find_draw_by_id(place.draw) if place.draw else None
    requests = [r for r in await changes.list_replacements(draw.id) if r.inspection == visit] if draw else []
    officers = await people.list_inspectors_by_id(list(place.officers))
    people_named = {a: await people.find_account_name(a) for r in requests for a in (r.requested_by, *r.approvals)}
    may_change = REPLACED in MOVES[place.state] and who.department == place.department
    takers = [i for i in await list_choosable(who, place.county) if i.id not in place.officers] if draw is None and may_change else []
    return page(
        "console/visit.html",
        status_code=status,
        error=error,
        typed=typed or {},
        visit=place,
        draw=draw,
        requests=requests,
        officers=[officers[o] for o in place.officers],
        named=people_named,
        reasons=words(changes.REASONS),
        states=labels.inspection_states(),
        places=await labels.load_places(),
        may_change=draw is not None and may_change,
        takers=takers,
        reached=(await caps.list_reached([visit])).get(visit),
        is_open=any(r.state == "requested" for r in requests),
        is_manager=who.role == MANAGER,
        reads_records=who.role in reviews.READERS["access"],
        me=who.account_id,
        alerts=await deliveries.list_of_inspection(visit, who.scope),
        groups=await robots.list_of_inspection(visit, who.scope),
        alert_kinds=labels.alert_kinds(),
        push_states=labels.push_states(),
        why=labels.in_one_language,
        **await case.load(place, who),
    )


@get("/visits/{visit_id:uuid}", opt=READERS)
async def show_visit(request: Request[Any, Any, Any], visit_id: FromPath[UUID]) -> Template:
    return await show(visit_id, request.user)


def _uuid(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError as e:
        raise Invalid(field=_("检查人员"), why_zh="请从名单中选择", why_en="choose from the list") from e


async def _one_chunk(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _store(file: UploadFile, by: UUID) -> str:
    content = await file.read()
    digest = hashlib.sha256(content).hexdigest()
    await evidence.upload(digest, _one_chunk(content), uploader=by, total=len(content))
    return digest


@post("/visits/{visit_id:uuid}/replace", opt=DECIDERS, status_code=200)
async def replace(request: Request[Any, Any, Any], visit_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    typed = {name: str(form.get(name, "")) for name in ("reason", "finding")}
    try:
        await queries.find_place(visit_id, request.user.scope)
        files = sent_files(form, "photos")
        stored = [await _store(f, request.user.account_id) for f in files]
        await request_replacement(visit_id, **typed, evidence_files=stored, by=request.user)
    except DomainError as e:
        return await show(visit_id, request.user, error=e.message(get_locale()), status=e.status, typed=typed)
    return Redirect(f"/console/visits/{visit_id}", status_code=303)


@post("/visits/{visit_id:uuid}/replacements/{replacement_id:uuid}/{verdict:str}", opt=DECIDERS, status_code=200)
async def decide(request: Request[Any, Any, Any], visit_id: FromPath[UUID], replacement_id: FromPath[UUID], verdict: FromPath[str]) -> Template | Redirect:
    try:
        if verdict == "approve":
            await approve_replacement(replacement_id, by=request.user)
        else:
            await refuse_replacement(replacement_id, by=request.user)
    except DomainError as e:
        return await show(visit_id, request.user, error=e.message(get_locale()), status=e.status)
    return Redirect(f"/console/visits/{visit_id}", status_code=303)


@post("/visits/{visit_id:uuid}/reassign", opt=MANAGERS, status_code=200)
async def reassign(request: Request[Any, Any, Any], visit_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    try:
        await reassign_officer(visit_id, _uuid(form.get("officer")), _uuid(form.get("to")), reason=str(form.get("reason", ""))[:500], by=request.user)
    except DomainError as e:
        return await show(visit_id, request.user, error=e.message(get_locale()), status=e.status)
    return Redirect(f"/console/visits/{visit_id}", status_code=303)


@post("/visits/{visit_id:uuid}/substitute", opt=MANAGERS, status_code=200)
async def substitute(request: Request[Any, Any, Any], visit_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    try:
        await substitute_officer(visit_id, _uuid(form.get("officer")), ground=str(form.get("ground", "")), by=request.user)
    except DomainError as e:
        return await show(visit_id, request.user, error=e.message(get_locale()), status=e.status)
    return Redirect(f"/console/visits/{visit_id}", status_code=303)


HANDLERS = [show_visit, replace, decide, substitute, reassign]
