"""Who of the enterprise may come in: the owner's staff, invitations, the own password and passkeys, alerts, the end of the claim."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, JSONBody
from litestar.response import Redirect, Template

from backend.claims import passkeys, queries
from backend.claims.rules import ENDINGS, INVITE, RIGHTS, Member
from backend.kernel.errors import DomainError
from backend.kernel.settings import settings
from backend.notify import service as notify
from backend.notify.keys import public_key
from backend.people.rules import relying_party
from backend.storage.engine import transaction
from backend.usecases import my_acts
from backend.web.public.my.forms import read_id, read_seen, read_text, told
from backend.web.public.my.pages import render
from backend.web.shared.access import PUBLIC
from backend.web.shared.i18n import words
from backend.web.shared.passkeys import PasskeyAnswer, say_asked
from backend.web.shared.session import client_address, my_cookie, my_session_key

WORKER = Path(__file__).parent / "sw.js"


class Proof(msgspec.Struct):
    """The present password."""

    password: str = ""


class PushKeys(msgspec.Struct):
    p256dh: str
    auth: str


class Subscription(msgspec.Struct):
    endpoint: str
    keys: PushKeys


class Endpoint(msgspec.Struct):
    endpoint: str


async def _show_people(who: Member, *, error: str = "", status: int = 200, invited: str = "", typed: dict[str, Any] | None = None) -> Template:
    return render(
        "people",
        "people",
        status_code=status,
        who=who,
        members=await queries.list_members(who.enterprise, with_ended=who.is_owner),
        invitations=await queries.list_codes(who.enterprise, INVITE) if who.is_owner else [],
        rights=words(RIGHTS),
        endings=words(ENDINGS),
        invited=invited,
        claim_address=f"{settings().base_url}/my/claim",
        form_id=uuid4(),
        typed=typed or {},
        error=error,
    )


@get("/people")
async def show_people(request: Request[Any, Any, Any]) -> Template:
    return await _show_people(request.user)


@post("/people/invitations", status_code=200)
async def invite(request: Request[Any, Any, Any]) -> Template:
    """The code is shown in the answer and nowhere else; the same form shows it again."""
    form = await request.form()
    rights = [r for r in form.getall("rights", []) if isinstance(r, str)]
    try:
        code = await my_acts.invite(read_id(form.get("id")), rights, by=request.user)
    except DomainError as e:
        return await _show_people(request.user, error=told(e), status=e.status, typed={"rights": rights})
    return await _show_people(request.user, invited=code)


@post("/people/invitations/{code_id:uuid}/revoke", status_code=200)
async def revoke_invitation(request: Request[Any, Any, Any], code_id: FromPath[UUID]) -> Template | Redirect:
    try:
        await my_acts.revoke_invitation(code_id, by=request.user)
    except DomainError as e:
        return await _show_people(request.user, error=told(e), status=e.status)
    return Redirect("/my/people", status_code=303)


@post("/people/{member_id:uuid}/rights", status_code=200)
async def change_rights(request: Request[Any, Any, Any], member_id: FromPath[UUID]) -> Template | Redirect:
    form = await request.form()
    rights = [r for r in form.getall("rights", []) if isinstance(r, str)]
    try:
        await my_acts.change_rights(member_id, rights, seen=read_seen(form.get("seen")), by=request.user)
    except DomainError as e:
        return await _show_people(request.user, error=told(e), status=e.status)
    return Redirect("/my/people", status_code=303)


@post("/people/{member_id:uuid}/end", status_code=200)
async def end_person(request: Request[Any, Any, Any], member_id: FromPath[UUID]) -> Template | Redirect:
    member: Member = request.user
    try:
        await my_acts.end_person(member_id, by=member)
    except DomainError as e:
        return await _show_people(member, error=told(e), status=e.status)
    return Redirect("/my/people" if member_id != member.id else "/my/login", status_code=303)


async def _show_account(who: Member, *, error: str = "", status: int = 200, done: str = "", reason: str = "") -> Template:
    party = relying_party(settings().base_url)
    return render(
        "account",
        "account",
        status_code=status,
        who=who,
        passkeys=await queries.list_passkeys(who.id),
        passkeys_at=party.origin if party else "",
        push_key=public_key(),
        done=done,
        reason=reason,
        error=error,
    )


@get("/account")
async def show_account(request: Request[Any, Any, Any]) -> Template:
    return await _show_account(request.user)


@post("/account/password", status_code=200)
async def change_password(request: Request[Any, Any, Any]) -> Template:
    form = await request.form()
    try:
        await my_acts.change_password(
            read_text(form, "password", 300),
            present=read_text(form, "present", 300),
            address=client_address(request),
            cookie=my_session_key(request),
            by=request.user,
        )
    except DomainError as e:
        return await _show_account(request.user, error=told(e), status=e.status)
    return await _show_account(request.user, done="password")


@post("/account/end", status_code=200)
async def end_claim(request: Request[Any, Any, Any]) -> Template | Redirect:
    form = await request.form()
    reason = read_text(form, "reason", 200)
    try:
        await my_acts.end_own_claim(reason, present=read_text(form, "present", 300), address=client_address(request), by=request.user)
    except DomainError as e:
        return await _show_account(request.user, error=told(e), status=e.status, reason=reason)
    return Redirect("/my/login", status_code=303, cookies=[my_cookie("")])


@post("/account/passkeys/challenge", status_code=200)
async def ask_to_add_passkey(request: Request[Any, Any, Any], data: JSONBody[Proof]) -> dict[str, Any]:
    await my_acts.prove_oneself(data.password, client_address(request), by=request.user)
    async with transaction():
        asked = await passkeys.ask_to_add(request.user)
    return say_asked(asked)


@post("/account/passkeys", status_code=201)
async def add_passkey(request: Request[Any, Any, Any], data: JSONBody[PasskeyAnswer]) -> dict[str, str]:
    member: Member = request.user
    async with transaction():
        added = await passkeys.add(data.ceremony, data.credential, member=member.id, name=data.name)
    if isinstance(added, DomainError):
        raise added
    return {"id": str(added)}


@post("/account/passkeys/{passkey_id:uuid}/remove", status_code=303)
async def remove_passkey(request: Request[Any, Any, Any], passkey_id: FromPath[UUID]) -> Redirect:
    member: Member = request.user
    async with transaction():
        await passkeys.remove(passkey_id, member=member.id)
    return Redirect("/my/account", status_code=303)


@post("/push", status_code=204)
async def subscribe(request: Request[Any, Any, Any], data: JSONBody[Subscription]) -> None:
    member: Member = request.user
    async with transaction():
        await notify.subscribe(member.id, endpoint=data.endpoint, p256dh=data.keys.p256dh, auth=data.keys.auth)


@post("/push/end", status_code=204)
async def unsubscribe(request: Request[Any, Any, Any], data: JSONBody[Endpoint]) -> None:
    async with transaction():
        await notify.unsubscribe(data.endpoint)


@get("/sw.js", opt={"access": PUBLIC})
async def show_worker() -> Response[bytes]:
    """It shows alerts and nothing else; a browser fetches it whether somebody is signed in or not."""
    return Response(WORKER.read_bytes(), media_type="text/javascript", headers={"cache-control": "no-cache"})


HANDLERS = [
    show_people,
    invite,
    revoke_invitation,
    change_rights,
    end_person,
    show_account,
    change_password,
    end_claim,
    ask_to_add_passkey,
    add_passkey,
    remove_passkey,
    subscribe,
    unsubscribe,
    show_worker,
]
