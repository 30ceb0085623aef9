"""One POST to an address that a person typed, from inside the office's network.

The name is resolved once, every address it gives must be public, and the connection goes to the address that was checked, with the
certificate checked against the name. No redirects, no proxy from the environment, a time limit, a size limit.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import socket
from collections.abc import Mapping
from typing import Any

import httpx

from backend.outbound.rules import is_loopback, is_public

TIMEOUT_SECONDS = 10
MAX_ANSWER_BYTES = 16 * 1024
# It logs every address at INFO, and these addresses are secrets.
logging.getLogger("httpx").setLevel(logging.WARNING)


class PostFailed(Exception):
    """No answer. The message is for people and never holds the address."""


async def _resolve(host: str, port: int) -> str:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(entry[4][0]) for entry in found]
    if not addresses or not (is_loopback(host) or all(map(is_public, addresses))):
        raise PostFailed("address-not-public")
    return str(addresses[0])


async def post(url: str, body: Mapping[str, Any] | bytes, headers: Mapping[str, str] | None = None, *, reads: bool = True) -> tuple[int, bytes]:
    """(status, at most MAX_ANSWER_BYTES of the answer; nothing of it unless ``reads``). A mapping goes as JSON.

    The caller has checked the address by ``rules.check_address`` or a list of hosts. Raises ``PostFailed``.
    """
    target = httpx.URL(url)
    content = body if isinstance(body, bytes) else json.dumps(dict(body), ensure_ascii=False).encode()
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            address = await _resolve(target.host, target.port or (443 if target.scheme == "https" else 80))
            async with (
                httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=TIMEOUT_SECONDS) as client,
                client.stream(
                    "POST",
                    target.copy_with(host=address),
                    content=content,
                    headers={"content-type": "application/json", "user-agent": "sunlot", **(headers or {}), "host": target.netloc.decode()},
                    extensions={"sni_hostname": target.host},
                ) as answer,
            ):
                if not reads:
                    return answer.status_code, b""
                read = b""
                async for chunk in answer.aiter_bytes():
                    read += chunk
                    if len(read) > MAX_ANSWER_BYTES:
                        raise PostFailed("answer-too-large")
                return answer.status_code, read
    except PostFailed:
        raise
    except TimeoutError as e:
        raise PostFailed("timeout") from e
    except (httpx.HTTPError, OSError) as e:
        raise PostFailed(type(e).__name__) from None
