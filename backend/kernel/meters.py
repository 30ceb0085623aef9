"""What every process counts of its own work, for Prometheus (text format 0.0.4). What the database knows is read when asked: backend/vitals.

Names follow Prometheus's practice: a unit at the end, seconds and bytes. Several server processes of one machine add up in the folder that
``PROMETHEUS_MULTIPROC_DIR`` names; the commands set it before this is imported.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, multiprocess

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0, 60.0)

REQUESTS: Final = Counter("sunlot_http_requests", "Requests answered", ["route", "method", "status"])
REQUEST_SECONDS: Final = Histogram("sunlot_http_request_seconds", "Time until the whole answer was sent", ["route", "method"], buckets=BUCKETS)
IN_FLIGHT: Final = Gauge("sunlot_http_requests_in_flight", "Requests that are being answered", multiprocess_mode="livesum")
POOL: Final = Gauge("sunlot_database_pool_connections", "Connections to the database, of all processes", ["state"], multiprocess_mode="livesum")
JOBS: Final = Counter("sunlot_outbox_jobs", "Jobs of the outbox that were taken up", ["topic", "result"])
ROUNDS: Final = Counter("sunlot_worker_rounds", "Rounds of the worker's loops", ["work", "result"])
STORE: Final = Counter("sunlot_evidence_store_operations", "Operations on the store of evidence", ["operation", "result"])


def registry() -> CollectorRegistry:
    """What this process counts, or what all processes of this server together do."""
    found = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(found)  # type: ignore[no-untyped-call]
    else:
        for meter in (REQUESTS, REQUEST_SECONDS, IN_FLIGHT, POOL, JOBS, ROUNDS, STORE):
            found.register(meter)
    return found


def forget_the_dead() -> None:
    """What is summed over living processes must not keep those that were killed. A process calls it when it begins."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    for path in Path(folder).glob("gauge_live*.db") if folder else ():
        pid = path.stem.rpartition("_")[2]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            path.unlink(missing_ok=True)
