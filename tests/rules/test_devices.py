"""Who may ask for a passkey, and which phone may hand in what. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from backend.people.rules import Key, RelyingParty, may_hand_in, relying_party


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://jiancha.example.gov.cn", RelyingParty("jiancha.example.gov.cn", "https://jiancha.example.gov.cn")),
        ("https://jiancha.example.gov.cn:8443", RelyingParty("jiancha.example.gov.cn", "https://jiancha.example.gov.cn:8443")),
        ("https://jiancha.example.gov.cn:443/", RelyingParty("jiancha.example.gov.cn", "https://jiancha.example.gov.cn")),
        ("http://localhost:8000", RelyingParty("localhost", "http://localhost:8000")),
        ("http://jiancha.example.gov.cn", None),
        ("https://10.1.2.3", None),
        ("https://[::1]:8000", None),
    ],
)
def test_a_passkey_needs_a_name_and_https(address, expected):
    assert relying_party(address) == expected


A, B = uuid4(), uuid4()
MON, TUE, WED, THU = (datetime(2026, 11, d, tzinfo=UTC) for d in (23, 24, 25, 26))


@pytest.mark.parametrize(
    ("signing", "by", "may"),
    [
        (Key(A, MON, None), None, True),
        (Key(A, MON, None), Key(A, TUE, None), True),  # several phones
        (Key(A, MON, WED), None, False),
        (Key(A, MON, WED), Key(A, MON, WED), False),  # the lost phone itself
        (Key(A, MON, WED), Key(A, TUE, None), False),  # enrolled before the loss was reported
        (Key(A, MON, WED), Key(A, THU, None), True),
        (Key(A, MON, TUE), Key(A, WED, THU), False),  # lost again
        (Key(A, MON, WED), Key(B, THU, None), False),
    ],
)
def test_what_a_lost_phone_signed_comes_only_from_its_owner_s_new_one(signing, by, may):
    assert may_hand_in(signing, by) is may
