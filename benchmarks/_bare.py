"""What a public page is measured against: Litestar, asyncpg, Jinja, one select, nothing else. Served by ``benchmarks/public.py``."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from jinja2 import Environment
from litestar import Litestar, MediaType, Response, get
from litestar.params import FromPath

_TEMPLATE = Environment(autoescape=True).from_string(
    """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{{ row.name }}</title></head><body><main>
<h1>{{ row.name }}</h1><dl>{% for key, value in row.items() %}<dt>{{ key }}</dt><dd>{{ value }}</dd>{% endfor %}</dl>
</main></body></html>"""
)
pool: Any = None


@asynccontextmanager
async def _lifespan(_: Litestar) -> AsyncIterator[None]:
    global pool
    pool = await asyncpg.create_pool(
        host=os.environ["BARE_HOST"], user=os.environ["BARE_USER"], database=os.environ["BARE_DATABASE"], min_size=1, max_size=10
    )
    yield
    await pool.close()


@get("/e/{token:str}")
async def enterprise(token: FromPath[str]) -> Response[str]:
    row = await pool.fetchrow("select * from enterprise where qr_token = $1", token)
    return Response(_TEMPLATE.render(row=dict(row)), media_type=MediaType.HTML)


@get("/results/{number:str}")
async def result(number: FromPath[str]) -> Response[str]:
    row = await pool.fetchrow("select * from publication where number = $1 order by version desc limit 1", number)
    return Response(_TEMPLATE.render(row=dict(row)), media_type=MediaType.HTML)


app = Litestar([enterprise, result], lifespan=[_lifespan], openapi_config=None)
