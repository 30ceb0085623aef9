"""Work for after the commit: asked for inside a business transaction, done by the worker at least once.

Claims with ``FOR UPDATE SKIP LOCKED``: any number of workers share the queue, a killed worker's claim
is free again at once. Handlers are idempotent, so "at least once" is enough.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import structlog

from backend.kernel import clock, logs, meters
from backend.storage.engine import connection, transaction

Handler = Callable[[dict[str, Any]], Awaitable[None]]
MAX_ATTEMPTS = 8
log = structlog.get_logger()


class Later(Exception):
    """A handler's word that the job is to be done again. What the handler has written stays; any other error takes it back.

    ``after`` overrules the back-off, for a service that says how long it wants to be left alone.
    """

    def __init__(self, why: str, *, after: timedelta | None = None) -> None:
        super().__init__(why)
        self.after = after


async def ask(topic: str, payload: dict[str, Any], *, key: str | None = None) -> None:
    """Put one job into the outbox. Call inside the transaction whose commit makes it due. It carries on the id of the request that asked."""
    await connection().execute(
        "insert into outbox_job (topic, payload, key, request_id) values ($1, $2, $3, $4) on conflict (key) do nothing",
        topic,
        json.dumps(payload, ensure_ascii=False),
        key,
        logs.request_id(),
    )
    await connection().execute("select pg_notify('outbox', $1)", topic)


def backoff(attempts: int) -> timedelta:
    """2, 4, 8 .. seconds, at most an hour."""
    return timedelta(seconds=min(2**attempts, 3600))


async def work_off(handlers: Mapping[str, Handler], limit: int = 20, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Do up to ``limit`` due jobs, each in its own transaction, until ``stop``. Returns how many were taken up. A handler may raise ``Later``."""
    taken = 0
    for _ in range(limit):
        if stop():
            return taken
        async with transaction():
            row = await connection().fetchrow(
                "select id, topic, payload, attempts, request_id from outbox_job where gave_up_at is null and available_at <= $1"
                " and topic = any($2) order by available_at, id limit 1 for update skip locked",
                clock.now(),
                list(handlers),
            )
            if row is None:
                return taken
            taken += 1
            failure: Exception | None = None
            try:
                # A savepoint: what a failed handler wrote goes, the note of its failure stays.
                async with connection().transaction():
                    try:
                        with logs.working_for(row["request_id"]):
                            await handlers[row["topic"]](json.loads(row["payload"]))
                    except Later as e:
                        failure = e
            except Exception as e:  # noqa: BLE001 - one bad job must never stop the others
                failure = e
            meters.JOBS.labels(row["topic"], "done" if failure is None else "failed").inc()
            if failure is None:
                await connection().execute("delete from outbox_job where id = $1", row["id"])
                continue
            attempts = row["attempts"] + 1
            log.warning("outbox.failed", topic=row["topic"], job=row["id"], attempts=attempts, request_id=row["request_id"], error=failure)
            await connection().execute(
                "update outbox_job set attempts = $2, available_at = $3, last_error = $4, gave_up_at = $5 where id = $1",
                row["id"],
                attempts,
                clock.now() + (failure.after if isinstance(failure, Later) and failure.after else backoff(attempts)),
                repr(failure)[:2000],
                clock.now() if attempts >= MAX_ATTEMPTS else None,
            )
    return taken
