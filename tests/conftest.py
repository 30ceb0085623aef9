"""One real PostgreSQL for the whole run, one fresh database per test that asks for it.

The schema is migrated once into a template; a test's database is a copy of it, so nothing needs cleaning.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

# Before anything of ours is imported: settings are read once.
_HOME = Path(tempfile.mkdtemp(prefix="sunlot-test-"))
_HOME.chmod(0o755)
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ.update(DATA_DIR=str(_HOME), BASE_URL="http://localhost:8000", PORT="8000")
os.environ.pop("DATABASE_URL", None)

import asyncpg  # noqa: E402
import pytest  # noqa: E402

from backend.cli.demo import load  # noqa: E402
from backend.kernel import clock  # noqa: E402
from backend.storage import cluster, engine  # noqa: E402
from backend.storage.migrate import migrate  # noqa: E402

TEMPLATE = "sunlot_template"


@pytest.fixture(scope="session")
def home() -> Path:
    """The DATA_DIR of this run."""
    return _HOME


@pytest.fixture(scope="session")
def server() -> Iterator[dict[str, str]]:
    """A running embedded PostgreSQL with the migrated template; gives connection arguments without a database."""
    cluster.ensure(_HOME / "postgres", TEMPLATE)
    where = {k: v for k, v in engine.dsn().items() if k != "database"}
    engine.database().config = {**where, "database": TEMPLATE}
    asyncio.run(migrate())
    yield where
    cluster.stop(_HOME / "postgres")
    shutil.rmtree(_HOME, ignore_errors=True)


async def _sql(where: dict[str, str], statement: str) -> None:
    connection = await asyncpg.connect(**where, database="postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@asynccontextmanager
async def _copy_of(server: dict[str, str], template: str) -> AsyncIterator[engine.Database]:
    name = f"t_{uuid4().hex}"
    await _sql(server, f"create database {name} template {template}")
    database = engine.database()
    database.config = {**server, "database": name}
    await database.start_connection_pool(min_size=1, max_size=8)
    try:
        yield database
    finally:
        await database.close_connection_pool()
        await _sql(server, f"drop database {name} with (force)")


@pytest.fixture
async def db(server: dict[str, str]) -> AsyncIterator[engine.Database]:
    """A fresh, migrated database with its pool open."""
    async with _copy_of(server, TEMPLATE) as database:
        yield database


@pytest.fixture(scope="session")
def demo_template(server: dict[str, str]) -> str:
    """The demo county, loaded once through the real use cases: one record per interesting state."""
    name = "sunlot_demo_template"
    asyncio.run(_sql(server, f"create database {name} template {TEMPLATE}"))
    engine.database().config = {**server, "database": name}
    assert asyncio.run(load.load_if_empty())
    return name


@pytest.fixture
async def demo(server: dict[str, str], demo_template: str) -> AsyncIterator[engine.Database]:
    """A database of its own with the demo county in it."""
    async with _copy_of(server, demo_template) as database:
        yield database


@pytest.fixture(autouse=True)
def _real_clock() -> Iterator[None]:
    yield
    clock.hold(None)
