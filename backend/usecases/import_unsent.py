"""补传手机备份 The office hands in what a phone could not send: every record by the same acceptance as if the phone had sent it.

The worker calls ``work_off`` again and again. One call takes in one record: its files first, then the record with its outcome in one
transaction; a killed worker begins the record anew, and what is stored already is found again.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import structlog

from backend.evidence import service as evidence
from backend.exchange import service, unsent
from backend.inspections import record_rules, submission_queries
from backend.inspections.rules import WrongState
from backend.kernel.errors import DomainError, Invalid
from backend.people import queries as people_queries
from backend.people import service as people
from backend.people.rules import ADMIN, INSPECTOR, MANAGER, Principal
from backend.people.service import require
from backend.storage.engine import transaction
from backend.usecases.accept_submission import accept_within, canonical_of

log = structlog.get_logger()
# What a retry of the whole step may cure; the record keeps waiting.
_OURS = (OSError, asyncpg.exceptions.InterfaceError, asyncpg.PostgresConnectionError)


class NotInYourScope(DomainError):
    code = "not-in-your-scope"
    status = 403
    zh = "这户检查不在您的部门或辖区内"
    en = "This visit is not of your department and region"


class DeviceUnknown(DomainError):
    code = "device-unknown"
    status = 422
    zh = "签名的手机没有登记，或其持有人已停用"
    en = "The phone that signed it was never enrolled, or its owner's account was closed"


async def upload(chunks: AsyncIterator[bytes], *, filename: str, by: Principal) -> UUID:
    """Keep the file and open its import. Raises ``NotABackup``, ``FileTooLarge``, ``FileEmpty``."""
    require(by, MANAGER, ADMIN)
    file = await service.keep_file(chunks, unsent.MAX_BYTES)
    try:
        backup = await asyncio.to_thread(unsent.read_backup, service.stored_path(file.sha256))
    except unsent.NotABackup:
        await asyncio.to_thread(service.stored_path(file.sha256).unlink, missing_ok=True)
        raise
    async with transaction():
        import_id = await unsent.open_import(file, backup, filename=filename, account=by.account_id, scope=by.scope)
    return import_id  # noqa: RET504 - mypy takes a return inside the block for one that may be swallowed


async def try_again(import_id: UUID, *, by: Principal) -> None:
    require(by, MANAGER, ADMIN)
    async with transaction():
        await unsent.try_again(import_id, by.scope)


async def work_off() -> bool:
    """Take in one record of the import that has waited longest, or close it. Returns whether there was one."""
    batch = await unsent.find_waiting()
    if batch is None:
        return False
    records = await unsent.list_records(batch.id)
    record = next((r for r in records if r.outcome == "waiting"), None)
    if record is None:
        async with transaction():
            await unsent.finish(batch, records)
        await _forget_files()
        return True
    try:
        await _take_in(batch, record)
    except DomainError as e:
        await _refuse(record, e)
    except _OURS:
        raise  # the disk or the database, not the record: try again later
    except Exception as e:  # what a stranger's file may hold must not stop the queue
        log.error("unsent.failed", batch=str(batch.id), record=str(record.submission), exc_info=e)
        await _refuse(record, Invalid(field="record", why_zh="记录格式不正确", why_en="the record is malformed"))
    return True


async def _refuse(record: unsent.RecordView, error: DomainError) -> None:
    async with transaction():
        await unsent.note_record(record.id, "refused", why_zh=error.message("zh"), why_en=error.message("en"))


async def _take_in(batch: unsent.ImportView, waiting: unsent.RecordView) -> None:
    path = service.stored_path(batch.file_sha256)
    backup = await asyncio.to_thread(unsent.read_backup, path)
    given = backup.records[waiting.position]
    canonical, inspection = canonical_of(given.record)
    try:
        signature = base64.urlsafe_b64decode(given.signature + "=" * (-len(given.signature) % 4))
    except (ValueError, binascii.Error) as e:
        raise record_rules.BadSignature() from e
    async with transaction():
        officer = await _officer_of(given.device)
        if not await submission_queries.is_within(inspection, batch.scope):
            raise NotInYourScope()
        # Before a byte is kept: nobody fills the store with what no officer has signed.
        record_rules.verify_signature(canonical, signature, await people.find_device_key(given.device, officer.account_id))
    for sha256 in sorted({e.sha256 for e in record_rules.list_evidence(given.record)}):
        content = await asyncio.to_thread(unsent.read_evidence, path, sha256)
        if content is not None:
            await evidence.upload(sha256, _one_chunk(content), uploader=officer.account_id, total=len(content))
    async with transaction():
        if not await unsent.hold_record(waiting.id):
            return
        try:
            done = await accept_within(
                given.submission, record=given.record, signature=signature, device=given.device, by=officer, brought_by=batch.account
            )
        except WrongState as e:
            raise Invalid(field="inspection", why_zh="这户检查已结束，不再接收记录", why_en="this visit is over and takes no record") from e
        await unsent.note_record(waiting.id, "accepted" if done.is_new else "duplicate", entry_id=done.entry_id)


async def _officer_of(device: UUID) -> Principal:
    owner = await people_queries.find_device_owner(device)
    officer = await people_queries.find_principal_of(owner) if owner else None
    if officer is None or officer.role != INSPECTOR or officer.inspector_id is None:
        raise DeviceUnknown()
    return officer


async def _one_chunk(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _forget_files() -> None:
    for sha256 in await unsent.list_forgettable():
        await asyncio.to_thread(service.stored_path(sha256).unlink, missing_ok=True)


async def load_import(import_id: UUID, *, by: Principal) -> tuple[unsent.ImportView, list[unsent.RecordView]]:
    """Raises ``NotFound`` outside the person's scope."""
    return await unsent.find_import(import_id, by.scope), await unsent.list_records(import_id)


