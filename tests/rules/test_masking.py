"""Names of persons in open data: what is masked, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.publicity.masking import is_individual, is_persons_name, mask_person, open_name


@pytest.mark.parametrize(
    ("name", "masked"), [("张三", "张○"), ("张三丰", "张○○"), ("欧阳明", "欧阳○"), ("欧阳", "欧○"), ("司马相如", "司马○○"), ("张", "○"), (" 李四 ", "李○")]
)
def test_a_person_keeps_the_surname(name, masked):
    assert mask_person(name) == masked


@pytest.mark.parametrize(
    ("name", "kind", "keeper", "shown"),
    [
        ("张三", "individual", "张三", "张○"),
        ("陈立新", "individual", "", "陈○○"),
        ("欧阳立新", "individual", "", "欧阳○○"),
        ("麒麟区张三小吃店", "individual", "张三", "麒麟区张○小吃店"),
        ("曲靖市麒麟区张三饭店（张三）", "individual", "张三", "曲靖市麒麟区张○饭店（张○）"),
        ("王记米线店", "individual", "王大明", "王记米线店"),
        ("张三", "company", "张三", "张三"),
        ("曲靖张三食品有限公司", "company", "张三", "曲靖张三食品有限公司"),
        ("师宗县李四种植专业合作社", "cooperative", "李四", "师宗县李四种植专业合作社"),
        ("好再来", "individual", "李四", "好再来"),
        ("李家馆", "individual", "李四", "李家馆"),
        ("", "individual", "", ""),
    ],
)
def test_only_names_of_individual_businesses_are_masked(name, kind, keeper, shown):
    assert open_name(name, kind=kind, code="92530302MA6K000001", keeper=keeper) == shown


def test_an_individual_business_is_known_by_the_register_or_by_its_code():
    assert is_individual("individual", "530302600123456")
    assert is_individual("", "92530302MA6K000001")
    assert not is_individual("company", "92530302MA6K000001")
    assert not is_individual("", "91530302MA6K000001")


def test_trades_are_no_persons():
    assert not any(map(is_persons_name, ("王记", "李家馆", "好再来", "张三饭店", "A1", "张", "建设路小卖部")))


@given(st.text(alphabet="张王李欧阳三四明新丰", min_size=1, max_size=6))
def test_no_given_name_is_left_and_no_length_is_lost(name):
    masked = mask_person(name)
    assert len(masked) == max(len(name), 1)
    assert masked.endswith("○")
    assert set(masked.lstrip(name[:2])) <= {"○"} or masked[0] == name[0]
