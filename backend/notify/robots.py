"""Group robots: who has one, adding and removing, what waits to be told, what became of it.

The address is the robot's whole secret: sealed by a key of this installation, shown only by its last characters, never logged.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet

from backend.kernel import clock
from backend.kernel.errors import Invalid, NotFound
from backend.kernel.ids import new_id
from backend.kernel.scope import Scope
from backend.kernel.settings import settings
from backend.ledger import service as ledger
from backend.notify import robot_rules
from backend.notify.robot_rules import Answer, Item, Robot
from backend.storage import outbox
from backend.storage.engine import connection, reader
from backend.storage.keys import keep

TOPIC = "robot"


@dataclass(frozen=True, slots=True)
class RobotView:
    """A robot as the office sees it, with its last success and its last failure."""

    id: UUID
    department: str
    name: str
    kind: str
    shown: str
    created_at: datetime
    sent_at: datetime | None
    failed_at: datetime | None
    failure: str | None
    waiting: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What waits for one robot. ``ids``: the rows, held until the transaction ends."""

    robot: Robot
    department: str
    ids: Sequence[int]
    items: Sequence[Item]
    attempts: int
    quiet_until: datetime | None


def _safe() -> Fernet:
    return Fernet(keep("robots.key", Fernet.generate_key))


def _seal(robot: Robot) -> bytes:
    return _safe().encrypt(json.dumps({"kind": robot.kind, "base": robot.base, "token": robot.token, "secret": robot.secret}).encode())


def _unseal(sealed: bytes) -> Robot:
    fields: dict[str, Any] = json.loads(_safe().decrypt(sealed))
    return Robot(**fields)


async def add(department: str, name: str, address: str, secret: str, *, by: UUID) -> UUID:
    """Raises ``RobotRefused``, ``Invalid`` without a name."""
    robot = robot_rules.parse_robot(address, secret.strip(), settings().webhook_hosts)
    if not name.strip():
        raise Invalid(field="name", why_zh="请填写群名称", why_en="name the group")
    robot_id = new_id()
    await connection().execute(
        "insert into notify_robot (id, department, name, kind, shown, sealed, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        robot_id,
        department,
        name.strip()[:60],
        robot.kind,
        robot.shown,
        _seal(robot),
        by,
        clock.now(),
    )
    await ledger.record(
        "robot.changed", actor=by, subject=str(robot_id), payload={"what": "added", "department": department, "kind": robot.kind, "shown": robot.shown}
    )
    return robot_id


async def remove(robot_id: UUID, scope: Scope, *, by: UUID) -> None:
    """What still waits for it is not sent. The sealed address goes; the row and its history stay."""
    done = await connection().fetchval(
        "update notify_robot set ended_at = $3, sealed = '' where id = $1 and ended_at is null and ($2::text is null or department = $2) returning true",
        robot_id,
        scope.department,
        clock.now(),
    )
    if not done:
        raise NotFound()
    await connection().execute(
        "update notify_robot_item set state = 'failed', detail = $2, at = $3 where robot = $1 and state = 'waiting'",
        robot_id,
        "机器人已移除\nthe robot was removed",
        clock.now(),
    )
    await ledger.record("robot.changed", actor=by, subject=str(robot_id), payload={"what": "removed"})


async def tell_groups(account: UUID, kind: str, inspection: UUID | None) -> None:
    """Note an alert for the groups of the person's department, once a visit however many of its officers are told."""
    if kind not in robot_rules.TOLD or inspection is None:
        return
    robots = await connection().fetch(
        "insert into notify_robot_item (robot, kind, inspection, county, due_on, state, detail, attempts, created_at)"
        " select r.id, $2, i.id, i.county, i.due_on, 'waiting', '', 0, $4 from notify_robot r join account a on a.department = r.department"
        " join inspection i on i.id = $3 where a.id = $1 and r.ended_at is null on conflict do nothing returning robot",
        account,
        kind,
        inspection,
        clock.now(),
    )
    for row in robots:
        await _ask(row["robot"])


async def tell_digest(department: str, text: str) -> None:
    """Note a digest for every group of a department. Inside the transaction that makes the digest, so that it is told once."""
    robots = await connection().fetch(
        "insert into notify_robot_item (robot, kind, inspection, county, due_on, state, detail, attempts, created_at, text)"
        " select r.id, $2, null, '', null, 'waiting', '', 0, $3, $4 from notify_robot r where r.department = $1 and r.ended_at is null returning robot",
        department,
        robot_rules.DIGEST,
        clock.now(),
        text,
    )
    for row in robots:
        await _ask(row["robot"])


