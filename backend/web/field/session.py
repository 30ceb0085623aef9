"""Signing in on the phone."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.params import JSONBody

from backend.kernel import clock
from backend.ledger.queries import has_event
from backend.notify.keys import public_key
from backend.people.rules import Principal
from backend.storage.engine import transaction
from backend.web.shared.access import PUBLIC, SIGNED_IN
from backend.web.shared.session import sign_in, sign_out


class Credentials(msgspec.Struct):
    username: str
    password: str


async def _whoami(user: Principal | None) -> dict[str, Any]:
    async with transaction():
        demo = await has_event("demo.loaded")
    return {
        "account": {
            "id": str(user.account_id),
            "username": user.username,
            "name": user.name,
            "role": user.role,
            "dept": user.department,
            "region": user.region,
            "inspector_id": str(user.inspector_id) if user.inspector_id else None,
        }
        if user
        else None,
        "server_time_ms": round(clock.now().timestamp() * 1000),
        "vapid_public_key": public_key(),
        "demo": demo,
    }


@get("/session", opt={"access": PUBLIC})
async def show_session(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return await _whoami(request.scope.get("user"))


@post("/session", opt={"access": PUBLIC}, status_code=200)
async def open_session(request: Request[Any, Any, Any], data: JSONBody[Credentials]) -> Response[dict[str, Any]]:
    principal, cookie = await sign_in(request, data.username, data.password)
    return Response(await _whoami(principal), cookies=[cookie])


@delete("/session", opt={"access": SIGNED_IN}, status_code=204)
async def close_session(request: Request[Any, Any, Any]) -> Response[None]:
    response: Response[None] = Response(None, status_code=204)
    await sign_out(request, response)
    return response


HANDLERS = [show_session, open_session, close_session]
