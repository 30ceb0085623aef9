"""What several phones say of one visit: parts, decisions, co-signatures; idempotent, answered with receipts."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, put
from litestar.params import FromPath, JSONBody

from backend.inspections.parts import Kept
from backend.kernel.errors import Invalid
from backend.usecases.accept_part import accept_part
from backend.usecases.close_record import cosign, decide, show_to_colleague


class Part(msgspec.Struct):
    part: dict[str, Any]


class Signed(msgspec.Struct):
    body: dict[str, Any]
    signature: str


class Decided(msgspec.Struct):
    device: UUID
    body: dict[str, Any]
    signature: str


def _bytes(signature: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    except (ValueError, binascii.Error) as e:
        raise Invalid(field="signature", why_zh="签名编码不正确", why_en="the signature is malformed") from e


def _receipt(kept: Kept) -> Response[dict[str, Any]]:
    answer = {"sha256": kept.sha256, "received_at_ms": round(kept.received_at.timestamp() * 1000), "entry_id": str(kept.entry_id)}
    return Response(answer, status_code=201 if kept.is_new else 200)


@put("/inspections/{inspection_id:uuid}/parts/{device_id:uuid}")
async def put_part(
    request: Request[Any, Any, Any], inspection_id: FromPath[UUID], device_id: FromPath[UUID], data: JSONBody[Part]
) -> Response[dict[str, Any]]:
    return _receipt(await accept_part(inspection_id, device=device_id, part=data.part, by=request.user))


@get("/submissions/{submission_id:uuid}")
async def show_record(request: Request[Any, Any, Any], submission_id: FromPath[UUID]) -> dict[str, Any]:
    """A colleague's record, for an officer of its visit: what they co-sign."""
    found = await show_to_colleague(submission_id, by=request.user)
    return {"submission": str(found.id), "record": found.record, "record_sha256": found.record_sha256}


@put("/submissions/{submission_id:uuid}/cosignatures/{device_id:uuid}")
async def put_cosignature(
    request: Request[Any, Any, Any], submission_id: FromPath[UUID], device_id: FromPath[UUID], data: JSONBody[Signed]
) -> Response[dict[str, Any]]:
    return _receipt(await cosign(submission_id, device=device_id, body=data.body, signature=_bytes(data.signature), by=request.user))


@put("/submissions/{submission_id:uuid}/decisions/{decision_id:uuid}")
async def put_decision(
    request: Request[Any, Any, Any], submission_id: FromPath[UUID], decision_id: FromPath[UUID], data: JSONBody[Decided]
) -> Response[dict[str, Any]]:
    kept = await decide(submission_id, decision_id, device=data.device, body=data.body, signature=_bytes(data.signature), by=request.user)
    return _receipt(kept)


HANDLERS = [put_part, show_record, put_cosignature, put_decision]
