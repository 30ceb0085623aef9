"""A paper that somebody holds: whether the office issued it, when, and the fingerprint of what it says. Not what it says."""

from __future__ import annotations

from litestar import get
from litestar.params import FromPath
from litestar.response import Template

from backend.kernel.errors import NotFound
from backend.ledger.queries import find_receipt
from backend.notices.queries import find_paper_by_number
from backend.people.queries import list_departments
from backend.web.shared.i18n import pick
from backend.web.shared.office_papers import paper_name
from backend.web.shared.pages import page


@get("/papers/{number:str}")
async def check_paper(number: FromPath[str]) -> Template:
    paper = await find_paper_by_number(number)
    if paper is None:
        raise NotFound()
    departments = {d.code: pick(d, "name") for d in await list_departments()}
    return page(
        "public/paper.html",
        paper=paper,
        kind=paper_name(paper.kind),
        authority=departments.get(paper.department, paper.department),
        receipt=await find_receipt(paper.entry_id),
    )


HANDLERS = [check_paper]
