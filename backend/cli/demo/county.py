"""Enterprises, departments and officers of the demo county. Pure: the same seed gives the same county.

The dictionaries carry the columns of ``registry.tables`` and ``people.tables`` (dates as ``date``, coordinates in 1e-7
degrees) so that the loader copies them field by field. Proving test: ``tests/rules/test_demo_county.py``.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any, Final

from backend.cli.demo.names import BRANDS, COUNTIES, GIVEN, SURNAMES, TRADES, VILLAGES, County, Trade
from backend.registry.rules import make_uscc, pinyin_key

SEED: Final = 20261123
AS_OF: Final = date(2026, 11, 23)
# The commonest of the ways an enterprise may have left the register; in per mille, the rest is active.
_GONE: Final = (("deregistered", 38), ("revoked", 17), ("moved_out", 9))
_CLASSES: Final = (("A", 31), ("B", 46), ("C", 17), ("D", 6))


def make_enterprises(n: int = 3000, seed: int = SEED) -> list[dict[str, Any]]:
    """``n`` enterprises with distinct valid codes and distinct names.

    Keys: code, code_kind, name, name_key, region, industry, kind, status, address, legal_rep, phone, established_on,
    credit_class, lat_e7, lon_e7.
    """
    dice = random.Random(seed)
    names: set[str] = set()
    made = []
    for serial in range(n):
        county = dice.choices(COUNTIES, [c.weight for c in COUNTIES])[0]
        trade = dice.choices(TRADES, [t.weight for t in TRADES])[0]
        made.append(_enterprise(dice, serial, county, trade, names))
    return made


def _enterprise(dice: random.Random, serial: int, county: County, trade: Trade, names: set[str]) -> dict[str, Any]:
    kind = _kind(dice, trade)
    name = _name(dice, county, trade, kind, names)
    established_on = date(1998, 1, 5) + timedelta(days=int(10_300 * dice.random() ** 0.6))
    # Where the office sits decides the address, so that a rural trade is not put in the high street.
    in_town = not trade.is_rural and dice.random() < 0.8
    spread = 0.018 if in_town else 0.14
    return {
        "code": _code(dice, serial, county, kind),
        "code_kind": "uscc",
        "name": name,
        "name_key": pinyin_key(name),
        "region": county.code,
        "industry": trade.industry,
        "kind": kind,
        "status": _pick(dice, _GONE, 1000) or "active",
        "address": _address(dice, county, in_town),
        "legal_rep": _person(dice),
        "phone": f"0874-555{serial % 10000:04d}",
        "established_on": established_on,
        "credit_class": _pick(dice, _CLASSES, 100) or "B",
        "lat_e7": round((county.lat + dice.gauss(0, spread)) * 10**7),
        "lon_e7": round((county.lon + dice.gauss(0, spread)) * 10**7),
    }


def _pick(dice: random.Random, shares: tuple[tuple[str, int], ...], whole: int) -> str | None:
    at = dice.randrange(whole)
    for key, share in shares:
        if at < share:
            return key
        at -= share
    return None


def _kind(dice: random.Random, trade: Trade) -> str:
    if trade.industry in ("0141", "0519") and dice.random() < 0.7:
        return "cooperative"
    if dice.randrange(100) < trade.individuals:
        return "individual"
    if trade.industry in ("5251", "5265", "5212") and dice.random() < 0.45:
        return "branch"
    return "sole_proprietorship" if dice.random() < 0.05 else "company"


def _code(dice: random.Random, serial: int, county: County, kind: str) -> str:
    authority = {"individual": "92", "cooperative": "93"}.get(kind, "91")
    # 999,983 is prime, so the stride visits every number once and neighbours in the list do not get neighbouring codes.
    body = f"YQ{(serial * 7919 + 104_729) % 999_983:06d}"
    return make_uscc(authority + (county.uscc_region or county.code), body)


def _name(dice: random.Random, county: County, trade: Trade, kind: str, names: set[str]) -> str:
    for attempt in range(200):
        brand, word = dice.choice(BRANDS), dice.choice(trade.words)
        if attempt > 20:
            brand += dice.choice("兴盛昌荣旺发达通宝丰")
        place = f"曲靖市{county.name}" if county.name[-1] == "区" and county.code.isdigit() else county.name
        if county.code == "5303K1":
            place = "曲靖经济技术开发区"
        if kind == "individual":
            suffix = dice.choice(trade.shop_suffixes)
            name = f"{place}{brand}{word}{'' if word.endswith(suffix) else suffix}"
        elif kind == "cooperative":
            name = f"{place}{brand}{word}农民专业合作社"
        elif kind == "branch":
            near = "开发区" if county.code == "5303K1" else county.name[:2]
            name = f"曲靖{brand}{word}有限公司{near}{dice.choice('一二三四五六七八九')}分店"
        elif kind == "sole_proprietorship":
            name = f"{place}{brand}{word}厂（个人独资）" if "厂" not in word else f"{place}{brand}{word}"
        elif trade.industry == "8310":
            name = f"{place}{brand}{word}有限公司"
        else:
            name = dice.choice((f"{place}{brand}{word}有限公司", f"曲靖{brand}{word}有限责任公司", f"云南{brand}{word}有限公司"))
        if name not in names:
            names.add(name)
            return name
    raise AssertionError("the word lists are too short for so many enterprises")


def _address(dice: random.Random, county: County, in_town: bool) -> str:
    head = "云南省曲靖市" + (county.name if county.code.isdigit() else "经济技术开发区")
    if in_town:
        unit = dice.choice(
            ("", "", "", f"附{dice.randint(1, 9)}号", "1 层商铺", f"{dice.randint(1, 4)} 幢 1 层 {dice.randint(101, 128)} 室")
        )
        return f"{head}{dice.choice(county.towns[:3])}{dice.choice(county.streets)}{dice.randint(1, 480)}号{unit}"
    return f"{head}{dice.choice(county.towns[2:] or county.towns)}{dice.choice(VILLAGES)}{dice.randint(1, 180)}号"


def _person(dice: random.Random) -> str:
    return dice.choice(SURNAMES) + dice.choice(GIVEN)


def departments() -> list[dict[str, str]]:
    """The three authorities of the demo: code, name_zh, name_en."""
    return [
        {"code": "scjg", "name_zh": "市场监督管理局", "name_en": "Administration for Market Regulation"},
        {"code": "xfjy", "name_zh": "消防救援支队", "name_en": "Fire and Rescue Brigade"},
        {"code": "sthj", "name_zh": "生态环境局", "name_en": "Ecology and Environment Bureau"},
    ]


def qualifications() -> dict[str, tuple[str, str]]:
    """岗位资质 by code: zh, en."""
    return {
        "law": ("行政执法", "Administrative law enforcement"),
        "food": ("食品安全检查", "Food-safety inspection"),
        "drug": ("药品检查", "Drug inspection"),
        "equipment": ("特种设备安全监察", "Special-equipment safety supervision"),
        "fire": ("消防监督检查", "Fire supervision"),
        "environment": ("生态环境执法", "Environmental law enforcement"),
        "hazwaste": ("危险废物核查", "Hazardous-waste inspection"),
    }


# department, special qualifications beyond "law", counties ("" = the whole city)
_POSTS: Final = (
    ("scjg", ("food", "drug"), ""),
    ("scjg", ("food", "drug"), ""),
    ("scjg", ("food",), "530302 5303K1"),
    ("scjg", ("food", "drug"), "530302 530303"),
    ("scjg", ("drug",), "530302 530303 530304"),
    ("scjg", ("equipment",), ""),
    ("scjg", ("equipment",), ""),
    ("scjg", ("food", "equipment"), "530322 530323"),
    ("scjg", ("food",), "530322 530323 530324"),
    ("scjg", ("food", "drug"), "530324 530325"),
    ("scjg", ("food",), "530326 530381"),
    ("scjg", ("drug", "equipment"), "530326 530381"),
    ("xfjy", ("fire",), ""),
    ("xfjy", ("fire",), ""),
    ("xfjy", ("fire",), "530302 530303 5303K1"),
    ("xfjy", ("fire",), "530304 530322 530323"),
    ("xfjy", ("fire",), "530324 530325"),
    ("xfjy", ("fire",), "530326 530381"),
    ("sthj", ("environment", "hazwaste"), ""),
    ("sthj", ("environment", "hazwaste"), ""),
    ("sthj", ("environment",), ""),
    ("sthj", ("environment",), "530302 530303 530304 5303K1"),
    ("sthj", ("environment", "hazwaste"), "530322 530323 530324 530325"),
    ("sthj", ("environment",), "530326 530381"),
)


def make_inspectors(seed: int = SEED, as_of: date = AS_OF) -> list[dict[str, Any]]:
    """24 officers: name, department, certificate_no, certificate_expires_on, qualifications, counties, phone, is_valid.

    One certificate has run out and one officer is suspended, so that the pools show why somebody is left out.
    """
    dice = random.Random(seed + 1)
    everywhere = [c.code for c in COUNTIES]
    taken: set[str] = set()
    made: list[dict[str, Any]] = []
    for number, (department, special, counties) in enumerate(_POSTS, 1):
        name = _person(dice)
        while name in taken:
            name = _person(dice)
        taken.add(name)
        expires = as_of + timedelta(days=dice.randint(120, 1700))
        made.append(
            {
                "name": name,
                "department": department,
                "certificate_no": f"滇D{dice.randint(1, 9)}555{number:04d}",
                "certificate_expires_on": as_of - timedelta(days=23) if number == 9 else expires,
                "qualifications": ["law", *special],
                "counties": counties.split() or everywhere,
                "phone": f"0874-555{9000 + number}",
                "is_valid": number != 17,
            }
        )
    return made