async def _ask(robot: UUID) -> None:
    # One job a transaction: a draw that dispatches a hundred visits is one message.
    transaction_id = await connection().fetchval("select pg_current_xact_id()::text")
    await outbox.ask(TOPIC, {"robot": str(robot)}, key=f"robot:{robot}:{transaction_id}")


async def find_robot(robot_id: UUID, scope: Scope) -> tuple[Robot, str]:
    """(robot, department) of a live robot within the scope. Raises ``NotFound``."""
    row = await reader().fetchrow(
        "select sealed, department from notify_robot where id = $1 and ended_at is null and ($2::text is null or department = $2)", robot_id, scope.department
    )
    if row is None:
        raise NotFound()
    return _unseal(row["sealed"]), row["department"]


async def note_test(robot_id: UUID, answer: Answer) -> None:
    """A test counts as a message: its outcome is the robot's newest."""
    await connection().execute(
        "insert into notify_robot_item (robot, kind, inspection, county, due_on, state, detail, attempts, created_at, at)"
        " values ($1, $2, null, '', null, $3, $4, 1, $5, $5)",
        robot_id,
        robot_rules.TEST,
        "sent" if answer.state == "sent" else "failed",
        answer.detail,
        clock.now(),
    )


async def take_batch(robot_id: UUID) -> Batch | None:
    """Everything that waits for a robot, held. None when there is nothing, or the robot is gone."""
    robot = await connection().fetchrow("select sealed, department, quiet_until from notify_robot where id = $1 and ended_at is null", robot_id)
    rows = await connection().fetch(
        "select id, kind, county, due_on, text, attempts from notify_robot_item where robot = $1 and state = 'waiting'"
        " order by id for update skip locked",
        robot_id,
    )
    if robot is None or not rows:
        return None
    items = [Item(r["kind"], r["county"], r["due_on"], r["text"]) for r in rows]
    return Batch(
        _unseal(robot["sealed"]), robot["department"], [r["id"] for r in rows], items, max(r["attempts"] for r in rows), robot["quiet_until"]
    )


async def note(robot_id: UUID, batch: Batch, answer: Answer, *, quiet_until: datetime | None = None) -> None:
    """Write what became of a batch: sent and failed are final, later leaves it waiting with its reason."""
    await connection().execute(
        "update notify_robot_item set state = $2, detail = $3, attempts = attempts + 1, at = $4 where id = any($1)",
        list(batch.ids),
        "waiting" if answer.state == "later" else answer.state,
        answer.detail,
        clock.now(),
    )
    await connection().execute("update notify_robot set quiet_until = $2 where id = $1", robot_id, quiet_until)


async def list_robots(scope: Scope) -> list[RobotView]:
    """The live robots of the scope's department, or of all."""
    rows = await reader().fetch(
        "select r.id, r.department, r.name, r.kind, r.shown, r.created_at,"
        " (select max(at) from notify_robot_item i where i.robot = r.id and i.state = 'sent') as sent_at, f.at as failed_at, f.detail as failure,"
        " (select count(*) from notify_robot_item i where i.robot = r.id and i.state = 'waiting') as waiting"
        " from notify_robot r left join lateral (select at, detail from notify_robot_item i where i.robot = r.id and i.detail <> ''"
        " and i.at is not null order by i.at desc limit 1) f on true"
        " where r.ended_at is null and ($1::text is null or r.department = $1) order by r.department, r.created_at",
        scope.department,
    )
    return [RobotView(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class ItemView:
    """What a group was told of one visit."""

    robot: str
    kind: str
    alert: str
    state: str
    detail: str
    attempts: int
    due_on: date | None
    created_at: datetime
    at: datetime | None


async def list_of_inspection(inspection: UUID, scope: Scope) -> list[ItemView]:
    rows = await reader().fetch(
        "select r.name as robot, r.kind, i.kind as alert, i.state, i.detail, i.attempts, i.due_on, i.created_at, i.at from notify_robot_item i"
        " join notify_robot r on r.id = i.robot where i.inspection = $1 and ($2::text is null or r.department = $2) order by i.id desc",
        inspection,
        scope.department,
    )
    return [ItemView(**row) for row in rows]
