"""One real PostgreSQL for the whole run, one fresh database per test that asks for it.

The schema is migrated once into a template; a test's database is a copy of it, so nothing needs cleaning.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

# Before anything of ours is imported: settings are read once.
_HOME = Path(tempfile.mkdtemp(prefix="sunlot-test-"))
_HOME.chmod(0o755)
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ.update(DATA_DIR=str(_HOME), BASE_URL="http://localhost:8000", PORT="8000")
os.environ.pop("DATABASE_URL", None)

import asyncpg  # noqa: E402
import httpx  # noqa: E402
import pytest  # noqa: E402

from backend.cli.demo import load  # noqa: E402
from backend.evidence import store as stores  # noqa: E402
from backend.kernel import clock  # noqa: E402
from backend.kernel.settings import settings  # noqa: E402
from backend.storage import cluster, engine  # noqa: E402
from backend.storage.migrate import migrate  # noqa: E402
from tests.journeys.faults.lines import Line  # noqa: E402

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


@pytest.fixture
def environment() -> Iterator[Callable[..., None]]:
    """``environment(METRICS_TOKEN="x", BASE_URL=None)``: what the operator sets, for one test."""
    with pytest.MonkeyPatch.context() as patch:

        def change(**values: object) -> None:
            for name, value in values.items():
                if value is None:
                    patch.delenv(name, raising=False)
                else:
                    patch.setenv(name, str(value))
            settings.cache_clear()

        yield change
    settings.cache_clear()


@dataclass
class S3:
    """A store that speaks S3. Shut ``line``, and it is away."""

    line: Line
    port: int

    def objects(self) -> list[str]:
        """The keys in the bucket."""
        listed = httpx.get(f"http://127.0.0.1:{self.port}/evidence-test", params={"list-type": "2"}, trust_env=False).text
        return [part.split("</Key>")[0] for part in listed.split("<Key>")[1:]]


@pytest.fixture(scope="session")
def moto() -> Iterator[int]:
    """The port of an S3 server of Python's own: a fake at the edge of the world."""
    from moto.server import ThreadedMotoServer  # takes a second to import

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


@pytest.fixture
def s3(moto: int, environment: Callable[..., None]) -> Iterator[S3]:
    """An empty bucket in which this installation keeps its evidence."""
    line = Line([moto])
    httpx.post(f"http://127.0.0.1:{moto}/moto-api/reset", trust_env=False)
    httpx.put(f"http://127.0.0.1:{moto}/evidence-test", trust_env=False).raise_for_status()
    address = f"http://127.0.0.1:{line.port}"
    environment(EVIDENCE_URL="s3://evidence-test/county/", AWS_ENDPOINT_URL=address, AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="y")
    stores._bucket.cache_clear()
    yield S3(line, moto)
    line.stop()
    stores._bucket.cache_clear()
