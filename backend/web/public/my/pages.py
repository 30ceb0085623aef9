"""What an enterprise's person reads: the front page, visits, documents, the own class, messages, files that were handed in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from backend.claims.rules import Member
from backend.kernel import clock
from backend.notify import service as notify
from backend.notify.rules import text_of
from backend.objections.rules import DECISIONS
from backend.people.queries import list_departments
from backend.publicity.rules import STATUSES
from backend.rectification.rules import STATES as ORDER_STATES
from backend.responses.rules import STATES as REPLY_STATES
from backend.storage.engine import transaction
from backend.usecases import my_view
from backend.usecases.adhoc import KINDS
from backend.web.public.places import load_counties
from backend.web.shared.i18n import _, get_locale, pick, words
from backend.web.shared.office_papers import paper_pdf
from backend.web.shared.pages import page
from backend.web.shared.papers import as_file, notice_pdf, record_pdf
from backend.web.shared.qr import visit_address
from backend.web.shared.uploads import answer_file


def visit_states() -> dict[str, tuple[str, str]]:
    """state -> (name, kind of the badge), as an enterprise is told of it."""
    after = (_("已检查，审核中"), "accent")
    return {"on_site": (_("正在检查"), "warn"), "submitted": after, "under_review": after, "returned": after, "published": (_("结果已公示"), "good")}


def document_kinds() -> dict[str, str]:
    return {"notice": _("检查通知书"), "record": _("现场检查记录"), "order": _("责令改正通知书"), "reply": _("异议答复书")}


async def names_of_departments() -> dict[str, str]:
    return {d.code: pick(d, "name") for d in await list_departments()}


def render(name: str, nav: str, *, status_code: int = 200, **context: Any) -> Template:
    """One of these pages with the names that they share. What names people is kept by no cache."""
    shared = {
        "order_states": words(ORDER_STATES),
        "reply_states": words(REPLY_STATES),
        "decisions": words(DECISIONS),
        "statuses": words(STATUSES),
        "today": clock.today(),
    }
    return page(f"public/my/{name}.html", status_code=status_code, headers={"cache-control": "no-store"}, tab=nav, **shared, **context)


@get("/")
async def show_home(request: Request[Any, Any, Any]) -> Template:
    return render("home", "home", home=await my_view.load_home(request.user), states=visit_states(), departments=await names_of_departments())


@get("/visits/{visit_id:uuid}")
async def show_visit(request: Request[Any, Any, Any], visit_id: FromPath[UUID]) -> Template:
    own, facts = await my_view.load_visit(visit_id, request.user)
    return render("visit", "home", visit=own, f=facts, states=visit_states(), kinds=KINDS, visit_address=visit_address)


@get("/visits/{visit_id:uuid}/notice.pdf")
async def show_notice(request: Request[Any, Any, Any], visit_id: FromPath[UUID]) -> Response[bytes]:
    facts = await my_view.load_notice(visit_id, request.user)
    assert facts.notice is not None
    return as_file(await notice_pdf(facts), facts.notice.number)


@get("/records/{submission:uuid}/record.pdf")
async def show_record(request: Request[Any, Any, Any], submission: FromPath[UUID]) -> Response[bytes]:
    return as_file(await record_pdf(await my_view.load_record(submission, request.user)), str(submission))


@get("/papers")
async def list_papers(request: Request[Any, Any, Any]) -> Template:
    found = await my_view.list_documents(request.user)
    return render("papers", "papers", documents=found, kinds=document_kinds(), departments=await names_of_departments())


@get("/papers/{paper_id:uuid}/paper.pdf")
async def show_paper(request: Request[Any, Any, Any], paper_id: FromPath[UUID]) -> Response[bytes]:
    paper = await my_view.find_document(paper_id, request.user)
    return as_file(await paper_pdf(paper, {**await names_of_departments(), **await load_counties()}), paper.number)


@get("/class")
async def show_class(request: Request[Any, Any, Any]) -> Template:
    return render("class", "class", classes=await my_view.list_classes(request.user))


@get("/inbox")
async def show_inbox(request: Request[Any, Any, Any]) -> Template:
    found = await my_view.list_messages(request.user)
    return render("inbox", "inbox", messages=[(m, *text_of(m.kind, m.params, get_locale())) for m in found])


@post("/inbox/read", status_code=303)
async def read_inbox(request: Request[Any, Any, Any]) -> Redirect:
    member: Member = request.user
    async with transaction():
        await notify.mark_read(member.id, [m.id for m in await my_view.list_messages(member)])
    return Redirect("/my/inbox", status_code=303)


@get("/files/{matter:uuid}/{sha256:str}")
async def show_file(request: Request[Any, Any, Any], matter: FromPath[UUID], sha256: FromPath[str]) -> Response[bytes]:
    """A file that the enterprise handed in with an objection or as proof of correction."""
    member: Member = request.user
    return answer_file(await my_view.find_file(matter, sha256, member))


HANDLERS = [
    show_home,
    show_visit,
    show_notice,
    show_record,
    list_papers,
    show_paper,
    show_class,
    show_inbox,
    read_inbox,
    show_file,
]
