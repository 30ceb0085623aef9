"""A failure in the log says where and what, and none of the values that were at hand."""

from __future__ import annotations

import json

import pytest

from backend.kernel.failures import describe, trace

SECRETS = ("13800000001", "correct horse", "sid=Zk3", "530302199001011234", "王小明")


def failing(secret: str) -> Exception:
    try:
        try:
            int(f"{secret}x")
        except ValueError as e:
            raise KeyError(secret) from e
    except KeyError as e:
        return e
    raise AssertionError


@pytest.mark.parametrize("secret", SECRETS)
def test_the_values_are_left_out_and_the_places_are_not(secret):
    said = trace(failing(secret))
    assert secret not in said
    assert 'int(f"{secret}x")' in said and "test_failures.py" in said, "the program's text is no value"
    assert "ValueError: invalid literal for int() with base 10: '…'" in said
    assert "KeyError: '…'" in said


def test_what_the_database_says_of_the_row_is_left_out():
    class CheckViolationError(Exception):
        pass

    first = 'new row for relation "tip" violates check constraint "tip_state"'
    said = describe(CheckViolationError(f"{first}\nDETAIL:  Failing row contains (王小明, 13800000001)."))
    assert said.endswith(f"CheckViolationError: {first}")


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "shape", ["it's '{}'", "no end to '{}", "“{}”", 'x "{}" y', "{!r}", "b'{}'", "name='{}'", "{{'phone': '{}'}}", "{{\"phone\": \"{}\"}}"]
)
def test_however_it_is_quoted(secret, shape):
    assert secret not in describe(ValueError(shape.format(secret)))


def test_names_stay():
    words = "'NoneType' object has no attribute 'enterprise_name'"
    assert describe(AttributeError(words)) == f"AttributeError: {words}"


def test_a_group_shows_its_members():
    said = trace(ExceptionGroup("two", [failing("13800000001"), OSError(28, "No space left on device")]))
    assert "Member 1" in said and "Member 2" in said and "No space left on device" in said
    assert "13800000001" not in said


def test_a_chain_without_end_is_cut():
    error = ValueError("x")
    error.__context__ = KeyError("y")
    error.__context__.__context__ = error
    assert len(trace(error)) < 5000
    assert json.dumps(trace(error))
