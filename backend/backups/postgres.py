"""PostgreSQL's own tools, asked to write and to read a dump. They must be as new as the server (``PG_BIN`` names others)."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from backend.backups.rules import BackupRefused, RestoreRefused
from backend.storage import cluster, engine


def _target() -> tuple[list[str], dict[str, str]]:
    """Arguments and environment that lead to this installation's database. A password goes by the environment: arguments are read by all."""
    where = engine.dsn()
    if (dsn := where.get("dsn")) is None:
        return ["--host", where["host"], "--username", where["user"], "--dbname", where["database"]], {}
    parts = urlsplit(dsn)
    if not parts.password:
        return ["--dbname", dsn], {}
    place = parts.netloc.rpartition("@")[2]
    return ["--dbname", urlunsplit(parts._replace(netloc=f"{parts.username}@{place}"))], {"PGPASSWORD": unquote(parts.password)}


async def _run(tool: str, *args: str) -> tuple[int, str]:
    target, secrets = _target()
    process = await asyncio.create_subprocess_exec(
        str(cluster.binaries() / tool),
        *args,
        *(target if tool != "pg_restore" or "--list" not in args else []),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", **secrets},
    )
    _, told = await process.communicate()
    return process.returncode or 0, told.decode(errors="replace").strip()[-2000:]


async def dump(path: Path, snapshot: str) -> None:
    """The whole database as the snapshot sees it, compressed. Raises ``BackupRefused`` with the tool's words."""
    status, told = await _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={path}")
    if status:
        raise BackupRefused(why_zh=f"pg_dump：{told}", why_en=f"pg_dump: {told}")


async def is_readable(path: Path) -> bool:
    """Whether the dump's table of contents can be read."""
    status, _told = await _run("pg_restore", "--list", str(path))
    return status == 0


async def restore(path: Path) -> None:
    """Everything or nothing, into an empty database. Raises ``RestoreRefused`` with the tool's words."""
    status, told = await _run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(path))
    if status:
        raise RestoreRefused(why_zh=f"pg_restore：{told}", why_en=f"pg_restore: {told}")
