"""One delivery of one webhook, from the outbox: at least once, under the same message id each time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from backend.kernel import clock
from backend.outbound import post
from backend.storage import outbox
from backend.webhooks import rules, service
from backend.webhooks.service import Target

_PAUSED = "对方已停止接收（410）\nthe partner takes no more (410)"
_GAVE_UP = "多次未能送达，已自动暂停\nnot delivered after many tries: paused by itself"


async def send(target: Target, message: UUID, body: bytes) -> tuple[int | None, str]:
    """(status of the answer or None, what went wrong in a line a language). Nothing of the answer is read."""
    headers = rules.headers(target.signing_at(clock.now()), str(message), round(clock.now().timestamp()), body)
    try:
        status, _nothing = await post.post(target.address, body, headers, reads=False)
    except post.PostFailed as e:
        return None, f"连不上对方服务器（{e}）\nthe server cannot be reached ({e})"
    return status, "" if 200 <= status < 300 else f"对方答复 HTTP {status}\nthe answer was HTTP {status}"


async def deliver(payload: dict[str, Any]) -> None:
    """Raises ``Later`` with the wait of the table. A webhook whose delivery dies is paused: nobody is knocked at for ever."""
    delivery = await service.take_delivery(UUID(payload["delivery"]))
    if delivery is None or delivery.target is None:
        return  # paused: asked for again when it goes on
    status, detail = await send(delivery.target, delivery.id, delivery.body)
    state = rules.verdict(status, delivery.attempts + 1)
    await service.note(delivery.id, state, status=status, detail=detail)
    if state == rules.FAILED:
        raise outbox.Later(detail.splitlines()[-1], after=rules.WAITS[delivery.attempts])
    if state == rules.DEAD:
        await service.move(delivery.webhook, rules.PAUSED, by=None, why=_PAUSED if status == rules.GONE else _GAVE_UP)
