"""Verbs on responses."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.kernel import clock
from backend.kernel.errors import NotFound
from backend.ledger import service as ledger
from backend.responses import rules
from backend.storage.engine import connection

VERSIONS = 7262341  # advisory lock: versions without gaps or doubles


@dataclass(frozen=True, slots=True)
class Beside:
    """The result that is responded to."""

    result: str
    inspection: UUID
    department: str
    county: str
    enterprise: UUID
    enterprise_name: str


async def file(response: UUID, beside: Beside, body: str, *, seen: int, shows_on: date, by: UUID) -> int:
    """回应: the next version. Idempotent by ``response``; the text that stands is no new version. Returns the version.

    ``seen``: the version that the person had read, 0 for none. Raises ``Invalid``, ``OtherVersion``.
    """
    rules.check_body(body)
    return await _put(response, beside, body.strip(), state=rules.WAITING, seen=seen, shows_on=shows_on, by=by)


async def withdraw(response: UUID, beside: Beside, *, seen: int, by: UUID) -> int:
    """The enterprise takes its words down; the earlier versions stay in its own view. Raises ``OtherVersion``."""
    return await _put(response, beside, "", state=rules.WITHDRAWN, seen=seen, shows_on=clock.today(), by=by)


async def _put(response: UUID, beside: Beside, body: str, *, state: str, seen: int, shows_on: date, by: UUID) -> int:
    await connection().execute("select pg_advisory_xact_lock($1)", VERSIONS)
    known = await connection().fetchrow("select result, version, enterprise from response where id = $1", response)
    if known is not None:
        if (known["result"], known["enterprise"]) != (beside.result, beside.enterprise):
            raise NotFound()
        return int(known["version"])
    latest = await connection().fetchrow("select version, body from response where result = $1 order by version desc limit 1", beside.result)
    version = latest["version"] if latest else 0
    if latest is not None and latest["body"] == body:
        return int(version)
    if version != seen:
        raise rules.OtherVersion(version=version, standing=latest["body"] if latest else "")
    payload = {"result": beside.result, "version": version + 1}
    if state == rules.WITHDRAWN:
        entry = await ledger.record("response.withdrawn", actor=by, subject=beside.result, payload=payload)
    else:
        digest = hashlib.sha256(body.encode()).hexdigest()
        entry = await ledger.record("response.filed", actor=by, subject=beside.result, payload={**payload, "body_sha256": digest})
    await connection().execute(
        "insert into response (id, result, version, inspection, department, county, enterprise, enterprise_name, body, state, shows_on, filed_by, filed_at,"
        " ground, reason, entry_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', '', $14)",
        response,
        beside.result,
        version + 1,
        beside.inspection,
        beside.department,
        beside.county,
        beside.enterprise,
        beside.enterprise_name,
        body,
        state,
        shows_on,
        by,
        clock.now(),
        entry,
    )
    return int(version) + 1


async def decide(response: UUID, *, shown: bool, ground: str, reason: str, by: UUID) -> None:
    """The office has read it: it goes public at once, or not at all, with one of two grounds. Public either way that it decided.

    Raises ``Invalid``, ``Decided`` where it is no longer the newest version or no longer waits.
    """
    if not shown:
        rules.check_ground(ground, reason)
    await connection().execute("select pg_advisory_xact_lock($1)", VERSIONS)
    row = await connection().fetchrow(
        "update response r set state = $2, decided_by = $3, decided_at = $4, ground = $5, reason = $6 where r.id = $1 and r.state = 'waiting'"
        " and not exists (select from response n where n.result = r.result and n.version > r.version) returning result, version",
        response,
        rules.SHOWN if shown else rules.WITHHELD,
        by,
        clock.now(),
        "" if shown else ground,
        "" if shown else reason.strip(),
    )
    if row is None:
        raise rules.Decided()
    why = {"ground": "" if shown else ground, "reason": "" if shown else reason.strip()}
    payload = {"result": row["result"], "version": row["version"], "shown": shown, **why}
    await ledger.record("response.decided", actor=by, subject=row["result"], payload=payload, public=True)
