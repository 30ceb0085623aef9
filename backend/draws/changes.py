"""What happens to a draw after it: a drawn enterprise is gone and an alternate takes its place; an officer must stand back.

Both follow the draw's own order, so that nobody chooses: the next of the cell by ticket, the next candidate of the place by ticket.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.draws import rules
from backend.draws.queries import DrawView, list_pool_rows, list_recusal_pairs
from backend.kernel import clock
from backend.kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.storage.engine import connection, reader

APPROVALS = 2
REASONS = {
    "deregistered": ("已注销或吊销", "Deregistered or revoked"),
    "moved": ("已迁出本辖区", "Moved out of the area"),
    "untraceable": ("登记住所无法联系", "Cannot be found at its registered address"),
    "closed": ("长期停业", "Out of business for long"),
    "capped": ("本年度检查次数已达上限", "Inspected as often as a year allows"),
}
IN_THE_BOOKS = "capped"  # what the office knows without going there: no evidence is asked for


class NobodyLeft(DomainError):
    code = "nobody-left"
    status = 409
    zh = "没有其他符合条件的执法人员可以接替"
    en = "No other fit officer can take the place"


@dataclass(frozen=True, slots=True)
class ReplacementView:
    """One request to replace a drawn enterprise. ``finding`` and ``evidence`` stay inside the office."""

    id: UUID
    draw: UUID
    inspection: UUID
    object_id: str
    reason: str
    finding: str
    evidence: tuple[str, ...]
    state: str
    requested_by: UUID
    requested_at: datetime
    replaced_by: str | None
    decided_at: datetime | None
    approvals: tuple[UUID, ...]


async def find_replacement(replacement: UUID, *, lock: bool = False) -> ReplacementView:
    """Raises ``NotFound``."""
    if lock:
        await connection().fetchval("select id from draw_replacement where id = $1 for update", replacement)
    found = await _list_replacements("r.id = $1", replacement)
    if not found:
        raise NotFound()
    return found[0]


async def list_replacements(draw: UUID) -> list[ReplacementView]:
    return await _list_replacements("r.draw = $1", draw)


async def _list_replacements(condition: str, value: UUID) -> list[ReplacementView]:
    rows = await reader().fetch(
        "select r.*, array(select account from draw_replacement_approval a where a.replacement = r.id order by a.id) as approvals"
        f" from draw_replacement r where {condition} order by r.requested_at, r.id",
        value,
    )
    return [ReplacementView(**{**dict(r), "evidence": tuple(r["evidence"]), "approvals": tuple(r["approvals"])}) for r in rows]


async def request_replacement(
    draw: DrawView, *, inspection: UUID, object_id: str, reason: str, finding: str, evidence: Sequence[str], by: UUID
) -> UUID:
    """Ask to replace a drawn enterprise. Raises ``Invalid`` for a reason that does not exist or without finding and evidence."""
    if reason not in REASONS:
        raise Invalid(field="reason", why_zh="请选择替换原因", why_en="choose a reason")
    if not finding.strip() and reason != IN_THE_BOOKS:
        raise Invalid(field="finding", why_zh="请写明现场核实情况", why_en="say what was found on site")
    if not evidence and reason != IN_THE_BOOKS:
        raise Invalid(field="evidence", why_zh="请附上证据材料", why_en="evidence is needed")
    replacement = new_id()
    done = await connection().execute(
        "insert into draw_replacement (id, draw, inspection, object_id, reason, finding, evidence, state, requested_by, requested_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, 'requested', $8, $9) on conflict (inspection) where state = 'requested' do nothing",
        replacement,
        draw.id,
        inspection,
        object_id,
        reason,
        finding.strip(),
        list(evidence),
        by,
        clock.now(),
    )
    if done.endswith("0"):
        raise Conflict()
    await ledger.record(
        "draw.replacement",
        actor=by,
        subject=str(inspection),
        payload={"draw_id": draw.draw_id, "object": object_id, "reason": reason, "state": "requested", "evidence": sorted(evidence)},
    )
    return replacement


async def approve_replacement(view: ReplacementView, draw: DrawView, *, by: UUID) -> tuple[bool, str | None]:
    """One person's approval. Returns whether it was the deciding one, and the alternate that takes the place (None where the cell has no more).

    The same person again changes nothing. Raises ``Conflict`` for a request that is decided.
    """
    if view.state != "requested":
        raise Conflict()
    await connection().execute(
        "insert into draw_replacement_approval (replacement, account, approved_at) values ($1, $2, $3) on conflict do nothing", view.id, by, clock.now()
    )
    if len({*view.approvals, by}) < APPROVALS:
        return False, None
    alternate = await next_alternate(draw, view.object_id)
    await _decide(view, draw, "approved", alternate, by)
    return True, alternate


async def refuse_replacement(view: ReplacementView, draw: DrawView, *, by: UUID) -> None:
    """Raises ``Conflict`` for a request that is decided, ``Forbidden`` for whoever asked."""
    if view.state != "requested":
        raise Conflict()
    if view.requested_by == by:
        raise Forbidden()
    await _decide(view, draw, "refused", None, by)


async def _decide(view: ReplacementView, draw: DrawView, state: str, alternate: str | None, by: UUID) -> None:
    await connection().execute(
        "update draw_replacement set state = $2, replaced_by = $3, decided_at = $4 where id = $1", view.id, state, alternate, clock.now()
    )
    approved = sorted({str(a) for a in (*view.approvals, *([by] if state == "approved" else []))})
    await ledger.record(
        "draw.replacement",
        actor=by,
        subject=str(view.inspection),
        payload={"draw_id": draw.draw_id, "object": view.object_id, "reason": view.reason, "state": state, "by": alternate, "approvals": approved},
    )


async def next_alternate(draw: DrawView, object_id: str) -> str | None:
    """The first of the object's cell, by ticket, that was neither drawn nor has replaced another one."""
    assert draw.result is not None and draw.randomness is not None
    prk = rules.pseudorandom_key(rules.secret_of(draw.seed), draw.randomness, draw.announcement_sha256)
    taken = [*draw.result["teams"], *(r.replaced_by for r in await list_replacements(draw.id) if r.replaced_by)]
    found: str | None = await connection().fetchval(
        "select r.object_id from draw_frame_row r join draw_frame_row gone on gone.draw = r.draw and gone.object_id = $2"
        " where r.draw = $1 and r.st = 'E' and r.cell = gone.cell and r.class_code = gone.class_code and r.object_id <> all($3)"
        " order by sha256($4 || convert_to('obj|' || r.object_id, 'UTF8')), r.object_id collate \"C\" limit 1",
        draw.id,
        object_id,
        taken,
        prk,
    )
    return found


