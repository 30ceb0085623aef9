"""What an enterprise's own people see: their visits from the arrival on, their documents, their class, what waits for them.

That somebody is coming must not be learnt here either: a visit is not there before its officers have scanned in, and the same goes
for its papers. Every read takes the ``Member``; what is another enterprise's is not there. Proven by tests/web/public/test_my_idor.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from backend.claims import queries as claims
from backend.claims.rules import Member
from backend.draws.classes import OpenedClass, list_own_classes
from backend.inspections import submission_queries
from backend.intake.queries import FileContent, find_named
from backend.kernel.errors import NotFound
from backend.kernel.scope import EVERYTHING
from backend.notices.queries import PaperView, find_paper, list_notices, list_papers_of
from backend.notify.queries import InboxView, list_inbox
from backend.objections import queries as objections
from backend.objections.queries import ObjectionView
from backend.publicity import queries as publicity
from backend.publicity.queries import PublicationView
from backend.rectification import queries as orders
from backend.rectification.queries import EvidenceView, OrderView
from backend.responses import queries as responses
from backend.responses.queries import ResponseView
from backend.storage.engine import reader, transaction
from backend.usecases.claiming import AFTER_ARRIVAL
from backend.usecases.my_acts import RIGHT_TO
from backend.usecases.papers import RecordFacts, VisitFacts, gather_record, load_facts

ORDER, REPLY, NOTICE, RECORD = "order", "reply", "notice", "record"


@dataclass(frozen=True, slots=True)
class OwnVisit:
    """One visit from the arrival on. ``result``: the number of the published result, empty before. ``submission``: the record that stands."""

    id: UUID
    state: str
    department: str
    campaign_name: str
    kind: str
    completed_on: date | None
    result: str
    submission: UUID | None


@dataclass(frozen=True, slots=True)
class Document:
    """One paper by its number. ``kind``: order | reply | notice | record; ``subject``: what it is fetched by."""

    kind: str
    number: str
    department: str
    at: datetime
    subject: UUID


@dataclass(frozen=True, slots=True)
class Home:
    """What waits for an answer stands first: standing orders, results without a reply, open objections, unread messages."""

    orders: Sequence[OrderView]
    results: Sequence[PublicationView]
    replied: dict[str, ResponseView]
    objections: Sequence[ObjectionView]
    visits: Sequence[OwnVisit]
    unread: int


@dataclass(frozen=True, slots=True)
class OwnResult:
    """``versions`` of the enterprise's reply, the newest first; ``objections`` to this result."""

    result: PublicationView
    visit: UUID
    replies: Sequence[ResponseView]
    objections: Sequence[ObjectionView]
    names: dict[UUID, str]


async def list_visits(who: Member) -> list[OwnVisit]:
    """The newest first."""
    rows = await reader().fetch(
        "select i.id, i.state, i.department, c.name as campaign_name, c.kind, i.completed_on,"
        " coalesce((select p.number from publication p where p.inspection = i.id limit 1), '') as result,"
        " (select s.id from submission s where s.inspection = i.id and s.state in ('submitted', 'approved') order by s.received_at desc limit 1) as submission"
        " from inspection i join campaign c on c.id = i.campaign where i.enterprise = $1 and i.state = any($2)"
        " order by coalesce(i.completed_on, i.due_on) desc, i.id limit 200",
        who.enterprise,
        list(AFTER_ARRIVAL),
    )
    return [OwnVisit(**row) for row in rows]


async def find_visit(visit: UUID, who: Member) -> OwnVisit:
    """Raises ``NotFound`` for another enterprise's, and before the arrival."""
    found = next((v for v in await list_visits(who) if v.id == visit), None)
    if found is None:
        raise NotFound()
    return found


async def load_visit(visit: UUID, who: Member) -> tuple[OwnVisit, VisitFacts]:
    """Raises ``NotFound``."""
    async with transaction(isolation="repeatable_read"):
        own = await find_visit(visit, who)
        return own, await load_facts(await submission_queries.find_for_team(visit))


async def load_notice(visit: UUID, who: Member) -> VisitFacts:
    """Raises ``NotFound``, also for a visit without a notice."""
    _own, facts = await load_visit(visit, who)
    if facts.notice is None:
        raise NotFound()
    return facts


async def load_record(submission: UUID, who: Member) -> RecordFacts:
    """The record that stands. Raises ``NotFound`` for another enterprise's, and for one that was returned."""
    async with transaction(isolation="repeatable_read"):
        view = await submission_queries.find_record(submission, EVERYTHING)
        if view.enterprise != who.enterprise or (await find_visit(view.inspection, who)).submission != submission:
            raise NotFound()
        return await gather_record(view)


