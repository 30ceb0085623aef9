"""One result of the enterprise: its reply beside it, its objection to it. One order: the pictures that show how it is obeyed."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from backend.claims.rules import OBJECT, REPLY, UPLOAD, Member
from backend.deadlines.queries import load_book
from backend.deadlines.rules import OBJECTION
from backend.intake.queries import list_named
from backend.kernel.errors import DomainError
from backend.rectification.rules import STANDING
from backend.responses.rules import GROUNDS, LONGEST, OtherVersion
from backend.usecases import my_acts, my_view
from backend.web.public.my.forms import MAX_BODY, list_kept, read_files, read_id, read_seen, read_text, told
from backend.web.public.my.pages import names_of_departments, render
from backend.web.shared.i18n import words


async def _show(number: str, who: Member, *, part: str = "", typed: dict[str, Any] | None = None, error: str = "", status: int = 200) -> Template:
    own = await my_view.load_result(number, who)
    return render(
        "result",
        "home",
        status_code=status,
        own=own,
        r=own.result,
        reply=own.replies[0] if own.replies else None,
        grounds=words(GROUNDS),
        longest=LONGEST,
        part=part,
        typed=typed or {},
        error=error,
        may_reply=who.may(REPLY),
        may_object=who.may(OBJECT) and own.result.status != "withdrawn" and not any(o.state == "open" for o in own.objections),
        kept=await list_kept(my_acts.OBJECTION, typed),
        form_ids={"reply": uuid4(), "objection": (typed or {}).get("id") or uuid4()},
    )


@get("/results/{number:str}")
async def show_result(request: Request[Any, Any, Any], number: FromPath[str]) -> Template:
    return await _show(number, request.user)


@post("/results/{number:str}/reply", status_code=200)
async def reply(request: Request[Any, Any, Any], number: FromPath[str]) -> Template | Redirect:
    form = await request.form()
    typed: dict[str, Any] = {"body": read_text(form, "body")}
    try:
        await my_acts.reply(number, read_id(form.get("id")), typed["body"], seen=read_seen(form.get("seen")), by=request.user)
    except OtherVersion as e:
        return await _show(number, request.user, part="reply", typed={**typed, "standing": e.fields["standing"]}, error=told(e), status=e.status)
    except DomainError as e:
        return await _show(number, request.user, part="reply", typed=typed, error=told(e), status=e.status)
    return Redirect(f"/my/results/{number}#reply", status_code=303)


@post("/results/{number:str}/reply/withdraw", status_code=200)
async def take_reply_down(request: Request[Any, Any, Any], number: FromPath[str]) -> Template | Redirect:
    form = await request.form()
    try:
        await my_acts.take_reply_down(number, read_id(form.get("id")), seen=read_seen(form.get("seen")), by=request.user)
    except DomainError as e:
        return await _show(number, request.user, part="reply", error=told(e), status=e.status)
    return Redirect(f"/my/results/{number}#reply", status_code=303)


@post("/results/{number:str}/objection", status_code=200, request_max_body_size=MAX_BODY)
async def object_to(request: Request[Any, Any, Any], number: FromPath[str]) -> Template | Redirect:
    form = await request.form()
    typed: dict[str, Any] = {"grounds": read_text(form, "grounds")}
    try:
        form_id = read_id(form.get("id"))
        files = await read_files(request, form, purpose=my_acts.OBJECTION, matter=form_id, typed=typed)
        await my_acts.object_to(number, form_id, typed["grounds"], files, by=request.user)
    except DomainError as e:
        return await _show(number, request.user, part="objection", typed=typed, error=told(e), status=e.status)
    return Redirect(f"/my/objections/{form_id}", status_code=303)


@get("/objections/{objection_id:uuid}")
async def show_objection(request: Request[Any, Any, Any], objection_id: FromPath[UUID]) -> Template:
    found, papers, filed_by = await my_view.find_objection(objection_id, request.user)
    files = (await list_named(my_acts.OBJECTION, {found.id: found.files}))[found.id]
    due_on = (await load_book()).due_of(OBJECTION, found.filed_on)
    names = await names_of_departments()
    return render("objection", "home", o=found, files=files, due_on=due_on, papers=papers, filed_by=filed_by, departments=names)


async def _show_order(order_id: UUID, who: Member, *, typed: dict[str, Any] | None = None, error: str = "", status: int = 200) -> Template:
    found, handed, papers, names = await my_view.find_order(order_id, who)
    return render(
        "order",
        "home",
        status_code=status,
        o=found,
        handed=handed,
        files=await list_named(my_acts.PROOF, {e.id: e.files for e in handed}),
        kept=await list_kept(my_acts.PROOF, typed),
        papers=papers,
        names=names,
        typed=typed or {},
        error=error,
        may_upload=who.may(UPLOAD) and found.state in STANDING,
        form_id=(typed or {}).get("id") or uuid4(),
        departments=await names_of_departments(),
    )


@get("/orders/{order_id:uuid}")
async def show_order(request: Request[Any, Any, Any], order_id: FromPath[UUID]) -> Template:
    return await _show_order(order_id, request.user)


@post("/orders/{order_id:uuid}/evidence", status_code=200, request_max_body_size=MAX_BODY)
async def hand_evidence(request: Request[Any, Any, Any], order_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    typed: dict[str, Any] = {"note": read_text(form, "note", 1000)}
    try:
        form_id = read_id(form.get("id"))
        files = await read_files(request, form, purpose=my_acts.PROOF, matter=form_id, typed=typed)
        await my_acts.hand_evidence(order_id, form_id, typed["note"], files, by=request.user)
    except DomainError as e:
        return await _show_order(order_id, request.user, typed=typed, error=told(e), status=e.status)
    return Redirect(f"/my/orders/{order_id}#handed", status_code=303)


HANDLERS = [show_result, reply, take_reply_down, object_to, show_objection, show_order, hand_evidence]
