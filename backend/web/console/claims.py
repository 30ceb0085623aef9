"""企业认领: letters with codes for one enterprise or many, revoking, ending a claim; replies that wait to be read; files of enterprises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from backend.claims import queries as claims
from backend.claims.rules import ENDINGS, POST, SITE
from backend.claims.rules import KINDS as CODE_KINDS
from backend.intake.queries import find_named
from backend.kernel.errors import DomainError, NotFound
from backend.objections.queries import find_objection
from backend.people.rules import MANAGER, Principal
from backend.rectification.queries import find_order, list_evidence
from backend.registry import search
from backend.responses import queries as responses
from backend.responses.rules import GROUNDS, STATES
from backend.usecases import claiming, moderate, my_acts
from backend.web.console import case, labels
from backend.web.console.case import DECIDERS, MANAGERS, read_id
from backend.web.console.enterprises import read_filter, write_filter
from backend.web.console.paging import cut, read_place
from backend.web.shared.i18n import get_locale, words
from backend.web.shared.letters import letters_pdf
from backend.web.shared.pages import page
from backend.web.shared.papers import as_file
from backend.web.shared.uploads import answer_file


async def load(enterprise: UUID, who: Principal) -> dict[str, Any]:
    """For the dossier of an enterprise that was found within a scope."""
    return {
        "members": await claims.list_members(enterprise),
        "codes": await claims.list_codes(enterprise, POST, SITE, limit=5),
        "code_kinds": words(CODE_KINDS),
        "endings": words(ENDINGS),
        "code_form": uuid4(),
        "site_form": uuid4(),
        "may_issue": who.role == MANAGER,
    }


@get("/claims")
async def show_claims(request: Request[Any, Any, Any], after: FromQuery[str] = "") -> Template:
    """Enterprises of a filter, those that nobody has claimed ticked, to print their letters at once."""
    who: Principal = request.user
    by = read_filter(request.query_params, who)
    found = await search.search_enterprises(who.scope, by, after=after)
    return page(
        "console/claims.html",
        standing=await claims.count_standing(who.scope),
        rows=found.rows,
        unclaimed=await claims.list_unclaimed([e.id for e in found.rows]),
        next_href=f"/console/claims?{write_filter(by, after=found.next)}" if found.next else None,
        by=by,
        counties=await labels.county_choices(who.scope),
        places=await labels.load_places(),
        form_id=uuid4(),
        may_issue=who.role == MANAGER,
    )


async def _letters(made: list[claiming.Letter], who: Principal) -> Response[bytes]:
    places = await labels.load_places()
    pdf = await letters_pdf(made, places(who.department) if who.department else "")
    return as_file(pdf, "claim-letters" if len(made) != 1 else made[0].enterprise.code)


@post("/claims/letters", opt=MANAGERS, status_code=200)
async def print_letters(request: Request[Any, Any, Any]) -> Response[bytes]:
    """One PDF; the same form prints the same letters again."""
    form = await request.form()
    made = await claiming.issue_letters([read_id(e) for e in form.getall("enterprises", [])], read_id(form.get("id")), by=request.user)
    if not made:
        raise NotFound()
    return await _letters(made, request.user)


@post("/enterprises/{enterprise_id:uuid}/claim/letter", opt=MANAGERS, status_code=200)
async def print_letter(request: Request[Any, Any, Any], enterprise_id: FromPath[UUID]) -> Response[bytes]:
    form = await request.form()
    return await _letters([await claiming.issue_code(enterprise_id, read_id(form.get("id")), kind=POST, by=request.user)], request.user)


@post("/enterprises/{enterprise_id:uuid}/claim/code", opt=MANAGERS, status_code=200)
async def show_code(request: Request[Any, Any, Any], enterprise_id: FromPath[UUID]) -> Template:
    """To be handed over in person: shown once."""
    form = await request.form()
    letter = await claiming.issue_code(enterprise_id, read_id(form.get("id")), kind=SITE, by=request.user)
    return page("console/claim_code.html", letter=letter)


@post("/enterprises/{enterprise_id:uuid}/claim/codes/{code_id:uuid}/revoke", opt=MANAGERS, status_code=303)
async def revoke(request: Request[Any, Any, Any], enterprise_id: FromPath[UUID], code_id: FromPath[UUID]) -> Redirect:
    await claiming.revoke_code(enterprise_id, code_id, by=request.user)
    return Redirect(f"/console/enterprises/{enterprise_id}#claim", status_code=303)


@post("/enterprises/{enterprise_id:uuid}/claim/end", opt=MANAGERS, status_code=303)
async def end(request: Request[Any, Any, Any], enterprise_id: FromPath[UUID]) -> Redirect:
    form = await request.form()
    await claiming.end_claim(enterprise_id, str(form.get("reason", ""))[:200], by=request.user)
    return Redirect(f"/console/enterprises/{enterprise_id}#claim", status_code=303)


async def _show_responses(
    who: Principal, *, is_closed: bool, after: str = "", error: str = "", status: int = 200, typed: dict[str, str] | None = None
) -> Template:
    find = responses.list_done if is_closed else responses.list_waiting
    rows = await find(who.scope, after=read_place(after), limit=responses.PAGE + 1)
    found, next_href = cut(rows, responses.PAGE, "/console/outcomes/responses", show="closed" if is_closed else "")
    return page(
        "console/responses.html",
        status_code=status,
        error=error,
        typed=typed or {},
        tab="responses",
        tabs=case.tabs(),
        is_closed=is_closed,
        next_href=next_href,
        responses=found,
        states=words(STATES),
        grounds=words(GROUNDS),
        names=await claims.list_names([r.filed_by for r in found]),
        may_decide=who.role in DECIDERS["access"],
        my_department=who.department,
        places=await labels.load_places(),
    )


@get("/outcomes/responses")
async def list_responses(request: Request[Any, Any, Any], show: FromQuery[str] = "", after: FromQuery[str] = "") -> Template:
    return await _show_responses(request.user, is_closed=show == "closed", after=after)


@post("/responses/{response_id:uuid}/decide", opt=DECIDERS, status_code=200)
async def decide(request: Request[Any, Any, Any], response_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    typed = {"id": str(response_id), "ground": str(form.get("ground", "")), "reason": str(form.get("reason", ""))[:500]}
    try:
        await moderate.decide_response(response_id, shown=form.get("verdict") == "show", ground=typed["ground"], reason=typed["reason"], by=request.user)
    except DomainError as e:
        return await _show_responses(request.user, is_closed=False, error=e.message(get_locale()), status=e.status, typed=typed)
    return Redirect("/console/outcomes/responses", status_code=303)


async def _file(sha256: str, purpose: str, matters: Mapping[UUID, Sequence[str]]) -> Response[bytes]:
    """``matters``: id -> the hashes that it names. Raises ``NotFound`` for any other hash."""
    for matter, named in matters.items():
        if sha256 in named and (found := await find_named(sha256, purpose=purpose, subject=matter)):
            return answer_file(found)
    raise NotFound()


@get("/objections/{objection_id:uuid}/files/{sha256:str}")
async def show_objection_file(request: Request[Any, Any, Any], objection_id: FromPath[UUID], sha256: FromPath[str]) -> Response[bytes]:
    return await _file(sha256, my_acts.OBJECTION, {objection_id: (await find_objection(objection_id, request.user.scope)).files})


@get("/rectifications/{order_id:uuid}/files/{sha256:str}")
async def show_evidence_file(request: Request[Any, Any, Any], order_id: FromPath[UUID], sha256: FromPath[str]) -> Response[bytes]:
    await find_order(order_id, request.user.scope)
    return await _file(sha256, my_acts.PROOF, {e.id: e.files for e in await list_evidence(order_id)})


HANDLERS = [
    show_claims,
    print_letters,
    print_letter,
    show_code,
    revoke,
    end,
    list_responses,
    decide,
    show_objection_file,
    show_evidence_file,
]
