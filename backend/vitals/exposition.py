"""Everything that is measured, in Prometheus's text: what the processes counted and what the database knows."""

from __future__ import annotations

from collections.abc import Iterator

from asyncpg.exceptions import InterfaceError, PostgresError
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from backend.kernel import meters
from backend.vitals import queries
from backend.vitals.rules import Vitals

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class _Read(Collector):
    def __init__(self, vitals: Vitals | None) -> None:
        self.vitals = vitals

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("sunlot_database_up", "1 where the database answered", value=float(self.vitals is not None))
        if self.vitals is not None:
            yield from _families(self.vitals)


def _families(v: Vitals) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("sunlot_outbox_waiting_jobs", "Jobs in the outbox", labels=["state"])
    for state, n in (("later", v.jobs_waiting - v.jobs_due), ("due", v.jobs_due), ("given_up", v.jobs_given_up)):
        jobs.add_metric([state], n)
    yield jobs
    # An age of nothing is nought, so that an alert on it needs no rule for a queue that is empty.
    yield GaugeMetricFamily("sunlot_outbox_oldest_due_seconds", "How long the oldest due job has waited", value=v.oldest_due_s or 0.0)
    yield GaugeMetricFamily("sunlot_ledger_staged_entries", "Entries that have no place in the log yet", value=v.entries_staged)
    yield GaugeMetricFamily("sunlot_ledger_lag_seconds", "How long the first of them has waited", value=v.oldest_staged_s or 0.0)
    yield GaugeMetricFamily("sunlot_ledger_entries", "Entries of the log", value=v.log_size)
    yield GaugeMetricFamily("sunlot_ledger_cosigned_entries", "Entries under the newest checkpoint that any witness cosigned", value=v.cosigned_size)
    if v.checkpoint_age_s is not None:
        yield GaugeMetricFamily("sunlot_ledger_checkpoint_age_seconds", "Age of the newest checkpoint", value=v.checkpoint_age_s)
    yield GaugeMetricFamily("sunlot_evidence_files", "Files kept as evidence", value=v.evidence_files)
    yield GaugeMetricFamily("sunlot_evidence_bytes", "Their size", value=v.evidence_bytes)
    deliveries = GaugeMetricFamily("sunlot_alert_deliveries", "Alerts by channel and what became of them", labels=["channel", "state"])
    for (channel, state), n in sorted(v.deliveries.items()):
        deliveries.add_metric([channel, state], n)
    yield deliveries
    imports = GaugeMetricFamily("sunlot_imports", "Imports by state", labels=["state"])
    for state, n in sorted(v.imports.items()):
        imports.add_metric([state], n)
    yield imports


async def write() -> bytes:
    """The text. What a process counted is told even when the database is away."""
    try:
        vitals = await queries.read_vitals()
    except (OSError, PostgresError, InterfaceError):
        vitals = None
    read = CollectorRegistry()
    read.register(_Read(vitals))
    return generate_latest(meters.registry()) + generate_latest(read)
