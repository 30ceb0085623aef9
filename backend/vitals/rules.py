"""What counts as well, late or full. Pure. Thresholds are an operator's, no law's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

READY, NOT_READY, DRAINING = "ready", "not-ready", "draining"
OK, LATE, FULL, AWAY, PENDING = "ok", "late", "full", "away", "pending"

STUCK_SECONDS: Final = 15 * 60  # a staged entry is placed within a second; a witness may be away for a while
LEAST_FREE_BYTES: Final = 256 << 20  # a large upload's worth
LEAST_FREE_SHARE: Final = 0.01


@dataclass(frozen=True, slots=True)
class Vitals:
    """Seconds are ages at the moment of reading; None where there is nothing to be of an age."""

    jobs_waiting: int
    jobs_due: int
    oldest_due_s: float | None
    jobs_given_up: int
    entries_staged: int
    oldest_staged_s: float | None
    log_size: int
    checkpoint_age_s: float | None
    cosigned_size: int
    evidence_files: int
    evidence_bytes: int
    deliveries: dict[tuple[str, str], int]  # (channel, state)
    imports: dict[str, int]  # by state


@dataclass(frozen=True, slots=True)
class Readiness:
    """``points``: database, migrations, disk, sequencer, each with one word."""

    status: str
    points: dict[str, str]


def disk_is_full(free: int, total: int) -> bool:
    """Bytes free for us, and bytes of the whole disk."""
    return free < LEAST_FREE_BYTES or (total > 0 and free / total < LEAST_FREE_SHARE)


def judge(*, draining: bool, database: bool, migrations: bool, disk_full: bool, oldest_staged_s: float | None) -> Readiness:
    """A late sequencer is told, and takes no server out: entries wait safely, and pages need it less than people need the pages."""
    points = {
        "database": OK if database else AWAY,
        "migrations": OK if migrations else (PENDING if database else AWAY),
        "disk": FULL if disk_full else OK,
        "sequencer": AWAY if not database else (LATE if (oldest_staged_s or 0) > STUCK_SECONDS else OK),
    }
    if draining:
        return Readiness(DRAINING, points)
    return Readiness(READY if database and migrations and not disk_full else NOT_READY, points)
