"""The small run of each test run; ``make faults`` is the large one (tests/journeys/faults/run.py)."""

from __future__ import annotations

import os
import random

from tests.journeys.faults.run import SMALL, run


def test_no_acknowledged_write_is_lost_while_everything_fails_in_turn() -> None:
    """Two servers, two workers, each fault once; SEED repeats a run."""
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1, 10**6))
    print(f"seed {seed}: repeat with SEED={seed}")
    print(run(seed, SMALL))
