"""Verbs on invitations, each with its entry. The caller holds the campaign's row, so that announcing and answering never cross."""

from __future__ import annotations

from uuid import UUID

from backend.invitations import rules
from backend.invitations.queries import InvitationView
from backend.invitations.rules import Answer
from backend.kernel import clock
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.storage.engine import connection


async def send(campaign: UUID, number: str, department: str, *, message: str, by: UUID) -> UUID:
    """Ask one department. The index lets none have two that count."""
    invitation = new_id()
    entry = await ledger.record(
        "invitation.sent", actor=by, subject=number, payload={"invitation": str(invitation), "department": department, "message": message.strip()}
    )
    await connection().execute(
        "insert into invitation (id, campaign, department, version, state, message, sent_by, sent_at, counties, items, answer, ground, ending, entry_id)"
        " values ($1, $2, $3, 1, 'open', $4, $5, $6, '{}', '{}', '', '', '', $7)",
        invitation,
        campaign,
        department,
        message.strip(),
        by,
        clock.now(),
        entry,
    )
    return invitation


async def answer(view: InvitationView, given: Answer, *, by: UUID) -> None:
    """Say yes or no; a later answer takes the place of an earlier one. Raises ``AnsweredOtherwise`` where the row has moved on."""
    done = await connection().execute(
        "update invitation set state = $3, officers = $4, counties = $5, items = $6, answer = $7, answered_by = $8, answered_at = $9, version = version + 1"
        " where id = $1 and version = $2 and ended_at is null",
        view.id,
        view.version,
        given.state,
        given.officers if given.accepted else None,
        list(given.counties),
        list(given.items),
        given.text,
        by,
        clock.now(),
    )
    if done.endswith("0"):
        raise rules.AnsweredOtherwise()
    said = {"officers": given.officers, "counties": list(given.counties), "items": list(given.items)} if given.accepted else {}
    about = {"invitation": str(view.id), "department": view.department, "state": given.state, "text": given.text, **said}
    await ledger.record("invitation.answered", actor=by, subject=view.number, payload=about)


async def note_lapse(view: InvitationView) -> bool:
    """The period is over without an answer. Once: whether this call was it."""
    noted = await connection().fetchval(
        "update invitation set lapsed_at = $2, version = version + 1"
        " where id = $1 and lapsed_at is null and state = 'open' and ended_at is null returning true",
        view.id,
        clock.now(),
    )
    if not noted:
        return False
    await ledger.record("invitation.lapsed", actor=None, subject=view.number, payload={"invitation": str(view.id), "department": view.department})
    return True


async def override(view: InvitationView, *, ground: str, by: UUID) -> None:
    """The oversight office lets the campaign go on without an answer. Raises ``AnsweredOtherwise``."""
    done = await connection().execute(
        "update invitation set state = 'overridden', ground = $3, overridden_by = $4, overridden_at = $5, version = version + 1"
        " where id = $1 and version = $2 and state = 'open' and ended_at is null",
        view.id,
        view.version,
        ground.strip(),
        by,
        clock.now(),
    )
    if done.endswith("0"):
        raise rules.AnsweredOtherwise()
    about = {"invitation": str(view.id), "department": view.department, "ground": ground.strip()}
    await ledger.record("invitation.overridden", actor=by, subject=view.number, payload=about)


async def end(campaign: UUID, number: str, department: str, *, reason: str, by: UUID) -> None:
    """The department's invitation, if it has one, counts no longer: it was taken out, or is asked again."""
    invitation = await connection().fetchval(
        "update invitation set ended_at = $3, ended_by = $4, ending = $5, version = version + 1"
        " where campaign = $1 and department = $2 and ended_at is null returning id",
        campaign,
        department,
        clock.now(),
        by,
        reason.strip(),
    )
    about = {"invitation": str(invitation) if invitation else None, "department": department, "reason": reason.strip()}
    await ledger.record("invitation.ended", actor=by, subject=number, payload=about)
