"""Is it up: for load balancers, containers and people."""

from __future__ import annotations

from litestar import get

from backend.storage.engine import connection, transaction


@get("/healthz")
async def healthz() -> dict[str, str]:
    async with transaction():
        await connection().fetchval("select 1")
    return {"status": "ok"}


HANDLERS = [healthz]
