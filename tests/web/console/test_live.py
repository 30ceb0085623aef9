"""The stream as a browser gets it: in scope, ids only, ended with its session; and the pages that listen."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import asynccontextmanager

from backend.live import hub
from backend.storage.engine import connection, transaction


class Stream:
    """A line to the application's stream, kept open as a browser does (httpx would wait for its end)."""

    def __init__(self, browser, query: str, headers=()):
        self.chunks: asyncio.Queue[dict] = asyncio.Queue()
        self.gone = asyncio.Event()
        cookies = "; ".join(f"{k}={v}" for k, v in browser.cookies.items())
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/console/live",
            "raw_path": b"/console/live",
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(b"host", b"localhost:8000"), (b"cookie", cookies.encode()), *headers],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 8000),
            "extensions": {},
        }
        self.app = browser._transport.app

    async def _receive(self):
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def start(self):
        self.task = asyncio.create_task(self.app(self.scope, self._receive, self.chunks.put))
        return await asyncio.wait_for(self.chunks.get(), 5)

    async def event(self, seconds=4.0):
        """(event, data, id) of the next message; None at the end of the stream."""
        while True:
            part = await asyncio.wait_for(self.chunks.get(), seconds)
            text = part.get("body", b"").decode()
            if not part.get("more_body"):
                return None
            fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line and not line.startswith(":"))
            if "event" in fields:
                return fields["event"], json.loads(fields["data"]), fields.get("id")


@asynccontextmanager
async def listening(browser, query, headers=()):
    stream = Stream(browser, query, headers)
    stream.first = await stream.start()
    try:
        yield stream
    finally:
        stream.gone.set()
        await asyncio.wait_for(stream.task, 5)
        await browser._transport.app.state["live"].stop()


async def touch():
    async with transaction():
        return await connection().fetchrow(
            "update inspection set version = version + 1 where id = (select id from inspection where state = 'dispatched' order by id limit 1)"
            " returning id, campaign, enterprise_name"
        )


async def test_a_change_reaches_the_page_with_ids_and_nothing_else(county):
    manager = await county("manager")
    async with transaction():
        campaign = await connection().fetchval("select campaign from inspection where state = 'dispatched' order by id limit 1")
    async with listening(manager, f"t=inspections&t=campaign:{campaign}") as stream:
        headers = dict(stream.first["headers"])
        assert headers[b"content-type"].startswith(b"text/event-stream")
        assert b"no-store" in headers[b"cache-control"]
        assert (await stream.event())[0] == "hello"
        changed = await touch()
        event, data, number = await stream.event()
        assert (event, data) == ("changed", {"topics": [f"campaign:{campaign}", "inspections"]})
        assert number
        assert changed["enterprise_name"] not in json.dumps(data, ensure_ascii=False)


async def test_another_department_s_person_hears_nothing(county):
    async with transaction():
        await connection().execute("update account set department = 'xfjy' where username = 'manager'")
    manager = await county("manager")
    async with listening(manager, "t=inspections") as stream:
        await stream.event()
        await touch()
        try:
            raise AssertionError(await stream.event(0.8))
        except TimeoutError:
            pass


async def test_a_line_ends_with_its_session(county, monkeypatch):
    monkeypatch.setattr(hub, "HEARTBEAT", 0.2)
    manager = await county("manager")
    async with listening(manager, "t=inspections") as stream:
        await stream.event()
        async with transaction():
            await connection().execute("update session set expires_at = now() - interval '1 second'")
        assert (await stream.event())[0] == "signed-out"
        assert await stream.event() is None


async def test_a_stream_goes_on_from_the_last_id(county):
    manager = await county("manager")
    stream = Stream(manager, "t=inspections")
    await stream.start()
    _event, _data, last = await stream.event()
    stream.gone.set()
    await asyncio.wait_for(stream.task, 5)
    await touch()
    await asyncio.sleep(0.4)
    async with listening(manager, "t=inspections", [(b"last-event-id", last.encode())]) as again:
        assert (await again.event())[0] == "hello"
        assert (await again.event())[:2] == ("changed", {"topics": ["inspections"]})


async def test_no_topic_or_a_strange_one_is_refused(county):
    manager = await county("manager")
    for query in ("", "?t=weather", "?t=campaign:1"):
        assert (await manager.get(f"/console/live{query}")).status_code == 422


async def test_pages_say_what_they_show(county):
    manager, reviewer = await county("manager"), await county("reviewer")
    home = (await manager.get("/console")).text
    assert re.search(r'<main id="main"[^>]* data-live="campaigns inspections', home)
    assert 'id="live-note"' in home
    campaign = re.search(r"/console/campaigns/([0-9a-f-]{36})", home)[1]
    assert f'data-live="campaign:{campaign}"' in (await manager.get(f"/console/campaigns/{campaign}")).text
    assert '<div id="list" data-live="inspections">' in (await manager.get("/console/inspections")).text
    record = re.search(r"/console/reviews/([0-9a-f-]{36})", (await reviewer.get("/console/reviews")).text)[1]
    page = (await reviewer.get(f"/console/reviews/{record}")).text
    assert re.search(rf'data-live="submission:{record}" data-live-ask', page)
    assert "data-live" not in (await manager.get("/console/figures")).text.replace("live-note", "")
