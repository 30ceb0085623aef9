"""导出名录 A filtered list of enterprises leaves the register as a file: exactly what the person may see, and an entry in the ledger.

The file is written row by row from one snapshot into a temporary file, and its entry is committed before the first byte goes out.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import IO, Final

from backend.exchange.large_files import SHEET_ROWS, CsvWriter, Writer, XlsxWriter
from backend.kernel.errors import DomainError
from backend.ledger import service as ledger
from backend.people.rules import Principal
from backend.registry import search
from backend.registry.queries import EnterpriseView, Filter
from backend.storage.engine import transaction

COLUMNS: Final = ("code", "name", "region", "industry", "kind", "status", "address", "legal_rep", "phone", "established_on", "credit_class")
STRETCH: Final = 2000
FORMATS: Final[Mapping[str, Callable[[IO[bytes], Sequence[str]], Writer]]] = {"csv": CsvWriter, "xlsx": XlsxWriter}


class NotAllFound(DomainError):
    """Part of a fresh import cannot be found yet: a list made now would be short."""

    code = "export-not-yet"
    status = 409
    zh = "刚导入的检查对象正在编入检索，现在导出会不完整，请稍后再试"
    en = "Part of a fresh import cannot be found yet and a file made now would be incomplete: try again in a while"


class TooManyRows(DomainError):
    code = "export-too-long"
    status = 422
    zh = "结果超过 XLSX 的行数上限，请导出 CSV 或缩小范围"
    en = "There are more rows than an XLSX sheet holds: take CSV, or narrow the list"


@dataclass(frozen=True, slots=True)
class Wording:
    """Titles by column, and names of stored values by column, in the reader's language."""

    titles: Mapping[str, str]
    names: Mapping[str, Mapping[str, str]]

    def row(self, e: EnterpriseView, columns: Sequence[str]) -> list[str]:
        def text(column: str) -> str:
            value = getattr(e, column)
            return "" if value is None else self.names.get(column, {}).get(value, str(value))

        return [text(column) for column in columns]


async def export_enterprises(by: Filter, kind: str, wording: Wording, *, who: Principal) -> IO[bytes]:
    """The finished file, at its beginning; it is gone when it is closed. ``kind``: csv | xlsx. Raises ``NotAllFound``, ``TooManyRows``."""
    columns = COLUMNS if who.sees_class else COLUMNS[:-1]
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the caller sends it, and closes it then
    try:
        async with transaction("repeatable_read"):
            if await search.count_unindexed():
                raise NotAllFound()
            writer: Writer = FORMATS[kind](file, [wording.titles[c] for c in columns])
            rows = 0
            async for stretch in search.stream_enterprises(who.scope, by, stretch=STRETCH):
                rows += len(stretch)
                if kind == "xlsx" and rows >= SHEET_ROWS:
                    raise TooManyRows()
                await asyncio.to_thread(writer.add, [wording.row(e, columns) for e in stretch])
            await asyncio.to_thread(writer.close)
            payload = {"filter": {k: v for k, v in asdict(by).items() if v}, "rows": rows, "format": kind, "with_class": who.sees_class}
            await ledger.record("registry.exported", actor=who.account_id, subject="enterprise", payload=payload)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file
