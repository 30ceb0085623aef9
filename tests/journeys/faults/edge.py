"""A server or a worker whose disk fills up and whose clock jumps when a file says so.

``python -m tests.journeys.faults.edge serve|worker``. ``FAULTS`` is a folder: while ``disk-full`` is in it, nothing reaches the disk
(ENOSPC at fsync, where everything that must last goes through); ``clock-<FAULTS_NAME>`` holds the seconds that this process's clock is wrong.
"""

from __future__ import annotations

import errno
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backend.kernel import clock

FOLDER = Path(os.environ["FAULTS"])
NAME = os.environ["FAULTS_NAME"]
_fsync = os.fsync


def _full_fsync(file: int) -> None:
    if (FOLDER / "disk-full").exists():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    _fsync(file)


def _now() -> datetime:
    try:
        wrong = float((FOLDER / f"clock-{NAME}").read_text() or 0)
    except (FileNotFoundError, ValueError):
        wrong = 0.0
    return datetime.now(UTC) + timedelta(seconds=wrong)


def main() -> int:
    # The server's processes are forked from this one and inherit both.
    os.fsync = _full_fsync
    clock.hold(_now)
    from backend.cli.main import main as sunlot

    return sunlot(sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
