"""Column by column gives what row by row gives, for every row that it vouches for; and it vouches for nearly all that are right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import example, given, settings
from hypothesis import strategies as st

from backend.cli.demo.county import make_enterprises
from backend.cli.demo.samples import _cells
from backend.registry.bulk import COLUMNS, Judge, check_columns, is_plain_uscc
from backend.registry.rules import FIELDS, EnterpriseDraft, is_uscc, shipped_codebook
from backend.registry.uscc import ALPHABET, make_uscc

TODAY = date(2026, 11, 25)
SOUND = [_cells(e) for e in make_enterprises(300, seed=3)]


def judge(region: str = "") -> Judge:
    return Judge(shipped_codebook(), TODAY, region)


def compare(rows: list[list[str]], region: str = "") -> set[int]:
    """Hold both ways against each other; returns the places of doubtful rows."""
    columns = {name: [row[i] for row in rows] for i, name in enumerate(FIELDS)}
    ready, doubtful = check_columns(columns, judge(region))
    for place, row in enumerate(rows):
        if place in doubtful:
            continue
        values = dict(zip(FIELDS, row, strict=True))
        draft = judge(region).check_row(values)
        assert isinstance(draft, EnterpriseDraft), values
        for name, column in zip(COLUMNS, ready, strict=True):
            told, found = getattr(draft, name), column[place]
            if found is None:
                assert name in FIELDS
                assert not values[name].replace("\ufeff", "").strip()
            else:
                assert found == ("" if told is None else str(told)), name
    return doubtful


def test_the_demo_county_is_vouched_for_whole():
    assert compare(SOUND) == set()


def test_a_row_of_another_region_is_looked_at():
    doubtful = compare(SOUND, "530302")
    assert {i for i, row in enumerate(SOUND) if row[2] != "麒麟区"} == doubtful


ODD = st.one_of(
    st.sampled_from(["", " ", "53", "麒麟区", "昆明市", "公司", "有限责任公司(自然人独资)", "注销", "B类", "长期", "2011/8/3", "40758", "9999-09-09"]),
    st.sampled_from(["0874-5550000", "0874-5550000/13988887777", "1.39E+10", "362322198709086409", "张三 362322198709086409", "\ufeff甲", "甲\u3000乙"]),
    st.sampled_from([row[0] for row in SOUND[:20]]),
    st.sampled_from([make_uscc("91530302", "YQ000001").lower(), "530300100012345", "5303001000123", "9.153E+17", "x" * 201]),
    st.text(st.characters(codec="utf-8"), max_size=20),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(SOUND), st.dictionaries(st.integers(0, 10), ODD, max_size=2)), min_size=1, max_size=6))
@example([(SOUND[0], {4: "", 0: "530300100012345"})])
@example([(SOUND[1], {4: " ", 9: "\ufeff"})])
@example([(SOUND[0], {8: "0874-5550000、、13988887777"})])
@example([(SOUND[0], {9: "2027-01-01"})])
def test_any_row(made: list[tuple[list[str], dict[int, str]]]):
    compare([[changes.get(i, cell) for i, cell in enumerate(row)] for row, changes in made])


@settings(max_examples=500, deadline=None)
@given(st.text(ALPHABET, min_size=18, max_size=18) | st.sampled_from([row[0] for row in SOUND]), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_the_fast_code_check_is_the_code_check(code: str, place: int, instead: str):
    for text in (code, code[:place] + instead + code[place + 1 :]):
        assert is_plain_uscc(text) == is_uscc(text)


def test_the_tables_of_the_office_count_and_not_ours():
    book = shipped_codebook()
    closed = {k: replace(r, valid_to=date(2026, 1, 1)) if r.name_zh == "麒麟区" else r for k, r in book.regions.items()}
    columns = {name: [SOUND[0][i]] for i, name in enumerate(FIELDS)} | {"region": ["麒麟区"]}
    assert check_columns(columns, Judge(replace(book, regions=closed), TODAY))[1] == {0}
