"""Verbs on yearly plans, in life-cycle order. Each is one transaction of the caller."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backend.history import service as history
from backend.history.rules import ChangedByOther
from backend.kernel import clock, jcs
from backend.kernel.errors import Conflict, Invalid, NotFound
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.planning import queries, rules
from backend.planning.queries import EditionView, LineView
from backend.planning.rules import Head, Step
from backend.storage.engine import connection
from backend.storage.numbering import next_serial

NUMBERING = 7262327  # advisory lock: numbers without gaps or doubles
LINE_COLUMNS = (
    "name", "items", "partners", "counties", "industries", "rate_mode", "rates", "officers_per_visit", "yearly_cap", "first_on", "due_on", "responsible",
    "notes", "warnings", "changed_by", "changed_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose plan it is and of which year."""

    department: str
    region: str
    year: int
    is_joint: bool


async def draft_plan(plan: UUID, owner: Owner, head: Head, *, by: UUID) -> None:
    """The first edition of a new plan. Idempotent by ``plan``.

    Raises ``Invalid`` naming the field, also where the department has such a plan of that year already.
    """
    rules.check_head(head, owner.year)
    await connection().execute("select pg_advisory_xact_lock($1)", NUMBERING)
    known = await connection().fetchrow("select department, region, year from annual_plan where id = $1", plan)
    if known is not None:
        if (known["department"], known["region"], known["year"]) != (owner.department, owner.region, owner.year):
            raise NotFound()
        return
    there = await connection().fetchval(
        "select number from annual_plan where department = $1 and region = $2 and year = $3 and is_joint = $4",
        owner.department,
        owner.region,
        owner.year,
        owner.is_joint,
    )
    if there:
        raise Invalid(field="year", why_zh=f"该年度已有此类计划 {there}", why_en=f"there is such a plan of that year already: {there}")
    serial = await next_serial("annual_plan", department=owner.department, year=owner.year)
    number = rules.make_number(owner.department, owner.year, serial)
    await connection().execute(
        "insert into annual_plan (id, number, department, region, year, serial, is_joint, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        plan,
        number,
        owner.department,
        owner.region,
        owner.year,
        serial,
        owner.is_joint,
        by,
        clock.now(),
    )
    await _open_edition(plan, 1, head, reason="", by=by)
    await ledger.record(
        "plan.drafted",
        actor=by,
        subject=number,
        payload={"number": number, "edition": 1, "year": owner.year, "is_joint": owner.is_joint, "name": head.name.strip()},
    )


async def _open_edition(plan: UUID, edition: int, head: Head, *, reason: str, by: UUID) -> UUID:
    made = new_id()
    await connection().execute(
        "insert into plan_edition (id, plan, edition, name, basis, state, reason, chain, round, content_sha256, created_by, created_at, version)"
        " values ($1, $2, $3, $4, $5, 'draft', $6, '[]', 0, '', $7, $8, 1)",
        made,
        plan,
        edition,
        head.name.strip(),
        head.basis.strip(),
        reason,
        by,
        clock.now(),
    )
    return made


async def take(edition: UUID, *states: str) -> int:
    """Lock an edition and give its version. Raises ``NotFound``, ``WrongPlanState``."""
    row = await connection().fetchrow("select state, version from plan_edition where id = $1 for update", edition)
    if row is None:
        raise NotFound()
    if row["state"] not in states:
        raise rules.wrong_state(row["state"])
    return int(row["version"])


async def save_head(edition: EditionView, head: Head, *, version: int) -> None:
    """Raises ``Invalid``, ``WrongPlanState``, ``ChangedByOther`` with the colleague's text."""
    rules.check_head(head, edition.year)
    now = await take(edition.edition_id, *rules.EDITABLE)
    if now != version:
        theirs = await connection().fetchrow("select name, basis from plan_edition where id = $1", edition.edition_id)
        raise ChangedByOther(theirs=dict(theirs), version=now)
    await connection().execute(
        "update plan_edition set name = $2, basis = $3, version = version + 1 where id = $1", edition.edition_id, head.name.strip(), head.basis.strip()
    )


