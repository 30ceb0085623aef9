"""Webhooks: the signature by its document, the waits, the verdicts, what may be seen of an address."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from backend.kernel.errors import Invalid
from backend.webhooks import rules


def test_the_signature_is_that_of_the_standards_own_example():
    """The test vector of github.com/standard-webhooks/standard-webhooks, libraries/python: the same in all its libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signature = rules.sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert rules.headers([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)["webhook-signature"] == signature
    other = rules.make_secret(b"0" * 32)
    both = rules.headers([other, secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)["webhook-signature"].split(" ")
    assert both == [rules.sign(other, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body), signature], "one of each secret, the one in force first"


def test_a_secret_has_the_shape_of_the_standard():
    secret = rules.make_secret(bytes(range(32)))
    assert secret.startswith("whsec_")
    assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"))) <= 64


@pytest.mark.parametrize(
    ("status", "attempts", "state"),
    [(200, 1, "sent"), (204, 8, "sent"), (None, 1, "failed"), (301, 1, "failed"),
     (404, 2, "failed"), (500, 7, "failed"), (500, 8, "dead"), (None, 8, "dead"), (410, 1, "dead")],
)  # fmt: skip
def test_what_a_try_means(status, attempts, state):
    assert rules.verdict(status, attempts) == state


def test_the_waits_grow_and_end_within_two_days():
    assert list(rules.WAITS) == sorted(rules.WAITS)
    assert timedelta(days=1) < sum(rules.WAITS, timedelta()) < timedelta(days=2)


def test_an_address_is_not_told_whole():
    assert rules.shown("https://hooks.example.com/services/T000/B000/secretpart") == "hooks.example.com/••••part"
    assert rules.shown("https://hooks.example.com/in?token=abcdef") == "hooks.example.com/••••cdef"
    assert rules.shown("https://hooks.example.com/in") == "hooks.example.com/in"


@pytest.mark.parametrize(("name", "events", "field"), [("", ["a"], "name"), ("x" * 81, ["a"], "name"), ("x", [], "events"), ("x", ["a", "c"], "events")])
def test_what_is_missing_is_named(name, events, field):
    with pytest.raises(Invalid) as e:
        rules.check(name, events, ("a", "b"))
    assert e.value.fields["field"] == field
