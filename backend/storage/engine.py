"""The one way to the database: its address, the safe engine, the transaction.

Piccolo's stock engine leaks the connection when COMMIT itself fails; ours always hands it back.
Proven by tests/rooms/test_storage.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from types import TracebackType
from typing import Any, Final, Literal, cast

import asyncpg
import structlog
from asyncpg.exceptions import InterfaceError, InternalClientError, PostgresError
from piccolo.engine import engine_finder
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

from backend.kernel.errors import DomainError
from backend.kernel.settings import settings
from backend.storage import cluster

log = structlog.get_logger()
Isolation = Literal["read_committed", "repeatable_read", "serializable"]


class ChangedMeanwhile(DomainError):
    """A transaction that sees one moment met a row that somebody changed after it. Nothing was written."""

    code = "changed-meanwhile"
    status = 409
    zh = "数据刚刚被其他操作修改，请重试"
    en = "The data were changed at this very moment: please try again"


def dsn() -> dict[str, Any]:
    """``asyncpg.connect`` arguments of this installation's database: ``DATABASE_URL``, or the embedded server."""
    s = settings()
    if s.database_url:
        return {"dsn": s.database_url}
    return {"host": str(cluster.socket_dir(s.data_dir / "postgres")), "user": cluster.SUPERUSER, "database": cluster.DATABASE}


def ensure_server() -> None:
    """Start the embedded server unless ``DATABASE_URL`` names a real one."""
    s = settings()
    if not s.database_url:
        cluster.ensure(s.data_dir / "postgres")


def stop_server() -> None:
    s = settings()
    if not s.database_url:
        cluster.stop(s.data_dir / "postgres")


class SafeTransaction(PostgresTransaction):
    """A transaction that gives its connection back whatever happens to COMMIT or ROLLBACK."""

    __slots__ = ("isolation",)

    def __init__(self, engine: PostgresEngine, allow_nested: bool = False, isolation: Isolation | None = None) -> None:
        super().__init__(engine, allow_nested)
        self.isolation = isolation

    async def __aenter__(self) -> SafeTransaction:
        if self._parent is not None:
            return self._parent  # type: ignore[return-value]
        self.connection = await self.get_connection()  # type: ignore[no-untyped-call]
        try:
            self.transaction = self.connection.transaction(isolation=self.isolation)
            await self.begin()  # type: ignore[no-untyped-call]
        except BaseException:
            await self._give_back()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(  # type: ignore[override]  # the stock one says bool, and so might swallow an error
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._parent:
            return
        try:
            if error and not self._rolled_back:
                await self.rollback()  # type: ignore[no-untyped-call]
            elif not (self._committed or self._rolled_back):
                await self.commit()  # type: ignore[no-untyped-call]
        finally:
            self.engine.current_transaction.reset(self.context)
            await self._give_back()
        if isinstance(error, asyncpg.SerializationError):
            raise ChangedMeanwhile() from error

    async def _give_back(self) -> None:
        """A connection that breaks now is dropped by the pool, and takes nothing back: what was committed is done, and its caller must hear so."""
        try:
            if self.engine.pool:
                await self.engine.pool.release(self.connection)
            else:
                await self.connection.close()
        except (OSError, PostgresError, InterfaceError, InternalClientError) as e:
            log.warning("database.connection_dropped", error=e)


async def _keep_session(_: object) -> None:
    return None


# The first, second and last as asyncpg.create_pool has them.
_POOL: Final[dict[str, Any]] = {"max_queries": 50_000, "max_inactive_connection_lifetime": 300.0, "reset": _keep_session, "loop": None}


class _Pool(asyncpg.Pool):
    """asyncpg's, which loses a place for ever where a connection breaks unseen while somebody has it: as it is handed out, or behind a last word of
    the server. Some broke so at each restart of the server, until nobody got one any more (asyncpg 0.31; tests/rooms/test_storage.py).
    """

    async def release(self, connection: Any, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - its signature
        try:
            is_broken = connection.is_closed()
        except InterfaceError:
            is_broken = False  # it was taken back already, which asyncpg knows
        if is_broken:
            connection.terminate()
        else:
            await super().release(connection, timeout=timeout)  # type: ignore[no-untyped-call]


class Database(PostgresEngine):
    """The stock engine without its connection at construction: importing us must not need a server."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config=config, extensions=())

    async def check_version(self) -> None:
        return None

    async def start_connection_pool(self, **options: Any) -> None:
        """A connection goes back as it came: nothing of ours outlives its transaction in a session (tests/house/test_sessions.py).

        So nothing is reset, which would be one more journey to the server for each read. A transaction that was left open is still rolled back.
        """
        self.pool = await _Pool(  # type: ignore[no-untyped-call]
            **{**_POOL, **self.config, **options},
            connection_class=asyncpg.Connection,
            record_class=asyncpg.Record,
        )

    def transaction(self, allow_nested: bool = False, isolation: Isolation | None = None) -> SafeTransaction:
        return SafeTransaction(self, allow_nested, isolation)


@cache
def database() -> Database:
    """The engine that piccolo_conf.py made."""
    engine = engine_finder()
    assert isinstance(engine, Database)
    return engine


def transaction(isolation: Isolation | None = None) -> SafeTransaction:
    """Open the one transaction of a verb. Nesting raises: only the outermost layer commits."""
    return database().transaction(isolation=isolation)


def connection() -> asyncpg.Connection:
    """The asyncpg connection of the transaction that is open now, for COPY and set-returning SQL.

    Raises ``RuntimeError`` outside a transaction.
    """
    current = database().current_transaction.get()
    if current is None:
        raise RuntimeError("no transaction is open")
    return current.connection  # type: ignore[no-any-return]


def reader() -> asyncpg.Connection:
    """For reads: the open transaction's connection, so that a verb sees its own writes, or else any of the pool's."""
    db = database()
    # A pool answers fetch, fetchrow and fetchval as a connection does.
    return connection() if db.current_transaction.get() is not None else cast(asyncpg.Connection, db.pool)


def aside() -> asyncpg.Connection:
    """The pool itself, for a word that others may hear before the open transaction ends, and that stays if it fails."""
    return cast(asyncpg.Connection, database().pool)


def pool_use() -> tuple[int, int]:
    """(busy, idle) connections of this process's pool; none where it is not open."""
    held = database().pool
    if held is None:
        return 0, 0
    idle = int(held.get_idle_size())
    return int(held.get_size()) - idle, idle


@asynccontextmanager
async def pool(size: int = 10) -> AsyncIterator[Database]:
    """Hold a connection pool open. Without one every query opens a connection of its own (3 ms instead of 0.3)."""
    db = database()
    await db.start_connection_pool(min_size=1, max_size=size)
    try:
        yield db
    finally:
        await db.close_connection_pool()
