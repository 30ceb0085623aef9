"""Verbs on evaluations: take one, fix a week's in the log, edit the rule."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from backend.evaluations import rules
from backend.evaluations.queries import find_rule
from backend.history import service as history
from backend.history.rules import Kind
from backend.kernel import clock
from backend.kernel.errors import Conflict
from backend.ledger import service as ledger
from backend.storage.engine import connection
from backend.storage.keys import keep

RULE: Final = Kind("evaluationrule", "evaluation_rule", "id", ("least", "window_days", "most", "valid_from", "valid_to", "source"))
SEALING = 7262325  # advisory lock: a week is sealed once


@dataclass(frozen=True, slots=True)
class Visit:
    """What is evaluated. ``visited_on``: the day of the visit in Beijing."""

    inspection: UUID
    enterprise: UUID
    department: str
    county: str
    visited_on: date


def device_of(device: str, inspection: UUID) -> str:
    """What is kept of a browser: keyed by this installation, another one for each visit."""
    return hmac.new(keep("evaluations.key", lambda: secrets.token_bytes(32)), f"{device}|{inspection}".encode(), hashlib.sha256).hexdigest()


async def evaluate(evaluation: UUID, visit: Visit, answers: rules.Answers, *, device: str) -> str:
    """Keep an evaluation; gives its commitment. Idempotent by ``evaluation`` and content. Nothing of it goes into the log before its week is over.

    Raises ``NotEvaluable``, ``AlreadyEvaluated`` for this browser's second one, ``EnoughEvaluations``, ``Conflict`` for other words under the same id.
    """
    today = clock.today()
    await connection().execute("select pg_advisory_xact_lock(hashtext($1))", f"evaluation:{visit.inspection}")
    said = rules.content(visit.inspection, today, answers)
    same = hashlib.sha256(rules.content(visit.inspection, date.min, answers)).hexdigest()
    known = await connection().fetchrow("select content_sha256, commitment from evaluation where id = $1", evaluation)
    if known is not None:
        if known["content_sha256"] != same:
            raise Conflict()
        return str(known["commitment"])
    rule = await find_rule(today)
    if not rules.is_in_time(visit.visited_on, today, rule):
        raise rules.NotEvaluable()
    browser = device_of(device, visit.inspection)
    others = [row["device_sha256"] for row in await connection().fetch("select device_sha256 from evaluation where inspection = $1", visit.inspection)]
    if browser in others:
        raise rules.AlreadyEvaluated()
    if len(others) >= rule.most:
        raise rules.EnoughEvaluations(most=rule.most)
    salt = secrets.token_bytes(32)
    row: dict[str, Any] = {
        "id": evaluation,
        "inspection": visit.inspection,
        "enterprise": visit.enterprise,
        "department": visit.department,
        "county": visit.county,
        "day": today,
        "device_sha256": browser,
        "content_sha256": same,
        **asdict(answers),
        "salt": salt,
        "commitment": rules.commit(salt, said),
    }
    places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await connection().execute(f"insert into evaluation ({', '.join(row)}) values ({places})", *row.values())
    return str(row["commitment"])


async def seal_week(week: date) -> bool:
    """Fix the commitments of one whole week (from its Monday) in the log, in public. Whether it was new. A week without any is sealed too."""
    await connection().execute("select pg_advisory_xact_lock($1)", SEALING)
    if await connection().fetchval("select exists (select from evaluation_seal where week = $1)", week):
        return False
    # Sorted: the order in which they came is nobody's to know.
    rows = await connection().fetch("select commitment from evaluation where day between $1 and $2 order by commitment", week, week + timedelta(days=6))
    commitments = [row["commitment"] for row in rows]
    entry = await ledger.record(
        "evaluation.sealed", actor=None, subject=f"evaluations/{week.isoformat()}", payload={"week": week.isoformat(), "commitments": commitments}, public=True
    )
    await connection().execute("insert into evaluation_seal (week, sealed, entry_id) values ($1, $2, $3)", week, len(commitments), entry)
    return True


async def erase_words_before(day: date) -> int:
    """Take the words of evaluations from before that day; marks and answers stay, so no figure changes. Returns how many.

    With them goes what the words could be tried out against: the salt of the commitment, which stays in the log, and the hash of the content.
    """
    done = await connection().execute(
        "update evaluation set text = '', salt = '', content_sha256 = '', erased_on = $2 where day < $1 and text <> '' and erased_on is null",
        day,
        clock.today(),
    )
    return int(done.rpartition(" ")[2])


async def save_rule(rule: UUID, values: Mapping[str, Any], *, version: int | None, by: UUID | None) -> None:
    """Raises ``Invalid`` naming the field, ``ChangedByOther``, ``NotFound``."""
    rules.check_rule(values)
    await history.require_alone(RULE, rule, values, ())
    await history.save(RULE, rule, values, version=version, by=by)
