"""Signing in on the phone, by password (and code) or passkey; the officer's own passkeys."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from backend.kernel import clock
from backend.kernel.errors import DomainError
from backend.kernel.settings import settings
from backend.ledger.queries import has_event
from backend.notify.keys import public_key
from backend.people import passkeys, queries, service
from backend.people.rules import Principal, relying_party
from backend.storage.engine import transaction
from backend.usecases import own_account, second_factor
from backend.web.shared import limits
from backend.web.shared.access import PUBLIC, SIGNED_IN
from backend.web.shared.passkeys import PasskeyAnswer, say_asked
from backend.web.shared.reading import MAX_FORM
from backend.web.shared.session import HalfWay, session_key, sign_in, sign_in_by_code, sign_in_by_passkey, sign_out, step_cookie


class Credentials(msgspec.Struct):
    username: str
    password: str


class Code(msgspec.Struct):
    code: str


class Proof(msgspec.Struct):
    password: str


async def _whoami(user: Principal | None, device: UUID | None = None) -> dict[str, Any]:
    """``device``: the phone that asks, as it names itself. It is told when it was reported lost, signed in or not."""
    party = relying_party(settings().base_url)
    async with transaction():
        demo = await has_event("demo.loaded")
        revoked_at = await queries.find_revoked_at(device) if device else None
        if user and user.device:
            await service.note_contact(user.device)
    return {
        "account": {
            "id": str(user.account_id),
            "username": user.username,
            "name": user.name,
            "role": user.role,
            "dept": user.department,
            "region": user.region,
            "inspector_id": str(user.inspector_id) if user.inspector_id else None,
            "must_change": user.must_change,
        }
        if user
        else None,
        "device": str(user.device) if user and user.device else None,
        "revoked": {"id": str(device), "at_ms": round(revoked_at.timestamp() * 1000)} if revoked_at else None,
        "passkeys_at": party.origin if party else None,
        "server_time_ms": round(clock.now().timestamp() * 1000),
        "vapid_public_key": public_key(),
        "demo": demo,
    }


@get("/session", opt={"access": PUBLIC})
async def show_session(request: Request[Any, Any, Any], device: FromQuery[UUID | None] = None) -> dict[str, Any]:
    return await _whoami(request.scope.get("user"), device)


@post("/session", opt={"access": PUBLIC, "limit": limits.SIGN_IN}, status_code=200, request_max_body_size=MAX_FORM)
async def open_session(request: Request[Any, Any, Any], data: JSONBody[Credentials]) -> Response[dict[str, Any]]:
    """Without an account where a second factor is awaited: ``second_step`` then says which ways there are (app | passkey | recovery)."""
    entered = await sign_in(request, data.username, data.password)
    if isinstance(entered, HalfWay):
        waiting = await second_factor.find_waiting(entered.key)
        return Response({**await _whoami(None), "second_step": {"ways": waiting.ways if waiting else []}}, cookies=[entered.cookie])
    principal, cookie = entered
    return Response(await _whoami(principal), cookies=[cookie])


@post("/session/code", opt={"access": PUBLIC, "limit": limits.SIGN_IN}, status_code=200, request_max_body_size=MAX_FORM)
async def open_session_by_code(request: Request[Any, Any, Any], data: JSONBody[Code]) -> Response[dict[str, Any]]:
    principal, cookie = await sign_in_by_code(request, data.code)
    return Response(await _whoami(principal), cookies=[cookie, step_cookie("")])


@post("/session/proof", opt={"access": SIGNED_IN, "limit": limits.SIGN_IN}, status_code=204)
async def prove(request: Request[Any, Any, Any], data: JSONBody[Proof]) -> None:
    """The present password again, before anything about how one signs in is changed."""
    await second_factor.prove_again(data.password, by=request.user, session=session_key(request))


@delete("/session", opt={"access": SIGNED_IN, "before_password": True, "before_factor": True}, status_code=204)
async def close_session(request: Request[Any, Any, Any]) -> Response[None]:
    response: Response[None] = Response(None, status_code=204)
    await sign_out(request, response)
    return response


@post("/session/passkey/challenge", opt={"access": PUBLIC, "limit": limits.PASSKEY}, status_code=200, request_max_body_size=MAX_FORM)
async def ask_to_sign_in(request: Request[Any, Any, Any]) -> dict[str, Any]:
    async with transaction():
        asked = await passkeys.ask_to_sign_in()
    return say_asked(asked)


@post("/session/passkey", opt={"access": PUBLIC, "limit": limits.SIGN_IN}, status_code=200, request_max_body_size=MAX_FORM)
async def open_session_by_passkey(request: Request[Any, Any, Any], data: JSONBody[PasskeyAnswer]) -> Response[dict[str, Any]]:
    principal, cookie = await sign_in_by_passkey(request, data.ceremony, data.credential)
    return Response(await _whoami(principal), cookies=[cookie])


@get("/passkeys", opt={"access": SIGNED_IN})
async def list_passkeys(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return {
        "passkeys": [
            {
                "id": str(p.id),
                "name": p.name,
                "synced": p.is_synced,
                "device": str(p.device) if p.device else None,
                "created_at_ms": round(p.created_at.timestamp() * 1000),
                "last_used_at_ms": round(p.last_used_at.timestamp() * 1000) if p.last_used_at else None,
            }
            for p in await queries.list_passkeys(request.user.account_id)
        ]
    }


@post("/passkeys/challenge", opt={"access": SIGNED_IN}, status_code=200)
async def ask_to_add_passkey(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Soon after a sign-in or a proof; otherwise 403 ``prove-first``."""
    who: Principal = request.user
    await second_factor.require_fresh(session_key(request))
    async with transaction():
        return say_asked(await passkeys.ask_to_add(who.account_id, username=who.username, name=who.name))


@post("/passkeys", opt={"access": SIGNED_IN}, status_code=201)
async def add_passkey(request: Request[Any, Any, Any], data: JSONBody[PasskeyAnswer]) -> dict[str, str]:
    who: Principal = request.user
    await second_factor.require_fresh(session_key(request))
    async with transaction():
        added = await passkeys.add(data.ceremony, data.credential, account_id=who.account_id, device=who.device, name=data.name)
        if not isinstance(added, DomainError):
            await own_account.tell_of_passkey(who.account_id, data.name)
    if isinstance(added, DomainError):
        raise added
    return {"id": str(added)}


@delete("/passkeys/{passkey_id:uuid}", opt={"access": SIGNED_IN}, status_code=204)
async def remove_passkey(request: Request[Any, Any, Any], passkey_id: FromPath[UUID]) -> None:
    await second_factor.require_fresh(session_key(request))
    async with transaction():
        await passkeys.remove(passkey_id, account_id=request.user.account_id, by=request.user.account_id)


HANDLERS = [
    show_session,
    open_session,
    open_session_by_code,
    prove,
    close_session,
    ask_to_sign_in,
    open_session_by_passkey,
    list_passkeys,
    ask_to_add_passkey,
    add_passkey,
    remove_passkey,
]
