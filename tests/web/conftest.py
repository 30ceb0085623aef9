"""A visitor's browser against the real application and a real database; signing in goes through the real form."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date
from uuid import UUID

import httpx
import pytest

from backend.app import create_app
from backend.people import service as people
from backend.people.rules import INSPECTOR
from backend.storage import engine

PASSWORD = "correct horse battery"
DEPARTMENTS = (
    ("scjg", "市场监督管理局", "Administration for Market Regulation"),
    ("xfjy", "消防救援支队", "Fire and Rescue Brigade"),
    ("sthj", "生态环境局", "Ecology and Environment Bureau"),
)
Login = Callable[..., Awaitable[UUID]]


async def _show_csrf(request: httpx.Request) -> None:
    """What the page's ``hx-headers`` do in a browser: repeat the CSRF cookie as a header."""
    cookies = dict(part.strip().split("=", 1) for part in request.headers.get("cookie", "").split(";") if "=" in part)
    if request.method not in ("GET", "HEAD") and "csrf" in cookies and "x-csrf-token" not in request.headers:
        request.headers["x-csrf-token"] = cookies["csrf"]


@pytest.fixture
async def county(demo: engine.Database) -> AsyncIterator[Callable[[str], Awaitable[httpx.AsyncClient]]]:
    """The demo county behind the application: ``await county("reviewer")`` is that person's browser, ``""`` nobody's."""
    async with _browsers() as open_browser:

        async def enter(username: str) -> httpx.AsyncClient:
            browser = await open_browser()
            await browser.get("/console/login")
            if username:
                answer = await browser.post("/console/login", data={"username": username, "password": "sunlot-demo"})
                assert answer.status_code == 303, answer.text
            return browser

        yield enter


@pytest.fixture
async def browsers(db: engine.Database) -> AsyncIterator[Callable[[], Awaitable[httpx.AsyncClient]]]:
    """``await browsers()`` opens one more browser, with cookies of its own."""
    async with _browsers() as open_browser:
        yield open_browser


@asynccontextmanager
async def _browsers() -> AsyncIterator[Callable[[], Awaitable[httpx.AsyncClient]]]:
    app = create_app()
    async with AsyncExitStack() as stack:

        async def open_browser() -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            return await stack.enter_async_context(
                httpx.AsyncClient(transport=transport, base_url="http://localhost:8000", event_hooks={"request": [_show_csrf]})
            )

        yield open_browser


@pytest.fixture
async def client(browsers: Callable[[], Awaitable[httpx.AsyncClient]]) -> httpx.AsyncClient:
    """A browser in which nobody is signed in yet. Redirects are not followed; CSRF is handled."""
    return await browsers()


@pytest.fixture
def login() -> Login:
    """``await login(client, "manager")`` makes an account of the role and signs it in; gives the account id.

    ``department`` (None for admin and auditor by default), ``region`` (a prefix), ``name`` and ``username`` may be chosen.
    An inspector also gets an entry in the register of officers, with a certificate in date.
    """

    async def _login(
        client: httpx.AsyncClient,
        role: str,
        *,
        department: str | None = "scjg",
        region: str = "5303",
        username: str | None = None,
        name: str = "张伟",
    ) -> UUID:
        username = username or role
        async with engine.transaction():
            for code, zh, en in DEPARTMENTS:
                await people.add_department(code, zh, en)
            account = await people.create_account(username=username, password=PASSWORD, name=name, role=role, department=department, region=region)
            if role == INSPECTOR:
                await people.add_inspector(
                    name=name,
                    department=department or "scjg",
                    certificate_no=f"滇D-{username}",
                    certificate_expires_on=date(2099, 12, 31),
                    qualifications=["law"],
                    counties=["530302", "530303"],
                    account=account,
                )
        assert (await client.get("/console/login")).status_code == 200
        answer = await client.post("/console/login", data={"username": username, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return account

    return _login
