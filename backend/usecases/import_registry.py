"""名录导入 A file becomes enterprises or facts: upload, read and judge in steps, preview, apply all at once, undo within a day.

The worker calls ``work_off`` again and again. One call does one step in one transaction (``import_reading``, ``import_applying``), so
progress shows while it goes on and a killed worker loses one step at most; applying is one transaction for the whole file.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from backend.exchange import blocks, queries, rules, service, staging
from backend.exchange.queries import BatchView
from backend.kernel import clock
from backend.kernel.errors import DomainError, Invalid
from backend.kernel.scope import Scope
from backend.people.rules import Principal
from backend.registry import merging
from backend.registry import queries as registry
from backend.registry.rules import EnterpriseDraft, check_row, normalise_code
from backend.rulebook.queries import find_retention
from backend.storage.engine import connection, transaction
from backend.usecases.import_applying import apply_step, undo_step
from backend.usecases.import_reading import let_go, read_step

MIN_REASON: Final = 4
STEPS: Final = {"reading": read_step, "applying": apply_step, "undoing": undo_step}
log = structlog.get_logger()


class ColumnsMissing(DomainError):
    code = "import-columns-missing"
    status = 422
    zh = "缺少必需的列：{zh_names}"
    en = "Required columns are missing: {en_names}"


async def upload(chunks: AsyncIterator[bytes], *, filename: str, by: Principal, kind: str = rules.REGISTER.name) -> UUID:
    """Keep the file and open its batch. The same file while one is pending gives that batch. ``kind`` names a layout of ``rules.LAYOUTS``."""
    if kind not in rules.LAYOUTS:
        raise Invalid(field="kind", why_zh="请选择文件类型", why_en="choose the kind of file")
    file = await service.keep_file(chunks)
    async with transaction():
        batch_id = await service.open_batch(
            file, kind=kind, account=by.account_id, department=by.scope.department, region=by.scope.region, filename=filename
        )
    return batch_id  # noqa: RET504 - mypy takes a return inside the block for one that may be swallowed


async def work_off() -> bool:
    """Do one step of the oldest waiting batch. Returns whether there was one."""
    batch: BatchView | None = None
    async with transaction():
        batch = await service.take_batch()
        if batch is None:
            let_go()
            return False
        try:
            # A savepoint: what a failed step wrote goes, the note of its failure stays.
            async with connection().transaction():
                await STEPS[batch.state](batch)
        except service.GivenUp:
            let_go(batch.id)
        except DomainError as e:
            await service.mark_failed(batch, zh=e.message("zh"), en=e.message("en"))
        except (OSError, asyncpg.exceptions.InterfaceError, asyncpg.PostgresConnectionError):
            raise  # the disk or the database, not the file: try again later
        except Exception as e:  # a file that we cannot cope with must not stop the queue
            log.error("import.failed", batch=str(batch.id), exc_info=e)
            await service.mark_failed(batch, zh="系统未能处理此文件，未作任何更改", en="The system could not process this file; nothing was changed")
    await _tidy(batch.file_sha256)
    return True


async def _tidy(sha256: str) -> None:
    """A file that nobody will read again goes: it holds what the database does not keep in clear."""
    if not await service.is_wanted(sha256):
        await asyncio.to_thread(service.forget_file, sha256)


async def map_columns(batch_id: UUID, chosen: Mapping[int, str], *, by: Principal) -> None:
    """Say what the columns are: place from 0 -> field, or "" for none. Raises ``ColumnsMissing``, ``Invalid``, ``NotPreviewed``."""
    async with transaction():
        batch = await service.lock_previewed(batch_id, by.scope, ("mapping", "previewed"))
        layout = rules.LAYOUTS[batch.kind]
        known = {f.name for f in layout.fields}
        columns = [{"header": c["header"], "field": chosen.get(i, c["field"] or "") or None} for i, c in enumerate(batch.columns)]
        fed = [c["field"] for c in columns if c["field"]]
        if set(fed) - known:
            raise Invalid(field="columns", why_zh="没有这样的字段", why_en="there is no such field")
        missing = [rules.titles_of(layout.name)[f.name] for f in layout.fields if f.is_required and f.name not in fed]
        if missing:
            raise ColumnsMissing(zh_names="、".join(t.zh for t in missing), en_names=", ".join(t.en for t in missing))
        await service.map_columns(batch, columns, by=by.account_id, department=by.scope.department)


async def override(batch_id: UUID, numbers: Sequence[int], reason: str, *, by: Principal) -> int:
    """Accept rows that fail a check digit only, for a reason that stays with the enterprise. Returns how many were accepted.

    Raises ``Invalid`` without a real reason; rows with other faults stay refused.
    """
    reason = " ".join(reason.split())
    if len(reason) < MIN_REASON:
        zh, en = f"请填写理由（至少 {MIN_REASON} 个字）", f"give a reason of at least {MIN_REASON} characters"
        raise Invalid(field="reason", why_zh=zh, why_en=en)
    async with transaction():
        batch = await service.lock_previewed(batch_id, by.scope)
        rows = [row for row in await queries.list_rows_by_number(batch_id, numbers) if row.can_override]
        claimed = await queries.list_codes(batch_id, [normalise_code(row.fields.get("code", "")) for row in rows])
        book, taken = await registry.load_codebook(), []
        for row in rows:
            draft = check_row(row.fields, book, today=clock.today(), override_reason=reason)
            if isinstance(draft, EnterpriseDraft) and draft.region.startswith(batch.region) and draft.code not in claimed:
                claimed[draft.code] = row.row_no
                await staging.replace_row(batch_id, row.row_no, blocks.register_line(draft, row.fields), by.account_id)
                taken.append(row.row_no)
        await staging.recompare(batch_id, taken, merging.known_source(), batch.region)
        await service.recount(batch_id)
    return len(taken)


async def ask_apply(batch_id: UUID, *, by: Principal) -> None:
    async with transaction():
        await service.ask_apply(batch_id, by=by.account_id, scope=by.scope)


async def ask_undo(batch_id: UUID, *, by: Principal) -> None:
    async with transaction():
        await service.ask_undo(batch_id, by=by.account_id, scope=by.scope)


async def cancel(batch_id: UUID, *, scope: Scope) -> None:
    async with transaction():
        await service.cancel(batch_id, scope)
        batch = await queries.find_batch(batch_id, scope)
    await _tidy(batch.file_sha256)


async def clear_leftovers() -> bool:
    """Clear one upload that nobody took in, if one is older than the rulebook says that it is kept. Returns whether there was one."""
    async with transaction():
        days = await find_retention("upload", clock.today())
        sha256 = None if days is None else await service.forget_leftover(days)
    if sha256 is None:
        return False
    await _tidy(sha256)
    return True