async def next_officer(draw: DrawView, *, object_id: str, slot: int, team: AbstractSet[UUID], unfit: AbstractSet[UUID]) -> tuple[str, UUID]:
    """Who takes a place: the first of its candidates, by ticket, outside the team and the unfit. Raises ``NobodyLeft``."""
    assert draw.randomness is not None
    prk = rules.pseudorandom_key(rules.secret_of(draw.seed), draw.randomness, draw.announcement_sha256)
    county = await connection().fetchval("select county from draw_frame_row where draw = $1 and object_id = $2", draw.id, object_id)
    wanted = draw.announcement["slots"][slot]
    recused = {pid for i, pid in await list_recusal_pairs(draw.id) if i == object_id}
    for row, inspector in sorted(await list_pool_rows(draw.id), key=lambda r: (rules.ticket(prk, "pair", object_id, str(slot), r[0].pid), r[0].pid)):
        fits = wanted["dept"] in (None, row.dept) and (wanted["qual"] is None or wanted["qual"] in row.quals) and county in row.counties
        if fits and row.pid not in recused and inspector not in team and inspector not in unfit:
            return row.pid, inspector
    raise NobodyLeft()


async def pid_of(draw: DrawView, inspector: UUID) -> str:
    return rules.pseudonym(draw.person_key, str(inspector))


async def note_substitution(draw: DrawView, *, object_id: str, slot: int, before: str, after: str) -> None:
    await connection().execute(
        "insert into draw_substitution (draw, object_id, slot, pid_before, pid_after, at) values ($1, $2, $3, $4, $5, $6)",
        draw.id,
        object_id,
        slot,
        before,
        after,
        clock.now(),
    )
