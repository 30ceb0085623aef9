"""A small table that is read in one go while its sender waits: no stored preview, no worker."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from backend.exchange import readers
from backend.exchange.rules import Layout
from backend.kernel.errors import DomainError, Invalid


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may hold; ``error`` is raised without arguments beyond either."""

    size: int  # bytes
    rows: int
    error: type[DomainError]


async def read_small(chunks: AsyncIterator[bytes], *, filename: str, layout: Layout, limits: Limits) -> tuple[list[tuple[int, Mapping[str, str]]], str]:
    """The rows as (number in the file, fields), and the SHA-256 of the file.

    Raises ``FileUnreadable``, ``HeaderNotFound``, ``limits.error``, and ``Invalid`` for a file without a required column or without rows.
    """
    digest, size = hashlib.sha256(), 0
    with tempfile.TemporaryDirectory(prefix="sunlot-upload-") as folder:
        path = Path(folder) / "upload"
        with path.open("wb") as out:
            async for chunk in chunks:
                size += len(chunk)
                if size > limits.size:
                    raise limits.error()
                digest.update(chunk)
                out.write(chunk)
        return await asyncio.to_thread(_read, path, filename, layout, limits), digest.hexdigest()


def _read(path: Path, filename: str, layout: Layout, limits: Limits) -> list[tuple[int, Mapping[str, str]]]:
    table = readers.read_table(path, filename, layout)
    if table.missing_required:
        names = "、".join(layout.field(name).aliases[0] for name in table.missing_required)
        raise Invalid(field="file", why_zh=f"缺少必需的列：{names}", why_en=f"required columns are missing: {names}")
    rows: list[tuple[int, Mapping[str, str]]] = []
    for row in table.rows:
        rows.append((row.row_no, row.fields))
        if len(rows) > limits.rows:
            raise limits.error()
    if not rows:
        raise Invalid(field="file", why_zh="文件中没有数据行", why_en="there are no rows in the file")
    return rows
