"""What several phones say of one visit: parts, decisions, co-signatures; idempotent, answered with receipts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, put
from litestar.params import FromPath, JSONBody

from backend.inspections.parts import Kept
from backend.usecases.accept_part import accept_part


class Part(msgspec.Struct):
    part: dict[str, Any]


def _receipt(kept: Kept) -> Response[dict[str, Any]]:
    answer = {"sha256": kept.sha256, "received_at_ms": round(kept.received_at.timestamp() * 1000), "entry_id": str(kept.entry_id)}
    return Response(answer, status_code=201 if kept.is_new else 200)


@put("/inspections/{inspection_id:uuid}/parts/{device_id:uuid}")
async def put_part(
    request: Request[Any, Any, Any], inspection_id: FromPath[UUID], device_id: FromPath[UUID], data: JSONBody[Part]
) -> Response[dict[str, Any]]:
    return _receipt(await accept_part(inspection_id, device=device_id, part=data.part, by=request.user))


HANDLERS = [put_part]
