"""开放数据文件 The open data as files: CSV for people with a spreadsheet, NDJSON for programs; rows come in stretches, however many there are."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from backend.draws import queries as draws
from backend.exchange.rules import escape_cell
from backend.kernel.errors import NotFound
from backend.publicity import search
from backend.registry import listings
from backend.registry.listings import ListingFilter
from backend.usecases import open_data
from backend.usecases.open_data import Coded, OpenCampaign, OpenCount, OpenDraw, OpenListing, OpenResult
from backend.usecases.open_fields import FIELDS

STRETCH: Final = 1000
FORMATS: Final = ("csv", "ndjson")
BOM: Final = "\ufeff"
Rows = AsyncIterator[Sequence[msgspec.Struct]]


@dataclass(frozen=True, slots=True)
class Dataset:
    """``record``: the shape of a row; ``period``: "", "month" or "year", what a file of it covers."""

    name: str
    zh: str
    en: str
    record: type[msgspec.Struct]
    period: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        return self.record.__struct_fields__


DATASETS: Final = {
    d.name: d
    for d in (
        Dataset("results", "公示结果（按完成月份）", "Published results, by month of completion", OpenResult, "month"),
        Dataset("draws", "公开抽取及抽中之后", "Public draws and what became of what they drew", OpenDraw),
        Dataset("campaigns", "抽查任务和不经抽取的检查", "Campaigns, and visits that were opened without a draw", OpenCampaign),
        Dataset("lists", "现行名单", "Lists in force", OpenListing),
        Dataset("statistics", "统计（按年）", "Counts, by year", OpenCount, "year"),
    )
}
_NAME: Final = re.compile(r"([a-z]+)(?:-(\d{4})(?:-(\d{2}))?)?\.(csv|ndjson)")


@dataclass(frozen=True, slots=True)
class File:
    """One file: its rows, and a mark that is another one whenever they are others; without a mark the rows are few and are made at once."""

    dataset: Dataset
    format: str
    rows: Callable[[], Rows]
    mark: str | None

    @property
    def media_type(self) -> str:
        return "text/csv; charset=utf-8" if self.format == "csv" else "application/x-ndjson"


async def find_file(name: str) -> File:
    """``results-2026-11.csv``, ``statistics-2026.ndjson``, ``draws.csv``. Raises ``NotFound`` for what is no file of ours."""
    found = _NAME.fullmatch(name)
    dataset = DATASETS.get(found[1]) if found else None
    if found is None or dataset is None or dataset.period != ("month" if found[3] else "year" if found[2] else ""):
        raise NotFound()
    try:
        first = date(int(found[2] or 2000), int(found[3] or 1), 1)
    except ValueError as e:
        raise NotFound() from e
    last = _month_end(first) if dataset.period == "month" else date(first.year, 12, 31)
    if dataset.name == "results":
        return File(dataset, found[4], lambda: _results(first, last), await search.mark_of_completed(first, last))
    if dataset.name == "lists":
        return File(dataset, found[4], _lists, await listings.mark_of_in_force())
    small = {"draws": _draws, "campaigns": _campaigns, "statistics": lambda: _counts(first, last)}[dataset.name]
    return File(dataset, found[4], small, None)


def _month_end(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


async def _results(first: date, last: date) -> Rows:
    after = None
    while found := await search.list_completed(first, last, after=after, limit=STRETCH):
        after = (found[-1].completed_on, found[-1].number)
        yield await open_data.open_results(found)


async def _lists() -> Rows:
    after = ""
    while found := await listings.list_in_force(ListingFilter(), after=after, limit=STRETCH):
        after = listings.cursor_of(found[-1])
        yield open_data.open_listings(found)


async def _draws() -> Rows:
    before = ""
    while found := await draws.list_draws(200, before):
        before = found[-1].draw_id
        yield await open_data.open_draws(found)


async def _campaigns() -> Rows:
    before = ""
    while found := await open_data.list_campaigns(before=before, limit=STRETCH):
        before = found[-1].campaign_number
        yield found


async def _counts(first: date, last: date) -> Rows:
    yield await open_data.list_counts(first, last)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list | tuple):
        return "；".join(f"{v.code} {v.zh}" if isinstance(v, Coded) else str(v) for v in value)
    text: str = value if isinstance(value, str) else str(msgspec.to_builtins(value))
    return escape_cell(text)


def _csv_lines(rows: Sequence[Sequence[str]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode()


async def write(file: File, *, bom: bool = True) -> AsyncIterator[bytes]:
    """The file, a stretch at a time. CSV (RFC 4180) has the names of the fields as its head, and a mark of UTF-8 for spreadsheets unless it is unwanted."""
    columns = file.dataset.columns
    if file.format == "csv":
        yield (BOM if bom else "").encode() + _csv_lines([columns])
    async for stretch in file.rows():
        if file.format == "csv":
            yield _csv_lines([[_cell(getattr(row, column)) for column in columns] for row in stretch])
        else:
            yield b"".join(msgspec.json.encode(row) + b"\n" for row in stretch)


def schema_of(dataset: Dataset) -> list[tuple[str, str, str]]:
    """(field, what it means in Chinese, in English)."""
    return [(column, *FIELDS[column]) for column in dataset.columns]