def content_of(edition: EditionView, lines: Sequence[LineView]) -> dict[str, Any]:
    """What an edition says, as the log fingerprints it."""
    return {
        "number": edition.number,
        "edition": edition.edition,
        "department": edition.department,
        "region": edition.region,
        "year": edition.year,
        "is_joint": edition.is_joint,
        "name": edition.name,
        "basis": edition.basis,
        "lines": [{"key": str(view.key), **rules.values_of(view.line)} for view in lines],
    }


async def submit(edition: EditionView, lines: Sequence[LineView], chain: Sequence[Step], *, by: UUID) -> None:
    """Hand an edition in: its chain is fixed as it is today. Raises ``NoChain``, ``Invalid`` for a plan without lines, ``WrongPlanState``."""
    if not chain:
        raise rules.NoChain()
    if not lines:
        raise Invalid(field="lines", why_zh="计划中还没有项目", why_en="the plan has no lines yet")
    await take(edition.edition_id, *rules.EDITABLE)
    digest = hashlib.sha256(jcs.encode(content_of(edition, lines))).hexdigest()
    steps = [{"role": s.role, "zh": s.name_zh, "en": s.name_en} for s in chain]
    await connection().execute(
        "update plan_edition set state = 'submitted', chain = $2, waits_at = 0, round = round + 1, content_sha256 = $3, submitted_by = $4, submitted_at = $5,"
        " version = version + 1 where id = $1",
        edition.edition_id,
        json.dumps(steps, ensure_ascii=False),
        digest,
        by,
        clock.now(),
    )
    await ledger.record(
        "plan.submitted",
        actor=by,
        subject=edition.number,
        payload={"number": edition.number, "edition": edition.edition, "lines": len(lines), "sha256": digest, "steps": [s.role for s in chain]},
    )


async def decide(edition: EditionView, *, verdict: str, reason: str, at_step: int, in_round: int, by: UUID) -> str:
    """One step's decision; the last approval puts the edition in force in the place of the earlier one. Returns the state.

    ``at_step``, ``in_round``: what the decider saw. Raises ``Invalid``, ``OwnPlan``, ``SecondVoice``, ``Conflict`` where it has moved on.
    """
    rules.check_verdict(verdict, reason)
    row = await connection().fetchrow("select state, waits_at, round from plan_edition where id = $1 for update", edition.edition_id)
    if row["state"] != rules.SUBMITTED:
        raise rules.wrong_state(row["state"])
    if (row["waits_at"], row["round"]) != (at_step, in_round):
        raise Conflict()
    earlier = [d.decided_by for d in await queries.list_decisions([edition.edition_id]) if d.round == in_round]
    rules.require_other(by, authors=await queries.list_authors(edition.edition_id), earlier=earlier)
    step = edition.chain[at_step]
    state, waits_at = rules.after(verdict, at_step, len(edition.chain))
    now = clock.now()
    if state == rules.APPROVED:
        await connection().execute(
            "update plan_edition set state = 'superseded', version = version + 1 where plan = $1 and state in ('approved', 'published')", edition.id
        )
    await connection().execute(
        "update plan_edition set state = $2::varchar, waits_at = $3, approved_at = case when $2::varchar = 'approved' then $4::timestamptz end,"
        " version = version + 1 where id = $1",
        edition.edition_id,
        state,
        waits_at,
        now,
    )
    entry = await ledger.record(
        "plan.decided",
        actor=by,
        subject=edition.number,
        payload={
            "number": edition.number,
            "edition": edition.edition,
            "step": step["zh"],
            "verdict": verdict,
            "reason": reason.strip(),
            "sha256": edition.content_sha256,
            "state": state,
        },
    )
    await connection().execute(
        "insert into plan_decision (id, edition, round, step, name_zh, name_en, verdict, reason, decided_by, decided_at, entry_id)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        new_id(),
        edition.edition_id,
        in_round,
        at_step,
        step["zh"],
        step["en"],
        verdict,
        reason.strip(),
        by,
        now,
        entry,
    )
    return state


