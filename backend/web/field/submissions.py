"""Records and their evidence, as phones send them: idempotent, resumable, answered with receipts."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, head, patch, post, put
from litestar.exceptions import InternalServerException
from litestar.params import FromPath, JSONBody

from backend.evidence import queries as evidence_queries
from backend.evidence import service as evidence
from backend.evidence.rules import OffsetMismatch
from backend.inspections import submission_queries
from backend.inspections.submissions import Accepted
from backend.kernel.errors import Invalid, NotFound
from backend.ledger.queries import find_receipt
from backend.storage.engine import transaction
from backend.usecases.accept_submission import accept_submission
from backend.web.shared.errors import problem
from backend.web.shared.i18n import get_locale

MAX_ASKED = 500
SILENCE = 30.0  # seconds without a byte after which a line counts as broken


class SignedRecord(msgspec.Struct):
    device: UUID
    record: dict[str, Any]
    signature: str


class Asked(msgspec.Struct):
    submissions: list[UUID] = []
    evidence: list[str] = []


@put("/submissions/{submission_id:uuid}")
async def put_submission(request: Request[Any, Any, Any], submission_id: FromPath[UUID], data: JSONBody[SignedRecord]) -> Response[dict[str, Any]]:
    try:
        signature = base64.urlsafe_b64decode(data.signature + "=" * (-len(data.signature) % 4))
    except (ValueError, binascii.Error) as e:
        raise Invalid(field="signature", why_zh="签名编码不正确", why_en="the signature is malformed") from e
    accepted = await accept_submission(submission_id, record=data.record, signature=signature, device=data.device, by=request.user)
    return Response(await _receipt(accepted), status_code=201 if accepted.is_new else 200)


async def _receipt(accepted: Accepted | submission_queries.DurableView) -> dict[str, Any]:
    place = await find_receipt(accepted.entry_id)
    assert place is not None
    return {
        "submission": str(accepted.submission if isinstance(accepted, Accepted) else accepted.id),
        "inspection": str(accepted.inspection),
        "record_sha256": accepted.record_sha256,
        "received_at_ms": round(accepted.received_at.timestamp() * 1000),
        "clock_skew_ms": accepted.clock_skew_ms,
        "ledger": {"entry_id": str(accepted.entry_id), "index": place.index, "leaf_hash": place.leaf_sha256.hex()},
        "state": accepted.state,
    }


@post("/reconcile", status_code=200)
async def reconcile(request: Request[Any, Any, Any], data: JSONBody[Asked]) -> dict[str, Any]:
    """What is durable here, so that the phone may let go of its copy: each file is read and hashed anew. Only what this officer handed in is told."""
    # Told, not cut off: what is left out of the answer reads as lost.
    if len(data.submissions) > MAX_ASKED or len(data.evidence) > MAX_ASKED:
        raise Invalid(field="evidence", why_zh=f"一次最多 {MAX_ASKED} 项", why_en=f"at most {MAX_ASKED} at once")
    account = request.user.account_id
    async with transaction():
        found = {}
        for row in await submission_queries.list_durable(data.submissions, account):
            receipt = await _receipt(row)
            found[str(row.id)] = {
                "durable": True,
                "ledger_index": receipt["ledger"]["index"],
                "inspection_state": row.inspection_state,
                # What the phone would have got, had it handed the record in itself.
                "receipt": receipt,
            }
        named = await submission_queries.list_named_evidence(data.evidence, account)
    return {"submissions": found, "evidence": await evidence.list_whole(sorted(named))}


@head("/evidence/{sha256:str}")
async def head_evidence(request: Request[Any, Any, Any], sha256: FromPath[str]) -> Response[None]:
    async with transaction():
        blob = await evidence_queries.find_blob(sha256)
    if blob is not None and await evidence.is_here(sha256):
        return Response(None, headers={"Upload-Offset": str(blob.bytes), "Upload-Complete": "?1"})
    offset = evidence.offset_of(sha256, request.user.account_id)
    if offset is None:
        raise NotFound()
    return Response(None, headers={"Upload-Offset": str(offset), "Upload-Complete": "?0"})


async def _body(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    """The request's body; a line that breaks or falls silent ends it early, and what came is kept."""
    stream = request.stream()
    while True:
        try:
            yield await asyncio.wait_for(anext(stream), SILENCE)
        except (StopAsyncIteration, TimeoutError, InternalServerException):  # the last is the framework's word for a line that broke
            return


def _number(request: Request[Any, Any, Any], name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit()):
        raise Invalid(field=name, why_zh="须为数字", why_en="must be a number")
    return int(text)


@put("/evidence/{sha256:str}")
async def put_evidence(request: Request[Any, Any, Any], sha256: FromPath[str]) -> Response[dict[str, Any]]:
    length = request.headers.get("content-length", "")
    stored = await evidence.upload(
        sha256, _body(request), uploader=request.user.account_id, total=int(length) if length.isdigit() else None
    )
    return _stored(stored)


@patch("/evidence/{sha256:str}")
async def patch_evidence(request: Request[Any, Any, Any], sha256: FromPath[str]) -> Response[Any]:
    try:
        stored = await evidence.upload(
            sha256,
            _body(request),
            uploader=request.user.account_id,
            offset=_number(request, "upload-offset"),
            total=_number(request, "upload-length"),
        )
    except OffsetMismatch as e:
        answer = problem(e.status, e.code, e.message(get_locale()), **e.fields)
        answer.headers["Upload-Offset"] = str(e.fields["offset"])
        return answer
    return _stored(stored)


def _stored(stored: evidence.Stored | int) -> Response[Any]:
    if isinstance(stored, int):
        return Response(None, status_code=202, headers={"Upload-Offset": str(stored)})
    return Response(
        {"sha256": stored.sha256, "bytes": stored.bytes, "stored_at_ms": round(stored.stored_at.timestamp() * 1000)},
        status_code=201 if stored.is_new else 200,
    )


HANDLERS = [put_submission, reconcile, head_evidence, put_evidence, patch_evidence]
