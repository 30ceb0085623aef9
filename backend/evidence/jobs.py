"""Thumbnails for the office's pages: small, re-encoded, without the original's metadata."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from backend.evidence.service import path_of, thumbnail_path
from backend.storage.engine import connection

EDGE = 480


def _make(source: Path, target: Path) -> None:
    with Image.open(source) as image:
        small = ImageOps.exif_transpose(image).convert("RGB")
        small.thumbnail((EDGE, EDGE))
        part = target.with_suffix(".part")
        small.save(part, "WEBP", quality=80)
        part.replace(target)


async def make_thumbnail(payload: dict[str, Any]) -> None:
    """Idempotent: the same picture again gives the same file."""
    sha256 = str(payload["sha256"])
    await asyncio.to_thread(_make, path_of(sha256), thumbnail_path(sha256))
    await connection().execute("update blob set has_thumbnail = true where sha256 = $1", sha256)
