"""A department keeps its item list: items, checklists, and a spreadsheet of items. Only its own managers write."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from backend.exchange.rules import Field, Layout
from backend.exchange.small_files import Limits, read_small
from backend.items import checklists, editions, imports
from backend.items.import_rules import judge_rows
from backend.items.item_rules import ItemDraft
from backend.kernel.errors import DomainError
from backend.people.officer_rules import QUALIFICATIONS
from backend.people.rules import MANAGER, Principal
from backend.people.service import require
from backend.storage.engine import transaction

# How a file calls a qualification: by its code, or by the name that the office uses.
QUALIFICATION_WORDS: Final[Mapping[str, str]] = {
    **{code: code for code in QUALIFICATIONS},
    "行政执法": "law", "食品安全检查": "food", "食品": "food", "药品检查": "drug", "药品": "drug", "特种设备安全监察": "equipment",
    "特种设备": "equipment", "消防监督检查": "fire", "消防": "fire", "生态环境执法": "environment", "环境": "environment", "危险废物核查": "hazwaste",
}
ITEMS: Final = Layout(
    "items",
    (
        Field("code", ("事项编号", "事项编码", "事项代码", "编号", "编码", "code"), True),
        Field("name_zh", ("抽查事项", "事项名称", "抽查事项名称", "检查事项", "随机抽查事项", "name", "name in chinese"), True),
        Field("name_en", ("英文名称", "事项英文名称", "name in english", "english name")),
        Field("category", ("事项类别", "类别", "抽查类别", "category"), True),
        Field("legal_basis", ("检查依据", "抽查依据", "法律依据", "依据", "legal basis"), True),
        Field("method", ("检查方式", "抽查方式", "方式", "method"), True),
        Field("qualification", ("所需资质", "岗位资质", "资质", "qualification")),
    ),
    ("code", "name_zh"),
)


class ItemFileTooLarge(DomainError):
    code = "item-file-too-large"
    status = 413
    zh = "事项文件不超过 5 MB、2000 行"
    en = "A file of items has 5 MB and 2000 rows at most"


LIMITS: Final = Limits(5 * 2**20, 2000, ItemFileTooLarge)


def may_edit(who: Principal, department: str) -> bool:
    return who.role == MANAGER and who.department == department


def _own(by: Principal) -> str:
    require(by, MANAGER)
    return by.department or ""


async def add_item(code: str, draft: ItemDraft, *, valid_from: date, by: Principal) -> None:
    """Raises ``Forbidden``, ``Invalid`` naming the field."""
    async with transaction():
        await editions.add_item(code, draft, department=_own(by), valid_from=valid_from, qualifications=QUALIFICATIONS, by=by.account_id)


async def change_item(code: str, draft: ItemDraft, *, effective_from: date, version: int, by: Principal) -> None:
    """Raises ``Forbidden``, ``NotFound``, ``Invalid``, ``ChangedByOther``."""
    async with transaction():
        await editions.change_item(
            code, draft, effective_from=effective_from, version=version, department=_own(by), qualifications=QUALIFICATIONS, by=by.account_id
        )


async def end_item(code: str, *, valid_to: date, reason: str, version: int, by: Principal) -> None:
    """Raises ``Forbidden``, ``NotFound``, ``Invalid``, ``ChangedByOther``."""
    async with transaction():
        await editions.end_item(code, valid_to=valid_to, reason=reason, version=version, department=_own(by), by=by.account_id)


async def settle_items() -> bool:
    """For the worker: editions whose day has come. Whether there were any."""
    async with transaction():
        return await editions.settle() > 0


async def open_draft(item: str, *, by: Principal) -> None:
    async with transaction():
        await checklists.open_draft(item, department=_own(by), by=by.account_id)


async def save_draft(item: str, title_zh: str, title_en: str, questions: Sequence[Mapping[str, str]], *, version: int, by: Principal) -> int:
    """Raises ``Forbidden``, ``NotFound``, ``ChangedByOther``."""
    async with transaction():
        return await checklists.save_draft(item, title_zh, title_en, questions, version=version, department=_own(by), by=by.account_id)


async def drop_draft(item: str, *, version: int, by: Principal) -> None:
    async with transaction():
        await checklists.drop_draft(item, version=version, department=_own(by))


async def publish_checklist(item: str, note: str, *, version: int, by: Principal) -> int:
    """Raises ``Forbidden``, ``NotFound``, ``NotReady``, ``Invalid``, ``ChangedByOther``."""
    async with transaction():
        return await checklists.publish(item, note, version=version, department=_own(by), by=by.account_id)


async def read_item_file(chunks: AsyncIterator[bytes], *, filename: str, valid_from: date, by: Principal) -> UUID:
    """The dry run: read and judge a file; the item list is not touched. Raises ``FileUnreadable``, ``HeaderNotFound``, ``ItemFileTooLarge``, ``Invalid``."""
    department = _own(by)
    rows, digest = await read_small(chunks, filename=filename, layout=ITEMS, limits=LIMITS)
    async with transaction():
        judged = judge_rows(rows, await imports.load_known(), department=department, qualifications=QUALIFICATION_WORDS)
        return await imports.open_import(
            judged, filename=filename, file_sha256=digest, valid_from=valid_from, department=department, by=by.account_id
        )


async def apply_items(import_id: UUID, *, by: Principal) -> None:
    """Raises ``Forbidden``, ``NotFound``, ``RowsAreBad``, ``NothingNew``, ``ListMovedOn``."""
    async with transaction():
        await imports.apply_import(import_id, department=_own(by), qualifications=QUALIFICATIONS, by=by.account_id)


async def cancel_items(import_id: UUID, *, by: Principal) -> None:
    """Raises ``Forbidden``, ``NotFound``."""
    async with transaction():
        await imports.cancel_import(import_id, department=_own(by))
