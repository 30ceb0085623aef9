"""Composition root: the faces, the guards and the lifespan. Nothing else knows all of them."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from litestar import Litestar
from litestar.config.csrf import CSRFConfig
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.middleware import DefineMiddleware
from litestar.plugins.htmx import HTMXPlugin
from litestar.types import ASGIApp, Receive, Scope, Send

from backend.kernel import logs, meters
from backend.kernel.settings import settings
from backend.live.hub import END_STREAMS, Hub
from backend.storage import engine
from backend.storage.keys import secret
from backend.vitals import service as vitals
from backend.web.api import routes as api
from backend.web.console import live
from backend.web.console import routes as console
from backend.web.field import routes as field
from backend.web.public import routes as public
from backend.web.public.my import routes as my
from backend.web.shared import access, errors, files, headers, hosts, limits, pages, reading, session
from backend.web.shared.request_log import watch_requests


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    meters.forget_the_dead()
    # What was imported stays for ever: a full collection that walks through it holds up whoever is waiting by 0.1 s.
    gc.collect()
    gc.freeze()
    async with engine.pool(settings().pool_size):
        hub: Hub = app.state[live.STATE]
        loop = asyncio.get_running_loop()

        def leave() -> None:
            vitals.drain()
            hub.end_streams()

        with suppress(ValueError, RuntimeError, NotImplementedError):  # not in the main thread: whoever runs us there ends us otherwise
            loop.add_signal_handler(END_STREAMS, leave)
        try:
            yield
        finally:
            await hub.stop()


def _enter(app: ASGIApp) -> ASGIApp:
    """The guards of every route. Not ``guards=``: there the framework copies the handler for each of them at each request."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
        access.guard(connection, connection.route_handler)
        await limits.guard(connection, connection.route_handler)
        await app(scope, receive, send)

    return middleware


def create_app() -> Litestar:
    """The application. Needs a reachable, migrated database when it starts, none to be built."""
    open_to_all: dict[str, Any] = {"opt": {"access": access.PUBLIC}, "include_in_schema": False}
    app = Litestar(
        route_handlers=[
            console.router,
            field.router,
            public.router,
            api.v1,
            api.router,
            my.router,
            files.file_router("/static", pages.BUILD / "static", **open_to_all),
            files.file_router("/field", pages.BUILD / "field", index=True, **open_to_all),
        ],
        middleware=[reading.in_whole, DefineMiddleware(session.SessionMiddleware, exclude=["^/static", "^/field/(?!api)"]), _enter],
        exception_handlers=errors.HANDLERS,
        lifespan=[lifespan],
        before_send=[session.remember_language],
        csrf_config=CSRFConfig(
            secret=secret("csrf"),
            cookie_name="__Host-csrf" if settings().secure_cookies else "csrf",
            header_name="x-csrf-token",
            cookie_secure=settings().secure_cookies,
            cookie_samesite="lax",
        ),
        template_config=pages.template_config(),
        plugins=[HTMXPlugin()],
        openapi_config=None,
        state=State({live.STATE: Hub()}),
    )
    # Around the router, not in it: middleware of the framework does not see addresses that no route has.
    app.asgi_handler = watch_requests(headers.security_headers(hosts.only_ours(app.asgi_handler)))
    return app


logs.configure()
app = create_app()
