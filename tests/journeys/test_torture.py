"""The small torture of each test run; ``make torture`` is the large one (tests/journeys/torture/run.py)."""

from __future__ import annotations

import os
import random

import pytest

from tests.journeys.conftest import CHROMIUM
from tests.journeys.torture.run import SMALL, run

pytestmark = pytest.mark.browser


def test_nothing_is_lost_and_nothing_is_doubled() -> None:
    """12 inspections with their photos, a line that does everything wrong, browser, server and worker killed; SEED repeats a run."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1, 10**6))
    print(f"seed {seed}: repeat with SEED={seed}")
    print(run(seed, SMALL))