async def publish(edition: EditionView, *, by: UUID) -> None:
    """Idempotent. Raises ``WrongPlanState`` for an edition that is not approved."""
    row = await connection().fetchrow("select state from plan_edition where id = $1 for update", edition.edition_id)
    if row["state"] == rules.PUBLISHED:
        return
    if row["state"] != rules.APPROVED:
        raise rules.wrong_state(row["state"])
    await connection().execute(
        "update plan_edition set state = 'published', published_at = $2, version = version + 1 where id = $1", edition.edition_id, clock.now()
    )
    await ledger.record(
        "plan.published",
        actor=by,
        subject=edition.number,
        payload={
            "number": edition.number,
            "edition": edition.edition,
            "department": edition.department,
            "year": edition.year,
            "name": edition.name,
            "sha256": edition.content_sha256,
        },
        public=True,
    )


async def reopen(edition: EditionView, *, reason: str, by: UUID) -> int:
    """The next edition, a draft that says what the one in force says. Returns its number; that of the open one where there is one.

    Raises ``Invalid`` without a reason, ``WrongPlanState`` where the edition is not in force.
    """
    await connection().execute("select 1 from annual_plan where id = $1 for update", edition.id)
    there = await connection().fetchval("select edition from plan_edition where plan = $1 and state in ('draft', 'submitted', 'returned')", edition.id)
    if there:
        return int(there)
    if len(reason.strip()) < 4:
        raise Invalid(field="reason", why_zh="请写明调整计划的原因", why_en="say why the plan is changed")
    await take(edition.edition_id, *rules.IN_FORCE)
    number = 1 + int(await connection().fetchval("select max(edition) from plan_edition where plan = $1", edition.id))
    made = await _open_edition(edition.id, number, Head(edition.name, edition.basis), reason=reason.strip(), by=by)
    # A line that is only carried over keeps the hand that wrote it: whoever opens the edition is an author of it anyway.
    kept = ", ".join(("line", "position", *LINE_COLUMNS))
    await connection().execute(
        f"insert into plan_line (id, edition, version, {kept}) select gen_random_uuid(), $2::uuid, 1, {kept} from plan_line where edition = $1",
        edition.edition_id,
        made,
    )
    await ledger.record(
        "plan.drafted", actor=by, subject=edition.number, payload={"number": edition.number, "edition": number, "year": edition.year, "reason": reason.strip()}
    )
    return number


async def drop(edition: EditionView, *, by: UUID) -> None:
    """Give a later edition's draft up; it stays in the history. Raises ``WrongPlanState``, ``Invalid`` for the first edition, which is edited instead."""
    if edition.edition == 1:
        raise Invalid(field="edition", why_zh="第一版不能放弃，可继续修改", why_en="the first edition cannot be given up: edit it instead")
    await take(edition.edition_id, *rules.EDITABLE)
    await connection().execute("update plan_edition set state = 'dropped', version = version + 1 where id = $1", edition.edition_id)
    await ledger.record("plan.dropped", actor=by, subject=edition.number, payload={"number": edition.number, "edition": edition.edition})


async def find_campaign_of(plan: UUID, key: UUID) -> UUID | None:
    """The campaign of a line; the plan stays locked, so that two clicks make one campaign."""
    await connection().execute("select 1 from annual_plan where id = $1 for update", plan)
    found = await connection().fetchval("select campaign from plan_campaign where line = $1", key)
    return UUID(str(found)) if found else None


async def note_campaign(edition: EditionView, key: UUID, campaign: UUID, *, by: UUID) -> None:
    """A campaign was made from a line."""
    entry = await ledger.record(
        "plan.begun",
        actor=by,
        subject=edition.number,
        payload={"number": edition.number, "edition": edition.edition, "line": str(key), "campaign": str(campaign)},
    )
    await connection().execute(
        "insert into plan_campaign (line, plan, edition, campaign, made_by, made_at, entry_id) values ($1, $2, $3, $4, $5, $6, $7)",
        key,
        edition.id,
        edition.edition_id,
        campaign,
        by,
        clock.now(),
        entry,
    )


async def save_step(step: UUID, values: Mapping[str, Any], *, version: int | None, by: UUID | None) -> None:
    """One row of the register of approval steps. Raises ``Invalid`` naming the field, ``ChangedByOther``, ``NotFound``."""
    rules.check_step(values)
    await history.save(queries.STEP, step, values, version=version, by=by)
