"""The stream by which an open page hears that something changed, and who else has it open to edit (Server-Sent Events)."""

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
from backend.live.rules import Person
from backend.people.queries import find_principal
from backend.people.rules import Principal
from backend.web.shared.presence import unseal
from backend.web.shared.session import session_key

RETRY_MS = 3000
STATE = "live"


async def _messages(
    live: Hub, who: Principal, cookie: str, topics: frozenset[str], last: str, place: str
) -> AsyncIterator[ServerSentEventMessage]:
    person = Person(str(who.account_id), who.name) if place else None
    async with aclosing(live.watch(who.scope, topics, last, place=place, person=person)) as messages:
        async for message in messages:
            if message.kind == hub.BEAT:
                # A line outlives no session: at each beat it is looked up again, and who changed office starts anew.
                if await find_principal(cookie) != who:
                    yield ServerSentEventMessage(event="signed-out", data="{}")
                    return
                yield ServerSentEventMessage(comment="beat", id=message.id, data=None)
                continue
            told = {"people": message.people} if message.kind == hub.HERE else {"topics": message.topics}
            yield ServerSentEventMessage(event=message.kind, id=message.id, data=json.dumps(told), retry=RETRY_MS if message.kind == hub.HELLO else None)


@get("/live")
async def stream_changes(
    request: Request[Any, Any, Any],
    topics: Annotated[list[str] | None, QueryParameter(name="t")] = None,
    last: FromQuery[str] = "",
    here: FromQuery[str] = "",
) -> ServerSentEvent:
    """``?t=campaigns&t=campaign:<id>``. ``last``: the id of the message seen latest, for a page that opens its line anew by itself.

    ``here``: the sealed place that the page gave, where its reader edits.
    """
    place = rules.check_place(unseal(request.user, here)) if here else ""
    wanted = rules.check_topics(topics or [], may_be_none=bool(place))
    seen = request.headers.get("last-event-id", last)[:40]
    live: Hub = request.app.state[STATE]
    messages = _messages(live, request.user, session_key(request), wanted, seen, place)
    return ServerSentEvent(messages, headers={"Cache-Control": "no-store"})


HANDLERS = [stream_changes]
