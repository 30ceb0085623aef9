"""Verbs on complaints and tips, in the order of their life. Each runs inside the caller's transaction."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from cryptography.fernet import Fernet

from backend.history import service as history
from backend.history.rules import Kind
from backend.kernel import clock
from backend.kernel.errors import Conflict, Invalid, NotFound
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.storage.engine import connection
from backend.storage.keys import keep
from backend.storage.numbering import next_serial
from backend.tips import rules
from backend.tips.queries import TipView
from backend.tips.rules import Category, Filing

CATEGORY: Final = Kind("tipcategory", "tip_category", "code", ("subject", "track", "zh", "en", "department", "position", "valid_from", "valid_to", "source"))
NUMBERING = 7262326  # advisory lock: numbers without gaps or doubles


@dataclass(frozen=True, slots=True)
class Filed:
    """``code``: for the citizen alone. ``is_new`` False: the same form came again."""

    id: UUID
    number: str
    code: str
    is_new: bool


def _safe() -> Fernet:
    return Fernet(keep("tips.key", Fernet.generate_key))


def _code_of(form: UUID) -> str:
    return rules.make_code(keep("tip-codes.key", lambda: secrets.token_bytes(32)), form)


async def file(form: UUID, filing: Filing, category: Category, photos: Sequence[str]) -> Filed:
    """提出投诉举报. Idempotent by the form's id and content: the same again gives the same number and code. ``photos``: hashes of those kept with it.

    The row has an id of its own: who reads it in the office cannot ask for its code with it. Raises ``Conflict`` for other words under the same form.
    """
    await connection().execute("select pg_advisory_xact_lock($1)", NUMBERING)
    form_sha256 = hashlib.sha256(form.bytes).hexdigest()
    said = hashlib.sha256(rules.content(filing, list(photos))).hexdigest()
    known = await connection().fetchrow("select id, number, content_sha256 from tip where form_sha256 = $1", form_sha256)
    code = _code_of(form)
    if known is not None:
        if known["content_sha256"] != said:
            raise Conflict()
        return Filed(known["id"], known["number"], code, is_new=False)
    now, today = clock.now(), clock.today()
    serial = await next_serial("tip", track=category.track, year=today.year)
    tip, number = new_id(), rules.make_number(category.track, today.year, serial)
    entry = await ledger.record(
        "tip.filed",
        actor=None,
        subject=str(tip),
        payload={
            "number": number,
            "category": category.code,
            "county": filing.county,
            "department": category.department or "",
            "content_sha256": said,
            "photos": list(photos),
        },
    )
    contact = _safe().encrypt(json.dumps({"name": filing.name, "phone": filing.phone}).encode()) if not filing.is_anonymous else None
    row: dict[str, Any] = {
        "id": tip,
        "number": number,
        "track": category.track,
        "year": today.year,
        "serial": serial,
        "form_sha256": form_sha256,
        "content_sha256": said,
        "code_sha256": rules.hash_code(code),
        "subject": category.subject,
        "category": category.code,
        "enterprise": filing.enterprise,
        "enterprise_code": filing.enterprise_code,
        "enterprise_name": filing.enterprise_name.strip(),
        "accused": filing.accused.strip(),
        "county": filing.county,
        "place": filing.place.strip(),
        "text": filing.text.strip(),
        "contact": contact,
        "filed_at": now,
        "filed_on": today,
        "state": rules.FILED,
        "department": category.department if category.subject == rules.ENTERPRISE else None,
        "clock": rules.clock_of(category.track, rules.FILED),
        "since": today,
        "reason": "",
        "version": 1,
        "entry_id": entry,
    }
    places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await connection().execute(f"insert into tip ({', '.join(row)}) values ({places})", *row.values())
    return Filed(tip, number, code, is_new=True)


async def add(tip: TipView, message: UUID, text: str) -> bool:
    """What the citizen adds under the code. Idempotent by ``message``; False for a repeat. Raises ``Invalid``, ``NotOpen`` once it is over."""
    text = rules.check_words(text, "text")
    await _hold(tip.id)
    if await _said_before(message, tip.id, text):
        return False
    state = await connection().fetchval("select state from tip where id = $1", tip.id)
    rules.require_state(state, rules.FILED, rules.ACCEPTED, rules.JOINED)
    n = await connection().fetchval("select count(*) from tip_message where tip = $1 and author is null", tip.id)
    if n >= rules.MOST_MESSAGES:
        raise Invalid(field="text", why_zh="补充次数已达上限，请另行提交", why_en="you have added as often as one may: please file another")
    entry = await ledger.record("tip.added", actor=None, subject=str(tip.id), payload={"message": str(message), "characters": len(text)})
    await _say(message, tip.id, "added", None, text, entry)
    return True


async def assign(tip: TipView, to: str | None, *, reason: str, version: int, by: UUID) -> None:
    """Hand it to another department, or (None) to the oversight office as a matter about officers. Raises ``TipMoved``, ``Invalid``."""
    await _hold(tip.id, version)
    rules.require_state(tip.state, *rules.RUNNING)
    reason = rules.check_words(reason, "reason")
    await ledger.record("tip.assigned", actor=by, subject=str(tip.id), payload={"from": tip.department or "", "to": to or "", "reason": reason})
    subject = rules.ENTERPRISE if to else rules.OFFICE
    await _change(tip.id, department=to, subject=subject)


async def decide(tip: TipView, *, accepted: bool, reason: str, version: int, by: UUID) -> None:
    """受理或不予受理. A refusal needs a reason, which the code shows. Raises ``TipMoved``, ``NotOpen``, ``Invalid``."""
    await _hold(tip.id, version)
    rules.require_state(tip.state, rules.FILED)
    reason = rules.check_words(reason, "reason", shortest=0 if accepted else 4)
    state = rules.ACCEPTED if accepted else rules.DECLINED
    running = rules.clock_of(tip.track, state)
    await ledger.record("tip.decided", actor=by, subject=str(tip.id), payload={"number": tip.number, "accepted": accepted, "reason": reason})
    since = clock.today() if running else None
    await _change(tip.id, state=state, reason=reason, decided_by=by, decided_at=clock.now(), clock=running, since=since)


async def extend(tip: TipView, *, reason: str, version: int, by: UUID) -> None:
    """延长核查期限, with the reason, which the code shows. Raises ``TipMoved``, ``NotOpen``, ``NotExtendable``, ``Invalid``."""
    await _hold(tip.id, version)
    rules.require_state(tip.state, rules.FILED)
    if tip.clock not in rules.LONGER:
        raise rules.NotExtendable()
    reason = rules.check_words(reason, "reason")
    await ledger.record("tip.extended", actor=by, subject=str(tip.id), payload={"number": tip.number, "reason": reason})
    await _change(tip.id, clock=rules.LONGER[tip.clock], extended_at=clock.now(), extended_by=by, extended_why=reason)


async def join(tip: TipView, lead: TipView, *, version: int, by: UUID) -> None:
    """并案: it goes on in ``lead``, whose answers its code shows from now on, as do those that had been joined to it.

    Raises ``TipMoved``, ``NotOpen``, ``Invalid`` where the two are not in the same hands.
    """
    await _hold(tip.id, version)
    rules.require_state(tip.state, *rules.RUNNING)
    if lead.id == tip.id or lead.state not in rules.RUNNING or (lead.department, lead.subject) != (tip.department, tip.subject):
        raise Invalid(field="lead", why_zh="只能并入本部门在办的另一件", why_en="it can only be joined to another open one in the same hands")
    await _hold(lead.id)
    await ledger.record("tip.joined", actor=by, subject=str(tip.id), payload={"number": tip.number, "lead": lead.number})
    await connection().execute("update tip set joined_to = $2 where joined_to = $1", tip.id, lead.id)
    await _change(tip.id, state=rules.JOINED, joined_to=lead.id, clock=None, since=None)


async def answer(tip: TipView, message: UUID, text: str, *, version: int, by: UUID) -> None:
    """A word to the citizen while it goes on. Idempotent by ``message``."""
    await _reply(tip, message, text, "answer", version, by)


async def close(tip: TipView, message: UUID, text: str, *, version: int, by: UUID) -> None:
    """办结 with the last answer. Idempotent by ``message``. Raises ``TipMoved``, ``NotOpen`` before it was accepted, ``Invalid``."""
    await _reply(tip, message, text, "closing", version, by)


async def _reply(tip: TipView, message: UUID, text: str, kind: str, version: int, by: UUID) -> None:
    text = rules.check_words(text, "text")
    await _hold(tip.id)
    if await _said_before(message, tip.id, text):
        return
    await _hold(tip.id, version)
    if kind == "closing":
        rules.require_state(tip.state, rules.ACCEPTED)
        entry = await ledger.record("tip.closed", actor=by, subject=str(tip.id), payload={"number": tip.number, "characters": len(text)})
        await _change(tip.id, state=rules.CLOSED, clock=None, since=None, closed_by=by, closed_at=clock.now())
    else:
        rules.require_state(tip.state, *rules.RUNNING)
        entry = await ledger.record("tip.answered", actor=by, subject=str(tip.id), payload={"message": str(message), "characters": len(text)})
        await _change(tip.id)
    await _say(message, tip.id, kind, by, text, entry)


async def link_visit(tip: TipView, inspection: UUID, campaign: UUID, campaign_number: str, enterprise: UUID, *, version: int, by: UUID) -> None:
    """Note that a visit was opened because of it. What it says stays where it is. Raises ``TipMoved``, ``NotOpen`` before it was accepted."""
    await _hold(tip.id, version)
    rules.require_state(tip.state, rules.ACCEPTED)
    entry = await ledger.record("tip.visited", actor=by, subject=str(tip.id), payload={"number": tip.number, "campaign": campaign_number})
    await connection().execute(
        "insert into tip_visit (inspection, tip, campaign, opened_by, opened_at, entry_id) values ($1, $2, $3, $4, $5, $6)",
        inspection,
        tip.id,
        campaign,
        by,
        clock.now(),
        entry,
    )
    await _change(tip.id, enterprise=tip.enterprise or enterprise)


async def unseal(tip: TipView, *, by: UUID) -> tuple[str, str]:
    """(name, phone) of who filed it. Each look is in the log. Raises ``NotFound`` for an anonymous one."""
    sealed = await connection().fetchval("select contact from tip where id = $1", tip.id)
    if sealed is None:
        raise NotFound()
    await ledger.record("tip.unsealed", actor=by, subject=str(tip.id), payload={"number": tip.number})
    contact = json.loads(_safe().decrypt(bytes(sealed)))
    return contact["name"], contact["phone"]


async def erase(tip: UUID, why: str) -> list[UUID]:
    """Take out what was told, by whom and of whom; number, dates, decisions and answers stay. Returns the ledger entries that held hashes of it.

    Raises ``NotOpen`` while it is in hand.
    """
    row = await connection().fetchrow("select state, entry_id, erased_at from tip where id = $1 for update", tip)
    if row is None:
        raise NotFound()
    if row["state"] in rules.RUNNING:
        raise rules.NotOpen(state_zh=rules.STATES[row["state"]][0], state_en=rules.STATES[row["state"]][1])
    if row["erased_at"] is not None:
        return []
    await connection().execute(
        "update tip set text = $2, contact = null, accused = '', place = '', enterprise_name = $3, enterprise_code = '', enterprise = null,"
        " erased_at = $4, erased_why = $5 where id = $1",
        tip,
        rules.ERASED,
        rules.ERASED,  # a text and a varchar: one parameter cannot be both
        clock.now(),
        why,
    )
    added = await connection().fetch("update tip_message set text = $2 where tip = $1 and author is null returning entry_id", tip, rules.ERASED)
    return [UUID(str(r["entry_id"])) for r in (row, *added)]


async def save_category(code: str, values: Mapping[str, Any], *, version: int | None, by: UUID | None) -> None:
    """Raises ``Invalid`` naming the field, ``ChangedByOther``, ``NotFound``."""
    rules.check_category(code, values)
    await history.save(CATEGORY, code, values, version=version, by=by)


async def _hold(tip: UUID, version: int | None = None) -> None:
    """Lock the row; raise ``TipMoved`` where it is not as ``version`` was seen."""
    now = await connection().fetchval("select version from tip where id = $1 for no key update", tip)
    if now is None:
        raise NotFound()
    if version is not None and now != version:
        raise rules.TipMoved()


async def _change(tip: UUID, **values: Any) -> None:
    sets = "".join(f", {name} = ${n}" for n, name in enumerate(values, 2))
    await connection().execute(f"update tip set version = version + 1{sets} where id = $1", tip, *values.values())


async def _said_before(message: UUID, tip: UUID, text: str) -> bool:
    known = await connection().fetchrow("select tip, text from tip_message where id = $1", message)
    if known is not None and (known["tip"], known["text"]) != (tip, text):
        raise Conflict()
    return known is not None


async def _say(message: UUID, tip: UUID, kind: str, author: UUID | None, text: str, entry: UUID) -> None:
    await connection().execute(
        "insert into tip_message (id, tip, kind, author, text, at, entry_id) values ($1, $2, $3, $4, $5, $6, $7)",
        message,
        tip,
        kind,
        author,
        text,
        clock.now(),
        entry,
    )
