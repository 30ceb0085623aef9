"""How a request is read before any of our code sees it: in whole characters, not for ever, and not without end.

A NUL is no character of any text of ours and no database takes it; a body that stops coming for ``SILENCE`` is given up, so that slow
senders hold no place. What anybody may send without a file holds at most ``MAX_FORM``; routes that take photos say their own.
Proven by tests/web/test_hostile.py.
"""

from __future__ import annotations

import asyncio
from typing import Final

from litestar.enums import ScopeType
from litestar.exceptions import ClientException, HTTPException
from litestar.types import ASGIApp, Receive, Scope, Send
from litestar.types.asgi_types import ReceiveMessage

MAX_FORM: Final = 128 * 1024  # bytes; our longest text is 4,000 characters of up to 12 bytes as a form encodes them
SILENCE: Final = 45.0  # seconds; more than the phone's uploads wait before they keep what came


class Stopped(HTTPException):
    status_code = 408


def in_whole(app: ASGIApp) -> ASGIApp:
    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            raise ClientException("a NUL in an address")
        is_whole = False

        async def receive_in_time() -> ReceiveMessage:
            nonlocal is_whole
            if is_whole:  # from here on it is only asked whether the visitor is still there
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), SILENCE)
            except TimeoutError as e:
                raise Stopped() from e
            is_whole = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        await app(scope, receive_in_time, send)

    return middleware
