"""Codes the register knows: regions (GB/T 2260 with local additions) and industries (GB/T 4754).

The shipped tables in ``data/`` fill the database once; the office edits them there. Rules take a ``Codebook``, so a
check runs against whichever table the caller loaded.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class RegionCode:
    """One region code; ``valid_to`` is the first day on which it no longer holds."""

    code: str
    name_zh: str
    name_en: str
    parent: str | None
    valid_from: date | None
    valid_to: date | None
    source: str


@dataclass(frozen=True)
class IndustryCode:
    code: str
    name_zh: str
    name_en: str
    edition: str


@dataclass(frozen=True)
class Codebook:
    """Regions and industries by code."""

    regions: Mapping[str, RegionCode]
    industries: Mapping[str, IndustryCode]

    @classmethod
    def of(cls, regions: Iterable[RegionCode], industries: Iterable[IndustryCode]) -> Codebook:
        return cls({r.code: r for r in regions}, {i.code: i for i in industries})

    def find_region(self, text: str) -> RegionCode | None:
        """The county that a code, a name or the tail of a longer name means; retired codes lead to their successor.

        ``530302``, ``麒麟区``, ``麒麟``, ``云南省曲靖市麒麟区``, ``曲靖经开区`` -> the row; None when nothing or more than one fits.
        """
        text = "".join(text.split())
        found = self.regions.get(text.upper())
        if found is None and text.isdigit() and len(text) > 6:
            found = self.regions.get(text[:6])  # twelve-digit street codes begin with the county's six
        if found is None and text:
            # "曲靖市麒麟区": the longest name that the text ends with, so that 曲靖市 itself is not taken first.
            fits = [r for r in self.regions.values() if text.endswith(r.name_zh)] or [
                r for r in self.regions.values() if text in (r.name_en, _stem(r.name_zh), *_SHORT.get(r.name_zh, ()))
            ]
            longest = max((len(r.name_zh) for r in fits), default=0)
            fits = [r for r in fits if len(r.name_zh) == longest]
            stems = {_stem(r.name_zh) for r in fits}
            found = next((r for r in fits if r.valid_to is None), fits[0]) if len(stems) == 1 else None
        if found and found.valid_to is not None:
            stem, parent = _stem(found.name_zh), found.parent
            return next((r for r in self.regions.values() if r.valid_to is None and r.parent == parent and _stem(r.name_zh) == stem), found)
        return found

    def find_industry(self, text: str) -> IndustryCode | None:
        """The class that ``6210``, ``H6210`` (with its section letter) or ``正餐服务`` means."""
        text = "".join(text.split()).upper()
        bare = text[1:] if text[:1].isalpha() and text[1:].isdigit() else text
        if bare.isdigit() and len(bare) == 3:
            bare = f"0{bare}"  # a spreadsheet ate the leading zero of 0610
        return self.industries.get(bare) or next((i for i in self.industries.values() if i.name_zh == text), None)

    def has_children(self, code: str) -> bool:
        return any(r.parent == code for r in self.regions.values())


_SHORT = {"曲靖经济技术开发区": ("曲靖经开区", "经开区", "经济技术开发区", "曲靖开发区")}


def _stem(name: str) -> str:
    return name[:-1] if len(name) > 2 and name[-1] in "省市区县" else name


def _rows(filename: str) -> list[dict[str, str]]:
    return list(csv.DictReader(files("backend.registry").joinpath("data", filename).read_text("utf-8").splitlines()))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


@cache
def shipped_codebook() -> Codebook:
    """The tables in ``backend/registry/data``."""
    return Codebook.of(
        (
            RegionCode(r["code"], r["name_zh"], r["name_en"], r["parent"] or None, _day(r["valid_from"]), _day(r["valid_to"]), r["source"])
            for r in _rows("regions.csv")
        ),
        (IndustryCode(r["code"], r["name_zh"], r["name_en"], r["edition"]) for r in _rows("industries.csv")),
    )
