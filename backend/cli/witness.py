"""``sunlot witness serve``: a node that another body runs to keep this log honest (C2SP tlog-witness)."""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar import Litestar, Request, Response, get, post

from backend.ledger.rules import parse_vkey
from backend.ledger.witness import WitnessNode, WitnessStore

MOST_BYTES = 64 * 1024


def load(folder: Path, name: str, logs: list[str]) -> WitnessNode:
    """The node whose key and state live in ``folder``; both are made on first use. Raises ``ValueError`` for a log's key that cannot be read."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "witness.ed25519"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as fresh:
            fresh.write(secrets.token_bytes(32))
    private = Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    return WitnessNode(WitnessStore(folder / "witness.sqlite"), name, private, [parse_vkey(key) for key in logs])


def create_app() -> Litestar:
    """The node as a web application, set up from WITNESS_DATA, WITNESS_NAME and WITNESS_LOGS (keys apart by blanks)."""
    node = load(Path(os.environ["WITNESS_DATA"]), os.environ["WITNESS_NAME"], os.environ["WITNESS_LOGS"].split())

    @post("/add-checkpoint", status_code=200)
    async def add_checkpoint(request: Request[Any, Any, Any]) -> Response[str]:
        body = (await request.body()).decode("utf-8", "replace")
        answer = await asyncio.to_thread(node.add_checkpoint, body)
        return Response(answer.body, status_code=answer.status, media_type="text/x.tlog.size" if answer.is_size else "text/plain")

    @get("/vkey", media_type="text/plain")
    async def show_key() -> str:
        return f"{node.key}\n"

    return Litestar([add_checkpoint, show_key], openapi_config=None, request_max_body_size=MOST_BYTES)


def serve(*, name: str, data: Path, logs: list[str], host: str, port: int) -> int:
    """Serve until a signal comes."""
    from granian import Granian
    from granian.constants import Interfaces

    print(f"见证节点 witness  {load(data, name, logs).key}", flush=True)
    os.environ |= {"WITNESS_DATA": str(data), "WITNESS_NAME": name, "WITNESS_LOGS": " ".join(logs)}
    Granian(
        "backend.cli.witness:create_app", factory=True, address=host, port=port, interface=Interfaces.ASGI, workers_kill_timeout=5, websockets=False
    ).serve()
    return 0
