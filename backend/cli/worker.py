"""The background process: places ledger entries, sends alerts, makes thumbnails, reads imports."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from backend.bundles import service as bundles
from backend.cli import worker_endpoint
from backend.evaluations import jobs as evaluation_jobs
from backend.evidence import jobs as evidence_jobs
from backend.figures import jobs as figure_jobs
from backend.kept import service as kept
from backend.kernel import logs, meters
from backend.kernel.settings import settings
from backend.ledger import sequencer
from backend.limits import jobs as limit_jobs
from backend.notify import jobs as notify_jobs
from backend.people.service import forget_failures
from backend.placards.service import TOPIC as PLACARDS
from backend.registry import jobs as registry_jobs
from backend.storage import engine, outbox
from backend.usecases import import_registry, import_unsent, placards
from backend.usecases.close_draw import reveal_what_is_due, tell_what_is_overdue
from backend.usecases.edit_items import settle_items
from backend.usecases.erasing import erase_what_is_due
from backend.usecases.invite import tell_what_lapsed
from backend.usecases.push_changes import push_changes
from backend.web.shared.placard_papers import render_placards
from backend.webhooks import jobs as webhook_jobs

HANDLERS: dict[str, outbox.Handler] = {
    "push": notify_jobs.push,
    "robot": notify_jobs.post_robot,
    "thumbnail": evidence_jobs.make_thumbnail,
    PLACARDS: partial(placards.make_file, render=render_placards),
}
# A line of their own: a partner's slow server keeps nobody's alert waiting.
PARTNERS: dict[str, outbox.Handler] = {"webhook": webhook_jobs.deliver}
IDLE_SECONDS = 0.5
log = structlog.get_logger()


async def _keep_working(name: str, work: Callable[[], Awaitable[object]], stop: asyncio.Event, idle: float = IDLE_SECONDS) -> None:
    while not stop.is_set():
        worker_endpoint.beat(name, idle)
        try:
            more = await work()
            meters.ROUNDS.labels(name, "done").inc()
            if more:
                continue
        except Exception as e:  # noqa: BLE001 - the database may be away for a while; the work is not lost
            meters.ROUNDS.labels(name, "failed").inc()
            log.warning("worker.failed", work=name, error=e)
        try:
            await asyncio.wait_for(stop.wait(), idle)
        except TimeoutError:
            continue


async def main() -> int:
    """Work until SIGTERM or SIGINT. What is in hand is finished, or after ``SHUTDOWN_SECONDS`` given back: its transaction never happened."""
    logs.configure()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with engine.pool(6), worker_endpoint.serving():
        loops = [
            asyncio.create_task(loop)
            for loop in (
                _keep_working("outbox", partial(outbox.work_off, HANDLERS, stop=stop.is_set), stop),
                _keep_working("webhooks", partial(outbox.work_off, PARTNERS, stop=stop.is_set), stop),
                _keep_working("changes", push_changes, stop, idle=2),
                _keep_working("imports", import_registry.work_off, stop),
                _keep_working("leftovers", import_registry.clear_leftovers, stop, idle=600),
                _keep_working("placards", placards.remove_old_files, stop, idle=3600),
                _keep_working("unsent", import_unsent.work_off, stop),
                _keep_working("search", registry_jobs.index_some, stop),
                _keep_working("kept pages", kept.sweep, stop, idle=600),
                _keep_working("bundles", bundles.sweep, stop, idle=3600),
                # First the alert: a draw that was shut past its date is told of even if the worker opens it in the next moment.
                _keep_working("overdue", tell_what_is_overdue, stop, idle=60),
                _keep_working("invitations", tell_what_lapsed, stop, idle=60),
                _keep_working("items", settle_items, stop, idle=60),
                _keep_working("reveals", reveal_what_is_due, stop, idle=60),
                _keep_working("evaluations", evaluation_jobs.seal_what_is_over, stop, idle=600),
                _keep_working("digests", figure_jobs.make_digests_due, stop, idle=300),
                _keep_working("erasure", erase_what_is_due, stop, idle=3600),
                _keep_working("limits", limit_jobs.sweep, stop, idle=300),
                _keep_working("failures", forget_failures, stop, idle=300),
                sequencer.run(stop),
            )
        ]
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([stopping, *loops], return_when=asyncio.FIRST_COMPLETED)
        ended_by_itself = not stop.is_set()
        stop.set()
        _done, late = await asyncio.wait(loops, timeout=settings().shutdown_seconds)
        for task in late:
            log.warning("worker.gives_back", work=repr(task.get_coro()))
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    if ended_by_itself:
        log.critical("worker.ended", errors=[repr(e) for loop in loops if not loop.cancelled() and (e := loop.exception())])
    return int(ended_by_itself)
