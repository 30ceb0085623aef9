"""Verbs on orders to correct, in life-cycle order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.kernel import clock
from backend.kernel.errors import Invalid, NotFound
from backend.ledger import service as ledger
from backend.rectification import rules
from backend.storage.engine import connection
from backend.storage.numbering import next_serial

NUMBERING = 7262323  # advisory lock: numbers without gaps or doubles


@dataclass(frozen=True, slots=True)
class Party:
    """Whom an order is for, after which visit of which department."""

    inspection: UUID
    department: str
    enterprise: UUID
    enterprise_code: str
    enterprise_name: str
    county: str


async def order(order_id: UUID, party: Party, *, demand: str, legal_basis: str, due_on: date, by: UUID) -> str:
    """责令改正. Idempotent by ``order_id``, the form's own. Returns the number. Raises ``Invalid`` naming the field."""
    await connection().execute("select pg_advisory_xact_lock($1)", NUMBERING)
    known = await connection().fetchrow("select number, inspection from rectification_order where id = $1", order_id)
    if known is not None:
        if known["inspection"] != party.inspection:
            raise NotFound()
        return str(known["number"])
    today = clock.today()
    rules.check_order(demand=demand, legal_basis=legal_basis, due_on=due_on, today=today)
    serial = await next_serial("rectification_order", department=party.department, year=today.year)
    number = rules.make_number(party.department, today.year, serial)
    entry = await ledger.record(
        "rectification.ordered",
        actor=by,
        subject=str(party.inspection),
        payload={
            "number": number,
            "enterprise": party.enterprise_code,
            "demand": demand.strip(),
            "legal_basis": legal_basis.strip(),
            "due_on": due_on.isoformat(),
        },
    )
    await connection().execute(
        "insert into rectification_order (id, number, department, year, serial, inspection, enterprise, enterprise_code, enterprise_name, county, demand,"
        " legal_basis, due_on, state, ordered_by, ordered_at, closing, entry_id)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'open', $14, $15, '', $16)",
        order_id,
        number,
        party.department,
        today.year,
        serial,
        party.inspection,
        party.enterprise,
        party.enterprise_code,
        party.enterprise_name,
        party.county,
        demand.strip(),
        legal_basis.strip(),
        due_on,
        by,
        clock.now(),
        entry,
    )
    return number


async def lock(order_id: UUID) -> str:
    """Hold an order until the transaction ends; gives its state. Raises ``NotFound``."""
    state = await connection().fetchval("select state from rectification_order where id = $1 for update", order_id)
    if state is None:
        raise NotFound()
    return str(state)


async def hand_evidence(evidence: UUID, order_id: UUID, *, enterprise: UUID, note: str, files: Sequence[str], by: UUID) -> None:
    """整改材料: what the enterprise shows of its correction. Idempotent by ``evidence``; the order stays as it is until the office judges.

    The caller holds ``lock`` and has stored the files. Raises ``OrderClosed``, ``NoFiles``, ``NotFound`` for another enterprise's order.
    """
    row = await connection().fetchrow("select enterprise, number, state from rectification_order where id = $1", order_id)
    if row is None or row["enterprise"] != enterprise:
        raise NotFound()
    known = await connection().fetchval("select of_order from rectification_evidence where id = $1", evidence)
    if known is not None:
        if known != order_id:
            raise NotFound()
        return
    rules.require_standing(row["state"])
    if not 1 <= len(files) <= rules.MOST_FILES:
        raise rules.NoFiles(most=rules.MOST_FILES)
    same = "select 1 from rectification_evidence where of_order = $1 and files = $2 and note = $3"
    if await connection().fetchval(same, order_id, list(files), note.strip()):
        return
    entry = await ledger.record(
        "rectification.evidenced", actor=by, subject=str(order_id), payload={"number": row["number"], "files": list(files), "note": note.strip()}
    )
    await connection().execute(
        "insert into rectification_evidence (id, of_order, enterprise, note, files, handed_by, handed_at, entry_id) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        evidence,
        order_id,
        enterprise,
        note.strip()[:1000],
        list(files),
        by,
        clock.now(),
        entry,
    )


async def erase_evidence(order_id: UUID, why: str) -> list[UUID]:
    """Take out what the enterprise wrote with what it handed in for a closed order; when and how many stay, with the hashes.

    Returns the ledger entries that hold it. Raises ``OrderStands``, ``IsArchive``, ``NotFound``.
    """
    row = await connection().fetchrow("select state, closing from rectification_order where id = $1 for update", order_id)
    if row is None:
        raise NotFound()
    rules.require_erasable(row["state"], row["closing"])
    done = await connection().fetch(
        "update rectification_evidence set note = $2, erased_at = $3, erased_why = $4 where of_order = $1 and erased_at is null returning entry_id",
        order_id,
        rules.ERASED,
        clock.now(),
        why,
    )
    return [UUID(str(r["entry_id"])) for r in done]


async def follow_up(order_id: UUID, inspection: UUID, *, by: UUID) -> None:
    """复查: a visit that looks whether the order was obeyed. The caller holds ``lock`` and has opened the visit. Raises ``FollowUpOpen``."""
    done = await connection().execute(
        "insert into rectification_followup (inspection, of_order, opened_by, opened_at, result) values ($1, $2, $3, $4, '') on conflict do nothing",
        inspection,
        order_id,
        by,
        clock.now(),
    )
    if done.endswith("0"):
        raise rules.FollowUpOpen()
    await ledger.record("rectification.followed", actor=by, subject=str(inspection), payload={"order": str(order_id)})


async def judge(inspection: UUID, *, result: str, by: UUID) -> None:
    """The follow-up's own result says whether the order was obeyed: an obeyed one is closed by it."""
    now = clock.now()
    order_id = await connection().fetchval(
        "update rectification_followup set result = $2, judged_at = $3 where inspection = $1 and result = '' returning of_order", inspection, result, now
    )
    if order_id is None:
        return
    await connection().execute(
        "update rectification_order set state = $2::text, closed_at = case when $2::text = 'corrected' then $3::timestamptz end,"
        " closed_by = case when $2::text = 'corrected' then $4::uuid end where id = $1 and closed_at is null",
        order_id,
        result,
        now,
        by,
    )
    await ledger.record("rectification.judged", actor=by, subject=str(order_id), payload={"inspection": str(inspection), "result": result})


async def close(order_id: UUID, *, state: str, closing: str, by: UUID) -> None:
    """The office closes an order without another visit: corrected as papers show, or ended because its ground is gone. With the reason.

    The caller holds ``lock``. Raises ``Invalid``, ``OrderClosed``, ``FollowUpOpen`` while a visit is under way.
    """
    if state not in (rules.CORRECTED, rules.ENDED):
        raise Invalid(field="state", why_zh="请选择已改正或终结", why_en="choose corrected or ended")
    if len(closing.strip()) < 4:
        raise Invalid(field="closing", why_zh="请写明依据和理由", why_en="give the ground and the reason")
    row = await connection().fetchrow(
        "select state, exists (select 1 from rectification_followup where of_order = $1 and result = '') as is_followed from rectification_order where id = $1",
        order_id,
    )
    rules.require_standing(row["state"])
    if row["is_followed"]:
        raise rules.FollowUpOpen()
    await connection().execute(
        "update rectification_order set state = $2, closing = $3, closed_by = $4, closed_at = $5 where id = $1",
        order_id,
        state,
        closing.strip(),
        by,
        clock.now(),
    )
    await ledger.record("rectification.closed", actor=by, subject=str(order_id), payload={"state": state, "closing": closing.strip()})
