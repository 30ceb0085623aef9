"""A PostgreSQL of its own for one benchmark, thrown away afterwards."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any


def run(measure: Callable[[], Coroutine[Any, Any, None]]) -> None:
    home = Path(tempfile.mkdtemp(prefix="sunlot-bench-"))
    home.chmod(0o755)
    os.environ["DATA_DIR"] = str(home)
    os.environ.pop("DATABASE_URL", None)
    from backend.storage import engine

    engine.ensure_server()
    try:
        asyncio.run(measure())
    finally:
        engine.stop_server()
        shutil.rmtree(home, ignore_errors=True)
