"""The leaky bucket, and who counts as one visitor behind which proxies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from backend.limits.rules import Limit, network, next_full, read_address, seconds_to_wait, visitor

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
TEN = Limit("test", 10, timedelta(seconds=60))


def spend(full: datetime | None, now: datetime, times: int) -> tuple[datetime | None, int]:
    let_in = 0
    for _ in range(times):
        after = next_full(full, now, TEN)
        if after is not None:
            full, let_in = after, let_in + 1
    return full, let_in


def test_a_bucket_takes_its_measure_and_leaks_evenly():
    full, let_in = spend(None, NOW, 25)
    assert let_in == 10
    assert full is not None
    assert seconds_to_wait(full, NOW, TEN) == 6
    full, let_in = spend(full, NOW + timedelta(seconds=6), 25)
    assert let_in == 1
    full, let_in = spend(full, NOW + timedelta(seconds=66), 25)
    assert let_in == 10


def test_an_idle_bucket_is_empty_and_no_more_than_empty():
    full, _ = spend(None, NOW, 3)
    assert spend(full, NOW + timedelta(days=9), 25)[1] == 10


def test_a_clock_that_jumped_locks_nobody_out():
    full, _ = spend(None, NOW + timedelta(days=365), 10)
    assert spend(full, NOW, 25)[1] == 10


def test_servers_whose_clocks_differ_a_little_share_a_bucket():
    full, _ = spend(None, NOW + timedelta(seconds=90), 10)
    assert spend(full, NOW, 25)[1] == 0


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix", "unix"),
    ],
)
def test_who_counts_as_one(address: str, counted: str):
    assert network(address) == counted


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" 192.0.2.7 ", "192.0.2.7"),
        ("192.0.2.7:51234", "192.0.2.7"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", None),
        ("1.2.3.4\r\nx: y", None),
        ("", None),
    ],
)
def test_an_address_as_proxies_write_it(text: str, address: str | None):
    assert read_address(text) == address


@pytest.mark.parametrize(
    ("lines", "proxies", "seen"),
    [
        (["198.51.100.1"], 0, "10.0.0.1"),  # no proxy of ours: a line of the visitor's own making
        (["198.51.100.1"], 1, "198.51.100.1"),
        (["203.0.113.9, 198.51.100.1"], 1, "198.51.100.1"),  # what the visitor wrote stands before what the proxy heard
        (["203.0.113.9", "198.51.100.1"], 1, "198.51.100.1"),  # the same as two lines
        (["198.51.100.1", "203.0.113.9"], 2, "198.51.100.1"),
        (["198.51.100.1"], 2, "10.0.0.1"),  # did not come through both
        ([], 1, "10.0.0.1"),
        (["203.0.113.9, junk"], 1, "10.0.0.1"),
        (["203.0.113.9,, 198.51.100.1 ,"], 1, "198.51.100.1"),
    ],
)
def test_the_visitor_behind_proxies(lines: list[str], proxies: int, seen: str):
    assert visitor("10.0.0.1", lines, proxies) == seen
