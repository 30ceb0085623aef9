"""A beacon round that the network published, and everything that is not one."""

from __future__ import annotations

import pytest

from backend.draws import beacon, randomness
from backend.kernel.errors import Invalid

ROUND = 657413
SIGNATURE = "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be41076862b98fad56e91a6b85b89cd97b"
RANDOMNESS = "fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587"
SOURCE = {"kind": "drand", "name": "drand quicknet", "date": "2023-09-15", "rule": "", "round": str(ROUND)}


def test_the_published_round_verifies():
    assert beacon.is_signed(ROUND, bytes.fromhex(SIGNATURE))
    assert beacon.randomness_of(bytes.fromhex(SIGNATURE)) == RANDOMNESS


@pytest.mark.parametrize("signature", ["", "00" * 48, "ff" * 48, "c0" + "00" * 47, SIGNATURE[:-2] + "7c", SIGNATURE + "00"])
def test_nothing_else_does(signature):
    assert not beacon.is_signed(ROUND, bytes.fromhex(signature))


def test_a_true_signature_of_another_round_is_refused():
    assert not beacon.is_signed(ROUND + 1, bytes.fromhex(SIGNATURE))
    with pytest.raises(Invalid) as refused:
        randomness.read([SOURCE | {"round": str(ROUND + 1)}], [SIGNATURE])
    assert "657414" in refused.value.message("zh")


def test_it_is_read_from_what_a_person_pastes():
    reading = randomness.read([SOURCE], [f" {SIGNATURE[:40].upper()}\n{SIGNATURE[40:]} "])
    assert reading == randomness.Reading([RANDOMNESS], {"0": SIGNATURE})
    assert not randomness.needs_two_people([SOURCE])


def test_rounds_and_moments():
    assert beacon.seconds_of(1) == beacon.GENESIS
    for seconds in (beacon.GENESIS, beacon.GENESIS + 1, beacon.GENESIS + 3, 1_794_000_001):
        found = beacon.round_after(seconds)
        assert beacon.seconds_of(found) >= seconds
        assert found == 1 or beacon.seconds_of(found - 1) < seconds
