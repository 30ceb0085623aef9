"""The database freezes and draws exactly as the rules do, whatever the texts look like."""

from __future__ import annotations

import random
from uuid import uuid4

import pytest

from backend.draws import frame, queries, rules
from backend.kernel import merkle
from backend.storage.engine import connection, transaction
from backend.storage.relation import Relation

KEY = bytes(range(32))
ODD = ("宣威\"云岭\"", "a\\b", "tab\there", "nul\x01unit", "line\nbreak\r\b\f", "é\u2028", "𝄞雪", "</script>")


def source(rows):
    columns = list(zip(*rows, strict=True))
    return Relation(
        "select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[])"
        " as t (enterprise, code, county, industry, is_active, credit_class)",
        tuple(list(c) for c in columns),
    )


def some_rows(n, seed, odd=False):
    dice = random.Random(seed)
    ids = [f"9153{k:014}" for k in range(n)] if not odd else [f"{ODD[k % len(ODD)]}{k}" for k in range(n)]
    dice.shuffle(ids)
    return [
        (uuid4(), i, dice.choice(ODD[:2]) if odd else dice.choice(("530302", "530303")), dice.choice(ODD[:3]) if odd else dice.choice(("6210", "5251", "5252")),
         dice.random() < 0.9, dice.choice("ABCD"))
        for i in ids
    ]  # fmt: skip


@pytest.mark.parametrize("odd", [False, True])
@pytest.mark.parametrize("by_class", [False, True])
async def test_a_frame_is_what_the_rules_say(db, odd, by_class):
    rows = some_rows(300, 7, odd)
    excluded = {rows[3][0]: "X:OPEN", rows[4][0]: "X:FREQ"}
    draw = uuid4()
    async with transaction("repeatable_read"):
        frozen = await frame.freeze(draw, source(rows), excluded, salt_key=KEY, by_class=by_class)
        counts = await frame.count_states(source(rows), excluded)
    expected = []
    for enterprise, code, county, industry, is_active, credit_class in sorted(rows, key=lambda r: rules.utf8(r[1])):
        st = excluded.get(enterprise, "E") if is_active else "X:STATUS"
        class_code = credit_class if by_class else "-"
        commitment = rules.class_commitment(rules.salt(KEY, "class", code), class_code)
        expected.append(rules.FrameRow(code, county, f"{county}/{industry}", st, class_code, commitment))
    assert [r for r, _ in await queries.list_frame_rows(draw, KEY)] == expected
    assert frozen.root == rules.frame_root([r.public() for r in expected])
    assert frozen.n == 300
    assert sum(s.size for s in frozen.strata) == counts["E"] == sum(r.st == "E" for r in expected)


@pytest.mark.parametrize("deviations", [4, 0, -2])  # a margin as it is, none, and one that leaves most cells short
@pytest.mark.parametrize("rates", [{"-": (1, 20)}, {"-": (0, 1)}, {"-": (1, 1)}, {"-": (7, 1000)}])
async def test_the_drawn_are_those_of_the_rules(db, monkeypatch, rates, deviations):
    monkeypatch.setattr(frame, "_DEVIATIONS", deviations)
    draw = uuid4()
    async with transaction("repeatable_read"):
        frozen = await frame.freeze(draw, source(some_rows(3_000, 11)), {}, salt_key=KEY, by_class=False)
        for prk in (bytes(32), b"\xff" * 32, bytes(range(32))):
            found = await frame.select(draw, prk, rates, frozen.strata)
            rows = [(r.id, r.cell, r.class_code) for r, _ in await queries.list_frame_rows(draw, KEY) if r.st == "E"]
            expected = rules.select_objects(prk, rows, rates)
            assert [(c.class_code, c.cell, c.size, c.drawn) for c in found] == [
                (c.class_code, c.cell, len(c.order), c.order[: c.n]) for c in expected
            ]


async def test_cells_of_one_and_rates_by_class(db):
    """Tiny cells come up short of the part that is read, and are read whole."""
    rows = [(uuid4(), f"X{k}", "530302", f"{k}", True, "ABCD"[k % 4]) for k in range(200)]
    rates = {"A": (1, 50), "B": (1, 10), "C": (1, 2), "D": (1, 1)}
    draw = uuid4()
    async with transaction("repeatable_read"):
        frozen = await frame.freeze(draw, source(rows), {}, salt_key=KEY, by_class=True)
        found = await frame.select(draw, KEY, rates, frozen.strata)
        kept = [(r.id, r.cell, r.class_code) for r, _ in await queries.list_frame_rows(draw, KEY)]
    assert [i for c in found for i in c.drawn] == [i for c in rules.select_objects(KEY, kept, rates) for i in c.order[: c.n]]


async def test_an_empty_frame_has_the_empty_root(db):
    async with transaction("repeatable_read"):
        frozen = await frame.freeze(uuid4(), source([(uuid4(), "x", "y", "z", True, "A")]), {}, salt_key=KEY, by_class=False)
        assert frozen.n == 1
        empty = Relation("select null::uuid as enterprise, '' as code, '' as county, '' as industry, true as is_active, 'A' as credit_class where false", ())
        nothing = await frame.freeze(uuid4(), empty, {}, salt_key=KEY, by_class=False)
        assert (nothing.root, nothing.n) == (merkle.root([]).hex(), 0)
        assert await connection().fetchval("select count(*) from draw_frame_row") == 1
