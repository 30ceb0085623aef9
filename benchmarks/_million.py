"""A register of any size from the words of the demo county, ready for COPY: every row by chance, the same seed the same rows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from backend.cli.demo.names import BRANDS, COUNTIES, GIVEN, SURNAMES, TRADES, VILLAGES
from backend.registry.rules import make_uscc, pinyin_key

COLUMNS = (
    "id", "code", "code_kind", "name", "name_key", "region", "industry", "kind", "status", "address", "legal_rep", "phone",
    "established_on", "credit_class", "qr_token", "version", "created_at", "updated_at",
)  # fmt: skip
_SECOND = "兴盛昌荣旺发达通宝丰源恒泰信诚和顺福康安宁远新华美佳乐欣悦锦鸿瑞祥吉利隆茂裕升腾飞云海山河林森春秋金玉珠明光辉"
_SYLLABLE = cache(pinyin_key)


def rows(n: int, at: object, seed: int = 1) -> Iterator[tuple[Any, ...]]:
    """``n`` enterprises in the order of ``COLUMNS``; ``at`` is the time of their entry."""
    dice = random.Random(seed)  # noqa: S311 - the same rows each time
    counties, county_weights = COUNTIES, [c.weight for c in COUNTIES]
    trades, trade_weights = TRADES, [t.weight for t in TRADES]
    for serial in range(n):
        county = dice.choices(counties, county_weights)[0]
        trade = dice.choices(trades, trade_weights)[0]
        alone = dice.randrange(100) < trade.individuals
        place = ("曲靖市", county.name) if county.name[-1] == "区" else (county.name,)
        brand = (dice.choice(BRANDS), dice.choice(_SECOND) if dice.random() < 0.7 else "")
        end = dice.choice(trade.shop_suffixes) if alone else "有限公司"
        head = place if alone or dice.random() < 0.5 else ("曲靖",) if dice.random() < 0.5 else ("云南",)
        parts = [p for p in (*head, *brand, dice.choice(trade.words), end) if p]
        region = county.uscc_region or county.code
        code = make_uscc(("92" if alone else "91") + region, f"{'KQX'[serial // 1_000_000 % 3]}{serial % 10_000_000:07d}")
        town = dice.choice(county.towns)
        yield (
            UUID(int=dice.getrandbits(128), version=4),
            code,
            "uscc",
            "".join(parts),
            " ".join(_SYLLABLE(p) for p in parts),
            county.code,
            trade.industry,
            "individual" if alone else "company",
            "active" if dice.random() < 0.93 else "deregistered",
            f"云南省曲靖市{county.name}{town}{dice.choice(county.streets if dice.random() < 0.7 else VILLAGES)}{dice.randint(1, 480)}号",
            dice.choice(SURNAMES) + dice.choice(GIVEN),
            f"0874-{serial % 10_000_000:07d}",
            date(1998, 1, 5) + timedelta(days=dice.randrange(10_000)),
            dice.choices("ABCD", (31, 46, 17, 6))[0],
            f"q{serial}",
            1,
            at,
            at,
        )