async def list_documents(who: Member) -> list[Document]:
    """Everything that was written to the enterprise or about its visits, the newest first."""
    async with transaction(isolation="repeatable_read"):
        visits = await list_visits(who)
        notices = await list_notices([v.id for v in visits])
        subjects = [o.id for o in await orders.list_of_enterprise(who.enterprise)] + [o.id for o in await objections.list_of_enterprise(who.enterprise)]
        papers = [p for p in await list_papers_of(*subjects) if p.kind in (ORDER, REPLY)]
        records = await reader().fetch(
            "select s.id, s.received_at, i.department, i.id as visit from submission s join inspection i on i.id = s.inspection where s.id = any($1)",
            [v.submission for v in visits if v.submission],
        )
    found = [Document(NOTICE, n.number, n.department, n.issued_at, n.inspection) for n in notices.values()]
    found += [Document(p.kind, p.number, p.department, p.issued_at, p.id) for p in papers]
    for row in records:
        number = notices[row["visit"]].number if row["visit"] in notices else ""
        found.append(Document(RECORD, number, row["department"], row["received_at"], row["id"]))
    return sorted(found, key=lambda d: d.at, reverse=True)


async def find_document(paper: UUID, who: Member) -> PaperView:
    """An order to correct or a reply to an objection of the own enterprise. Raises ``NotFound`` for any other paper."""
    found = await find_paper(paper, EVERYTHING)
    mine = {o.id for o in await orders.list_of_enterprise(who.enterprise)} | {o.id for o in await objections.list_of_enterprise(who.enterprise)}
    if found.kind not in (ORDER, REPLY) or found.subject not in mine:
        raise NotFound()
    return found


async def _list_orders(who: Member) -> list[OrderView]:
    """As the enterprise may know them: a follow-up visit that is still to come is not in them."""
    found = await orders.list_of_enterprise(who.enterprise)
    return [replace(o, followups=tuple(f for f in o.followups if f.state in AFTER_ARRIVAL)) for o in found]


async def load_home(who: Member) -> Home:
    return Home(
        [o for o in await _list_orders(who) if o.closed_at is None],
        await publicity.list_of_enterprise(who.enterprise),
        await responses.list_latest_of(who.enterprise),
        await objections.list_of_enterprise(who.enterprise),
        await list_visits(who),
        sum(not e.is_read for e in await list_inbox(who.id)),
    )


async def load_result(number: str, who: Member) -> OwnResult:
    """Raises ``NotFound`` for another enterprise's result."""
    result = next((r for r in await publicity.list_of_enterprise(who.enterprise) if r.number == number), None)
    if result is None:
        raise NotFound()
    visit = await reader().fetchval("select inspection from publication where number = $1 limit 1", number)
    replies = await responses.list_versions(number, who.enterprise)
    mine = [o for o in await objections.list_of_enterprise(who.enterprise) if o.result == number]
    names = await claims.list_names([r.filed_by for r in replies] + [o.entered_by for o in mine if o.origin == "enterprise"])
    return OwnResult(result, visit, replies, mine, names)


async def find_order(order: UUID, who: Member) -> tuple[OrderView, list[EvidenceView], list[PaperView], dict[UUID, str]]:
    """(order, what was handed in, its papers, names of who did). Raises ``NotFound`` for another enterprise's."""
    found = next((o for o in await _list_orders(who) if o.id == order), None)
    if found is None:
        raise NotFound()
    handed = await orders.list_evidence(order)
    return found, handed, await list_papers_of(order), await claims.list_names([e.handed_by for e in handed])


async def find_objection(objection: UUID, who: Member) -> tuple[ObjectionView, list[PaperView], str]:
    """(objection, the reply's paper, who filed it where the enterprise did). Raises ``NotFound`` for another enterprise's."""
    found = next((o for o in await objections.list_of_enterprise(who.enterprise) if o.id == objection), None)
    if found is None:
        raise NotFound()
    names = await claims.list_names([found.entered_by]) if found.origin == "enterprise" else {}
    return found, await list_papers_of(objection), names.get(found.entered_by, "")


async def list_messages(who: Member) -> list[InboxView]:
    return await list_inbox(who.id)


async def list_classes(who: Member) -> list[OpenedClass]:
    return await list_own_classes(who.code, who.enterprise)


async def find_file(matter: UUID, sha256: str, who: Member) -> FileContent:
    """What the enterprise itself sent with an objection or as proof. Raises ``NotFound`` for anybody else's."""
    await claims.require_own_upload(who.enterprise, sha256)
    for purpose in RIGHT_TO:
        if found := await find_named(sha256, purpose=purpose, subject=matter):
            return found
    raise NotFound()
