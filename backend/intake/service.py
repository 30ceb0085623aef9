"""Verbs on files from outside: inspect, keep, erase."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

from backend.intake import rules
from backend.intake.rules import Clean
from backend.kernel import clock
from backend.kernel.errors import DomainError
from backend.scanning import service as scanning
from backend.scanning.rules import Infected
from backend.storage.engine import connection

# Each may hold a whole picture in memory.
_AT_ONCE = ThreadPoolExecutor(2, thread_name_prefix="intake")
PATIENCE = 20.0  # seconds


class IntakeBusy(DomainError):
    code = "intake-busy"
    status = 503
    zh = "正在处理其他人的照片，请稍后再试；已填写的内容没有丢失"
    en = "Other people's photos are being read: please try again in a moment; what you typed is not lost"


async def inspect(content: bytes, name: str) -> Clean:
    """What will be kept of a file, once the office's scanner has looked at it as it came. Call it before any transaction: it takes time.

    Raises ``NotTaken``, ``FileTooLarge``, ``IntakeBusy``, ``ScannerAway``.
    """
    if 0 < len(content) <= rules.MAX_BYTES:
        try:
            await scanning.scan(content)
        except Infected as e:
            raise rules.NotTaken(name=rules.clean_name(name), why_zh="病毒扫描发现可疑内容", why_en="the virus scanner found something in it") from e
    try:
        async with asyncio.timeout(PATIENCE):
            return await asyncio.get_running_loop().run_in_executor(_AT_ONCE, rules.check, content, name)
    except TimeoutError as e:
        raise IntakeBusy() from e


async def keep(files: Sequence[Clean], *, purpose: str, subject: UUID) -> list[UUID]:
    """Store files with the matter that they came with, in the caller's transaction. The same content again is the same file.

    ``purpose``: the word of the room, 20 letters at most. Returns their ids in order. Raises ``NotTaken`` for more than ``MAX_FILES``.
    """
    if len(files) > rules.MAX_FILES:
        raise rules.NotTaken(name=files[-1].name, why_zh=f"最多 {rules.MAX_FILES} 个文件", why_en=f"at most {rules.MAX_FILES} files")
    ids: list[UUID] = []
    for file in files:
        sha256 = hashlib.sha256(file.content).hexdigest()
        ids.append(
            await connection().fetchval(
                "with made as (insert into received_file (id, purpose, subject, name, media_type, bytes, width, height, sha256, content, received_at)"
                " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (purpose, subject, sha256) do nothing returning id)"
                " select id from made union all select id from received_file where purpose = $2 and subject = $3 and sha256 = $9 limit 1",
                uuid4(),  # random: it stands in addresses
                purpose,
                subject,
                file.name,
                file.media_type,
                len(file.content),
                file.width,
                file.height,
                sha256,
                file.content,
                clock.now(),
            )
        )
    return ids


async def erase(purpose: str, subjects: Sequence[UUID]) -> int:
    """Take the content of all files of these matters; that there was a file, with its hash, stays. Returns how many. The caller's entry says why."""
    done = await connection().execute(
        "update received_file set content = null, name = '', erased_at = $3 where purpose = $1 and subject = any($2) and erased_at is null",
        purpose,
        list(subjects),
        clock.now(),
    )
    return int(done.rpartition(" ")[2])
