"""The stream by which an open page hears that something changed (Server-Sent Events). Ids and topics only."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

from litestar import Request, get
from litestar.params import FromQuery, QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from backend.live import hub, rules
from backend.live.hub import Hub
from backend.people.queries import find_principal
from backend.people.rules import Principal
from backend.web.shared.session import COOKIE

RETRY_MS = 3000
STATE = "live"


async def _messages(live: Hub, who: Principal, cookie: str, topics: frozenset[str], last: str) -> AsyncIterator[ServerSentEventMessage]:
    async with aclosing(live.watch(who.scope, topics, last)) as messages:
        async for message in messages:
            if message.kind == hub.BEAT:
                # A line outlives no session: at each beat it is looked up again, and who changed office starts anew.
                if await find_principal(cookie) != who:
                    yield ServerSentEventMessage(event="signed-out", data="{}")
                    return
                yield ServerSentEventMessage(comment="beat", id=message.id, data=None)
                continue
            told = {"topics": message.topics}
            yield ServerSentEventMessage(event=message.kind, id=message.id, data=json.dumps(told), retry=RETRY_MS if message.kind == hub.HELLO else None)


@get("/live")
async def stream_changes(
    request: Request[Any, Any, Any], topics: Annotated[list[str] | None, QueryParameter(name="t")] = None, last: FromQuery[str] = ""
) -> ServerSentEvent:
    """``?t=campaigns&t=campaign:<id>``. ``last``: the id of the message seen latest, for a page that opens its line anew by itself."""
    wanted = rules.check_topics(topics or [])
    seen = request.headers.get("last-event-id", last)[:40]
    live: Hub = request.app.state[STATE]
    messages = _messages(live, request.user, request.cookies.get(COOKIE, ""), wanted, seen)
    return ServerSentEvent(messages, headers={"Cache-Control": "no-store"})


HANDLERS = [stream_changes]
