"""名录导入 A register file becomes enterprises: upload, read and judge in steps, preview, apply all at once.

The worker calls ``work_off`` again and again. One call judges one stretch of rows in one transaction, so progress shows
while it goes on and a killed worker loses one stretch at most; applying is one transaction for the whole file.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog

from backend.exchange import queries, readers, service
from backend.exchange.queries import BatchView, RowView
from backend.exchange.service import JudgedRow
from backend.kernel import clock
from backend.kernel.errors import DomainError, Invalid
from backend.kernel.scope import Scope
from backend.people.rules import Principal
from backend.registry import queries as registry
from backend.registry.codebook import Codebook
from backend.registry.queries import EnterpriseView
from backend.registry.rules import FIELDS, EnterpriseDraft, FieldError, check_row, normalise_code
from backend.registry.service import UNSAID, put_enterprises
from backend.storage.engine import connection, transaction

STRETCH: Final = 2000
MIN_REASON: Final = 4
_COMPARED: Final = ("code_kind", "override_reason", "name", "region", "industry")
log = structlog.get_logger()


class ColumnsMissing(DomainError):
    code = "import-columns-missing"
    status = 422
    zh = "缺少必需的列：{zh_names}"
    en = "Required columns are missing: {en_names}"


@dataclass
class _Sheet:
    """A file read whole; the rows are what ``work_off`` goes through in stretches. ``seen``: the codes of its rows up to ``seen_to``."""

    columns: list[dict[str, Any]]
    header_row: int
    rows: list[readers.Row]
    seen: dict[str, int] = field(default_factory=dict)
    seen_to: int = 0


# The sheet in hand, by file hash: the next stretch need not parse the file again. One is kept at most.
_in_hand: dict[str, _Sheet] = {}


async def upload(chunks: AsyncIterator[bytes], *, filename: str, by: Principal) -> UUID:
    """Keep the file and open its batch. The same file while one is pending gives that batch."""
    file = await service.keep_file(chunks)
    async with transaction():
        batch_id = await service.open_batch(file, account=by.account_id, region=by.scope.region, filename=filename)
    return batch_id  # noqa: RET504 - mypy takes a return inside the block for one that may be swallowed


async def work_off() -> bool:
    """Do one step of the oldest waiting batch. Returns whether there was one."""
    async with transaction():
        batch = await service.take_batch()
        if batch is None:
            return False
        try:
            # A savepoint: what a failed step wrote goes, the note of its failure stays.
            async with connection().transaction():
                await (_read_on(batch) if batch.state == "reading" else _apply(batch))
        except DomainError as e:
            await service.mark_failed(batch.id, zh=e.message("zh"), en=e.message("en"))
        except (OSError, asyncpg.exceptions.InterfaceError, asyncpg.PostgresConnectionError):
            raise  # the disk or the database, not the file: try again later
        except Exception as e:  # a file that we cannot cope with must not stop the queue
            log.error("import.failed", batch=str(batch.id), exc_info=e)
            await service.mark_failed(batch.id, zh="系统未能处理此文件，未作任何更改", en="The system could not process this file; nothing was changed")
    return True


def _read_sheet(batch: BatchView) -> _Sheet:
    table = readers.read_table(service.stored_path(batch.file_sha256), batch.filename)
    if table.missing_required:
        names = [FIELDS[name] for name in table.missing_required]
        raise ColumnsMissing(zh_names="、".join(n.zh for n in names), en_names=", ".join(n.en for n in names))
    columns = [{"header": column.header, "field": column.field} for column in table.columns]
    return _Sheet(columns, table.header_row, list(table.rows))


async def _read_on(batch: BatchView) -> None:
    sheet = _in_hand.get(batch.file_sha256)
    if sheet is None:
        _in_hand.clear()
        sheet = _in_hand[batch.file_sha256] = await asyncio.to_thread(_read_sheet, batch)
    if not batch.done:
        await service.note_columns(batch.id, columns=sheet.columns, header_row=sheet.header_row, total=len(sheet.rows))
    last = await queries.find_last_row_no(batch.id) if batch.done else 0
    if last != sheet.seen_to:  # another process did a stretch, or a commit of ours failed
        sheet.seen = await queries.list_codes(batch.id)
    rest = [row for row in sheet.rows if row.row_no > last]
    stretch = rest[:STRETCH]
    judged = await _judge(stretch, batch, sheet.seen)
    await service.add_rows(batch.id, judged)
    sheet.seen |= {row.draft["code"]: row.row_no for row in judged if row.draft}
    sheet.seen_to = stretch[-1].row_no if stretch else last
    if len(rest) <= STRETCH:
        _in_hand.pop(batch.file_sha256, None)


async def _judge(rows: Sequence[readers.Row], batch: BatchView, seen: Mapping[str, int], reason: str | None = None, by: UUID | None = None) -> list[JudgedRow]:
    """Judge rows against the rules, the register and the rows before them. ``seen``: codes that earlier rows claim."""
    book, today = await registry.load_codebook(), clock.today()
    known = await registry.list_by_codes([normalise_code(row.fields.get("code", "")) for row in rows])
    return await asyncio.to_thread(_judge_all, rows, book, known, dict(seen), batch.region, today, reason, by)


def _judge_all(
    rows: Sequence[readers.Row],
    book: Codebook,
    known: Mapping[str, EnterpriseView],
    seen: dict[str, int],
    region: str,
    today: date,
    reason: str | None,
    by: UUID | None,
) -> list[JudgedRow]:
    judged = []
    for row in rows:
        raw = {"fields": dict(row.fields), "cells": list(row.raw)}
        before = known.get(normalise_code(row.fields.get("code", "")))
        # What the office has once accepted with a reason stays accepted.
        draft = check_row(row.fields, book, today=today, override_reason=reason or (before.override_reason if before else None))
        errors = draft if isinstance(draft, list) else _misplaced(draft, before, seen, region, book)
        if errors or isinstance(draft, list):
            judged.append(JudgedRow(row.row_no, "bad", raw, None, [asdict(error) for error in errors]))
            continue
        seen[draft.code] = row.row_no
        said = [name for name in UNSAID if row.fields.get(name, "").strip()]
        changes = _changes(draft, before, said) if before else {}
        verdict = "new" if before is None else "changed" if changes else "same"
        kept = {
            **asdict(draft),
            "established_on": draft.established_on and draft.established_on.isoformat(),
            "said": said,
            "changes": changes,
        }
        if reason and draft.code_kind == "override":
            kept["overridden_by"] = str(by)
        judged.append(JudgedRow(row.row_no, verdict, raw, kept, None))
    return judged


def _misplaced(draft: EnterpriseDraft, before: EnterpriseView | None, seen: Mapping[str, int], region: str, book: Codebook) -> list[FieldError]:
    """What only the neighbours of a row can tell: a code given twice, an enterprise of somebody else's region."""
    errors = []
    if draft.code in seen:
        n = seen[draft.code]
        errors.append(FieldError("code", draft.code, "duplicate", f"与第 {n} 行代码重复", f"The same code as in row {n}"))
    if not draft.region.startswith(region):
        name = book.regions[draft.region]
        zh, en = f"{name.name_zh}不在您的辖区内", f"{name.name_en} is not in your region"
        errors.append(FieldError("region", draft.region, "region-not-yours", zh, en))
    elif before and not before.region.startswith(region):
        zh, en = "该检查对象登记在其他辖区，请由其辖区办理迁移", "This enterprise belongs to another region, which must move it"
        errors.append(FieldError("code", draft.code, "region-not-yours", zh, en))
    return errors


