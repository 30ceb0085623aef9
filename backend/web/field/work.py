"""The phone's work: its bundle, receiving, alerts, its device."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, delete, get, post, put
from litestar.config.compression import CompressionConfig
from litestar.middleware import DefineMiddleware
from litestar.middleware.compression import CompressionMiddleware
from litestar.params import FromPath, FromQuery, JSONBody

from backend.kernel import clock
from backend.notify import service as notify
from backend.people import service as people
from backend.storage.engine import transaction
from backend.usecases.arrival import arrive
from backend.usecases.claiming import issue_on_site
from backend.usecases.field_bundle import tell_phone
from backend.usecases.go_on_unscanned import go_on_unscanned
from backend.usecases.receive_inspection import receive_inspection
from backend.usecases.recuse import declare_own
from backend.web.shared import qr
from backend.web.shared.session import session_key


class Receipt(msgspec.Struct):
    t_dev: int | None = None


class Arrival(msgspec.Struct):
    how: str
    t_dev: int | None = None


class Device(msgspec.Struct):
    name: str
    public_key: dict[str, Any]


class PushKeys(msgspec.Struct):
    p256dh: str
    auth: str


class Subscription(msgspec.Struct):
    endpoint: str
    keys: PushKeys


class Endpoint(msgspec.Struct):
    endpoint: str


class Recusal(msgspec.Struct):
    id: UUID
    inspection: UUID
    reason: str


class Unscanned(msgspec.Struct):
    t_dev: int
    reason: str


class NewCode(msgspec.Struct):
    id: UUID


class Ids(msgspec.Struct):
    ids: list[UUID]


# Built files bring their gzip along (web/shared/files.py). Of what is made per request only the bundle is squeezed: it holds
# neither a token nor an echo, which together would let a listener guess one by the length of the answer.
SQUEEZED = DefineMiddleware(CompressionMiddleware, config=CompressionConfig(backend="gzip", minimum_size=1024, gzip_compress_level=6))


@get("/bundle", middleware=[SQUEEZED])
async def show_bundle(
    request: Request[Any, Any, Any], since: FromQuery[str] = "", device: FromQuery[UUID | None] = None, part: FromQuery[bool] = False
) -> dict[str, Any]:
    """``part``: the phone can add to the bundle that it has, so that it need not get all of it again."""
    told = await tell_phone(by=request.user, device=device, since=since, takes_part=part)
    now = {"server_time_ms": round(clock.now().timestamp() * 1000)}
    if "inspections" not in told:
        return told | now
    drawn = await asyncio.to_thread(lambda: [_with_code(i) for i in told["inspections"]])
    return {**told, "inspections": drawn, **now}


def _with_code(inspection: dict[str, Any]) -> dict[str, Any]:
    """With the officer's code as it is shown, so that the phone needs neither a signal nor an encoder for it."""
    url = qr.officer_address(inspection["code_token"])
    side, path = _code_path(url)
    drawn = {**{k: v for k, v in inspection.items() if k != "code_token"}, "code": {"url": url, "side": side, "path": path}}
    return drawn | {"proof": _with_proof_code(inspection["proof"])}


def _with_proof_code(proof: dict[str, Any]) -> dict[str, Any]:
    if not proof["text"]:
        return proof
    url = qr.visit_address(proof["text"])
    side, bits = _code_bits(url)
    return proof | {"url": url, "side": side, "bits": bits}


@lru_cache(maxsize=4096)
def _code_path(url: str) -> tuple[int, str]:
    return qr.path(url, on_screen=True)


@lru_cache(maxsize=4096)
def _code_bits(url: str) -> tuple[int, str]:
    return qr.bits(url)


@post("/inspections/{inspection_id:uuid}/receive", status_code=200)
async def receive(request: Request[Any, Any, Any], inspection_id: FromPath[UUID], data: JSONBody[Receipt]) -> dict[str, Any]:
    state, version = await receive_inspection(inspection_id, t_dev_ms=data.t_dev, by=request.user)
    return {"state": state, "version": version}


@post("/inspections/{inspection_id:uuid}/unscanned", status_code=200)
async def unscanned(request: Request[Any, Any, Any], inspection_id: FromPath[UUID], data: JSONBody[Unscanned]) -> dict[str, str]:
    """The visit goes on without a scan; a repeat changes nothing."""
    due_on = await go_on_unscanned(inspection_id, t_dev_ms=data.t_dev, reason=data.reason[:300], by=request.user)
    return {"scan_due_on": due_on.isoformat()}


@post("/inspections/{inspection_id:uuid}/claim-code", status_code=200)
async def give_claim_code(request: Request[Any, Any, Any], inspection_id: FromPath[UUID], data: JSONBody[NewCode]) -> dict[str, Any]:
    """A one-time code for the enterprise, to be handed over on the spot. The phone chooses the id: a repeat gives the same code.

    ``side`` and ``bits`` draw the page's address, with the part of the code by which it is found and not the one that proves it.
    """
    letter = await issue_on_site(inspection_id, data.id, by=request.user)
    side, bits = qr.bits(qr.claim_address(letter.code))
    return {
        "code": letter.code,
        "enterprise": letter.enterprise.name,
        "expires_at": letter.expires_at.isoformat(),
        "address": qr.claim_address(),
        "side": side,
        "bits": bits,
    }


@put("/devices/{device_id:uuid}")
async def enrol(request: Request[Any, Any, Any], device_id: FromPath[UUID], data: JSONBody[Device]) -> dict[str, str]:
    async with transaction():
        await people.enrol_device(
            device_id, account_id=request.user.account_id, name=data.name, public_key=data.public_key, session=session_key(request) or None
        )
    return {"id": str(device_id)}


@put("/push", status_code=204)
async def subscribe(request: Request[Any, Any, Any], data: JSONBody[Subscription]) -> None:
    async with transaction():
        who = request.user
        await notify.subscribe(who.account_id, endpoint=data.endpoint, p256dh=data.keys.p256dh, auth=data.keys.auth, device=who.device)


@delete("/push", status_code=204)
async def unsubscribe(request: Request[Any, Any, Any], data: JSONBody[Endpoint]) -> None:
    async with transaction():
        await notify.unsubscribe(data.endpoint)


@post("/recusals", status_code=200)
async def declare_recusal(request: Request[Any, Any, Any], data: JSONBody[Recusal]) -> dict[str, bool]:
    """An officer stands back. The phone chooses the id, so that a repeat changes nothing."""
    return {"new": await declare_own(data.id, data.inspection, data.reason, by=request.user)}


@post("/inbox/read", status_code=204)
async def read_inbox(request: Request[Any, Any, Any], data: JSONBody[Ids]) -> None:
    async with transaction():
        await notify.mark_read(request.user.account_id, data.ids)


@post("/inspections/{inspection_id:uuid}/arrive", status_code=200)
async def note_arrival(request: Request[Any, Any, Any], inspection_id: FromPath[UUID], data: JSONBody[Arrival]) -> dict[str, Any]:
    state, version = await arrive(inspection_id, how=data.how, t_dev_ms=data.t_dev, by=request.user)
    return {"state": state, "version": version}


HANDLERS = [show_bundle, receive, note_arrival, unscanned, give_claim_code, enrol, subscribe, unsubscribe, declare_recusal, read_inbox]
