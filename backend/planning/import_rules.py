"""A spreadsheet of a plan's lines, row by row: what each says, or everything that is wrong with it. Pure. Proven by tests/rules/test_planning.py."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from backend.inspections.rules import CLASSES, Plan
from backend.planning.rules import FIELD_NAMES, Line, values_of

NEW, CHANGED, SAME, BAD = "new", "changed", "same", "bad"
_FIXED = re.compile(r"(\d{1,6})\s*(?:户|家|个)?")
_PERCENT = r"(\d{1,3}(?:\.\d)?)\s*%"
_CLASS = re.compile(rf"([A-D])\s*(?:类|级)?\s*[:=]?\s*{_PERCENT}")


@dataclass(frozen=True, slots=True)
class Book:
    """What a cell may call a thing -> its code. By code and by either name."""

    items: Mapping[str, str]
    counties: Mapping[str, str]
    industries: Mapping[str, str]
    departments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Judged:
    """One row. ``line`` None: it could not be read. ``zh``/``en``: what is wrong, each with its field."""

    row_no: int
    name: str
    verdict: str
    line: Line | None
    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


@dataclass(slots=True)
class _Faults:
    zh: list[str] = field(default_factory=list)
    en: list[str] = field(default_factory=list)

    def note(self, name: str, cell: str, zh: str, en: str) -> None:
        said = f"“{cell[:40]}”" if cell else ""
        self.zh.append(f"{FIELD_NAMES[name][0]}{said}：{zh}")
        self.en.append(f"{FIELD_NAMES[name][1]}{f' {said}' if said else ''}: {en}")


def read_rates(text: str) -> tuple[str, dict[str, int | tuple[int, int]]] | None:
    """``20户`` -> fixed; ``5%`` -> rate; ``A 2% B 10% C 30% D 80%`` -> classes, in any order and punctuation. None for what is none of them."""
    text = unicodedata.normalize("NFKC", text).strip().upper()
    if found := _FIXED.fullmatch(text):
        return "fixed", {"n": int(found[1])}
    if found := re.fullmatch(_PERCENT, text):
        return "rate", {"-": _fraction(found[1])}
    pairs = _CLASS.findall(text)
    if sorted(name for name, _n in pairs) == list(CLASSES) and not re.sub(r"[\s,;、·/]", "", _CLASS.sub("", text)):
        return "classes", {name: _fraction(n) for name, n in pairs}
    return None


def _fraction(percent: str) -> tuple[int, int]:
    whole, dot, tenth = percent.partition(".")
    return (int(whole) * 10 + int(tenth), 1000) if dot else (int(whole), 100)


def write_rates(plan: Plan) -> str:
    """What ``read_rates`` reads again."""
    if plan.rate_mode == "fixed":
        return f"{plan.rates['n']}户"

    def said(rate: int | tuple[int, int]) -> str:
        return f"{100 * rate[0] / rate[1]:g}%" if isinstance(rate, tuple) else ""

    return said(plan.rates["-"]) if plan.rate_mode == "rate" else " ".join(f"{c} {said(plan.rates[c])}" for c in CLASSES)


def find_codes(text: str, known: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """(codes, what is not known) of a cell that names several. A name may itself contain a separator: the longest that is known is taken."""
    codes: list[str] = []
    unknown: list[str] = []
    for piece in re.split(r"[;；|\n]", text):
        # Parts and the separators between them, by turns.
        parts = re.split(r"([,，、])", piece.strip())
        at = 0
        while at < len(parts):
            fits = (end for end in range(len(parts), at, -2) if "".join(parts[at:end]).strip() in known)
            end = next(fits, at + 1)
            name = "".join(parts[at:end]).strip()
            if name in known:
                codes.append(known[name])
            elif name:
                unknown.append(name)
            at = end + 1
    return list(dict.fromkeys(codes)), unknown


def judge_rows(
    rows: Sequence[tuple[int, Mapping[str, str]]], existing: Mapping[str, Line], *, department: str, plan: UUID, book: Book
) -> list[Judged]:
    """``rows``: (number in the file, texts by field; dates as ISO 8601). ``existing``: the plan's lines by name.

    A row of a name that is there changes that line; the key of a new one follows from plan and name, so that a file sent twice adds nothing.
    """
    seen: dict[str, int] = {}
    found = []
    for row_no, texts in rows:
        judged = _judge(row_no, texts, existing, department, plan, book)
        if judged.name and judged.name in seen:
            first = seen[judged.name]
            judged = Judged(row_no, judged.name, BAD, None, (*judged.zh, f"项目名称与第 {first} 行重复"), (*judged.en, f"row {first} has the same name"))
        seen.setdefault(judged.name, row_no)
        found.append(judged)
    return found


def _judge(row_no: int, texts: Mapping[str, str], existing: Mapping[str, Line], department: str, plan: UUID, book: Book) -> Judged:
    faults = _Faults()
    cell = {name: unicodedata.normalize("NFC", texts.get(name, "")).strip() for name in FIELD_NAMES}
    name = cell["name"]
    if not name:
        faults.note("name", "", "必填", "is needed")
    lists: dict[str, list[str]] = {}
    for what, known in (("items", book.items), ("counties", book.counties), ("industries", book.industries), ("partners", book.departments)):
        text = "" if what == "industries" and cell[what] in ("全部", "不限", "all", "All") else cell[what]
        lists[what], unknown = find_codes(text, known)
        for piece in unknown:
            faults.note(what, piece, "没有这个名称或代码", "there is no such name or code")
    rates = read_rates(cell["rates"])
    if rates is None:
        faults.note("rates", cell["rates"], "应如 20户、5% 或 A 2% B 10% C 30% D 80%", "write 20户, 5% or A 2% B 10% C 30% D 80%")
    days = {what: _day(cell[what]) for what in ("first_on", "due_on")}
    for what, day in days.items():
        if day is None:
            faults.note(what, cell[what], "不是日期", "is no date")
    numbers = {what: _number(cell[what]) for what in ("officers_per_visit", "yearly_cap")}
    for what in ("officers_per_visit", "yearly_cap"):
        if cell[what] and numbers[what] is None:
            faults.note(what, cell[what], "须为整数", "must be a whole number")
    first_on, due_on = days["first_on"], days["due_on"]
    if faults.zh or rates is None or first_on is None or due_on is None:
        return Judged(row_no, name, BAD, None, tuple(faults.zh), tuple(faults.en))
    campaign = Plan(
        name=name,
        items=tuple(lists["items"]),
        department=department,
        partners=tuple(lists["partners"]),
        counties=tuple(lists["counties"]),
        industries=tuple(lists["industries"]),
        rate_mode=rates[0],
        rates=rates[1],
        officers_per_visit=2 if numbers["officers_per_visit"] is None else numbers["officers_per_visit"],
        due_on=due_on,
        yearly_cap=numbers["yearly_cap"],
    )
    before = existing.get(name)
    line = Line(before.key if before else uuid5(plan, name), campaign, first_on, cell["responsible"], cell["notes"])
    verdict = NEW if before is None else SAME if values_of(before) == values_of(line) else CHANGED
    return Judged(row_no, name, verdict, line)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(text: str) -> int | None:
    found = re.fullmatch(r"(\d{1,4})\s*(?:人|名|次)?", unicodedata.normalize("NFKC", text))
    return int(found[1]) if found else None


def refuse(judged: Judged, fields: Mapping[str, Any]) -> Judged:
    """The row with the fault that the rules of a line found: the fields of an ``Invalid``."""
    faults = _Faults()
    faults.note(str(fields["field"]), "", str(fields["why_zh"]), str(fields["why_en"]))
    return Judged(judged.row_no, judged.name, BAD, None, (*judged.zh, *faults.zh), (*judged.en, *faults.en))
