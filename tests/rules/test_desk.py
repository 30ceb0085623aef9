"""Who a comment calls by name."""

from __future__ import annotations

from uuid import uuid4

import pytest

from backend.desk.rules import check_comment, check_run, find_mentions
from backend.kernel.errors import Invalid

WEN, WENHUA, CHEN = uuid4(), uuid4(), uuid4()
COLLEAGUES = {"李文": WEN, "李文华": WENHUA, "陈静": CHEN, "manager": CHEN}


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("@李文华请看照片", (WENHUA,)),
        ("@李文 请看，@陈静 也看", (WEN, CHEN)),
        ("@manager @陈静 同一个人", (CHEN,)),
        ("写信给 a@manager 不算，x.@陈静 也不算", ()),
        ("@managers 不是这个人", ()),
        ("没有人", ()),
        ("@无此人", ()),
        ("（@陈静）", (CHEN,)),
    ],
)
def test_who_is_called(text, called):
    assert find_mentions(text, COLLEAGUES) == called


def test_without_colleagues_nobody_is_called():
    assert find_mentions("@陈静", {}) == ()


@pytest.mark.parametrize("text", ["", "  \n", "长" * 2001])
def test_a_comment_says_something_and_not_too_much(text):
    with pytest.raises(Invalid):
        check_comment(text)


@pytest.mark.parametrize(("action", "count"), [("delete", 1), ("remind", 0), ("remind", 201)])
def test_what_no_run_can_be(action, count):
    with pytest.raises(Invalid):
        check_run(action, count)