def _changes(draft: EnterpriseDraft, before: EnterpriseView, said: Sequence[str]) -> dict[str, list[str]]:
    """Field -> [old, new] for what the row says and the register has otherwise."""

    def text(value: object) -> str:
        return "" if value is None else str(value)

    pairs = {name: [text(getattr(before, name)), text(getattr(draft, name))] for name in (*_COMPARED, *said)}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


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
        rows = [row for row in await queries.list_rows_by_number(batch_id, numbers) if row.verdict == "bad" and row.can_override]
        seen = await queries.list_codes(batch_id, [normalise_code(row.fields.get("code", "")) for row in rows])
        judged = await _judge([_as_read(row) for row in rows], batch, seen, reason, by.account_id)
        await service.replace_rows(batch_id, judged)
    return sum(row.verdict != "bad" for row in judged)


def _as_read(row: RowView) -> readers.Row:
    return readers.Row(row.row_no, row.fields, list(row.cells))


async def ask_apply(batch_id: UUID, *, by: Principal) -> None:
    async with transaction():
        await service.ask_apply(batch_id, by=by.account_id, scope=by.scope)


async def cancel(batch_id: UUID, *, scope: Scope) -> None:
    async with transaction():
        await service.cancel(batch_id, scope)


async def _apply(batch: BatchView) -> None:
    drafts = await asyncio.to_thread(_load_drafts, await queries.list_drafts(batch.id))
    taken = await put_enterprises([d for d, _ in drafts], said=[kept["said"] for _, kept in drafts], region=batch.region)
    overrides = [{"code": draft.code, "reason": draft.override_reason, "by": kept["overridden_by"]} for draft, kept in drafts if "overridden_by" in kept]
    await service.mark_applied(batch, new=taken.new, changed=taken.changed, same=taken.same, overrides=overrides)


def _load_drafts(texts: Sequence[str]) -> list[tuple[EnterpriseDraft, dict[str, Any]]]:
    names = [f.name for f in fields(EnterpriseDraft)]
    loaded = []
    for text in texts:
        kept = json.loads(text)
        day = kept["established_on"]
        values = {name: kept[name] for name in names} | {"established_on": datetime.fromisoformat(day).date() if day else None}
        loaded.append((EnterpriseDraft(**values), kept))
    return loaded
