"""What only means "not now": the database or the disk that this process stands on, named for people. Proven by tests/rooms/test_away.py."""

from __future__ import annotations

import errno

import asyncpg
from asyncpg.exceptions import InterfaceError, InternalClientError

from backend.kernel.errors import DomainError


class DatabaseAway(DomainError):
    code = "database-away"
    status = 503
    zh = "数据库暂时无法连接，请稍后再试；未收到回执的内容没有保存"
    en = "The database cannot be reached for the moment: try again shortly; what you got no receipt for was not saved"


class DiskFull(DomainError):
    code = "disk-full"
    status = 507
    zh = "服务器存储空间已满，内容未保存，请联系管理员"
    en = "The server's storage is full and nothing was saved: tell the administrator"


# Not all of SQLSTATE 53 and 57: a statement that was cancelled is a fault of ours.
_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby that has not been promoted yet
    ConnectionError,
    TimeoutError,
)


def explain(error: BaseException) -> DomainError | None:
    """The word for people, or None where ``error`` is nothing of the kind."""
    if isinstance(error, asyncpg.DiskFullError) or (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)):
        return DiskFull()
    # The last is the driver's word for a line that broke in the middle of an answer.
    if isinstance(error, (*_AWAY, InternalClientError)):
        return DatabaseAway()
    if isinstance(error, InterfaceError) and ("closed" in str(error) or "closing" in str(error)):
        return DatabaseAway()  # the line broke between two statements
    if isinstance(error, FileNotFoundError) and error.filename is None:
        return DatabaseAway()  # connect(2) to the socket of a server that is down
    return None
