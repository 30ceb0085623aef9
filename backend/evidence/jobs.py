"""Thumbnails for the office's pages: small, re-encoded, without the original's metadata."""

from __future__ import annotations

import asyncio
import io
from typing import Any

from PIL import Image, ImageOps

from backend.evidence.store import THUMBNAIL, store
from backend.storage.engine import connection

EDGE = 480


def _make(content: bytes) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(content)) as image:
        small = ImageOps.exif_transpose(image).convert("RGB")
        small.thumbnail((EDGE, EDGE))
        small.save(out, "WEBP", quality=80)
    return out.getvalue()


async def make_thumbnail(payload: dict[str, Any]) -> None:
    """Idempotent: the same picture again gives the same file."""
    sha256 = str(payload["sha256"])
    small = await asyncio.to_thread(_make, await store().get(sha256))
    await store().put(sha256 + THUMBNAIL, small)
    await connection().execute("update blob set has_thumbnail = true where sha256 = $1", sha256)
