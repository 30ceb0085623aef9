"""The office's side, as a process of its own: an empty place set up, and ``python -m tests.journeys.faults.office N`` visits for two officers."""

from __future__ import annotations

import asyncio
import sys

from backend.storage import engine
from backend.storage.migrate import migrate
from tests.journeys.torture.office import prepare


async def _set_up(visits: int) -> None:
    await migrate()
    await prepare(visits)


def main() -> int:
    engine.ensure_server()
    asyncio.run(_set_up(int(sys.argv[1])))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
