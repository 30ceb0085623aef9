"""Which addresses are called from inside the office's network."""

from __future__ import annotations

import ipaddress

import pytest

from backend.outbound.rules import AddressRefused, check_address, is_public


@pytest.mark.parametrize("address", ["https://hooks.example.com/a?b=c", " https://hooks.example.com ", "https://hooks.example.com:443/x", "https://xn--fiq228c.cn/"])
def test_a_public_name_by_https_is_taken(address):
    assert check_address(address, ()) == address.strip()


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.example.com/",
        "https://hooks.example.com:8443/",
        "https://user@hooks.example.com/",
        "https://user:word@hooks.example.com/",
        "https://hooks.example.com/#x",
        "https://10.0.0.5/",
        "https://93.184.216.34/",
        "https://[::1]/",
        "https://[2001:db8::1]/",
        "https://127.1/",
        "https://0x7f.1/",
        "https://2130706433/",
        "https://localhost/",
        "https://intranet/",
        "https://db.internal/",
        "https://printer.local/",
        "https://hooks.example.com\\@10.0.0.5/",
        "https://hooks.example.com/\r\nhost: 10.0.0.5",
        "https://hooks example.com/",
        "https://hooks.example.com:99999999/",
        "https:///x",
        "file:///etc/passwd",
        "ftp://hooks.example.com/",
        "https://" + "a" * 500 + ".com/",
        "http://127.0.0.1:8080/",
        "",
    ],
)
def test_everything_else_is_refused(address):
    with pytest.raises(AddressRefused):
        check_address(address, ())


def test_a_loopback_address_that_the_operator_named_is_for_tests():
    assert check_address("http://127.0.0.1:8080/hook", ("127.0.0.1",))
    for address in ("http://127.0.0.2:8080/hook", "http://hooks.example.com/"):
        with pytest.raises(AddressRefused):
            check_address(address, ("127.0.0.1", "hooks.example.com"))


@pytest.mark.parametrize(
    ("address", "public"),
    [("8.8.8.8", True), ("2606:4700::1111", True), ("10.0.0.1", False), ("100.64.0.1", False), ("169.254.169.254", False), ("224.0.0.1", False),
     ("0.0.0.0", False), ("::1", False), ("::ffff:8.8.8.8", False), ("::ffff:10.0.0.1", False), ("64:ff9b::a00:1", False), ("2002:a00:1::", False),
     ("fd00::1", False), ("fe80::1", False)],
)  # fmt: skip
def test_only_addresses_of_the_open_network_are_public(address, public):
    assert is_public(ipaddress.ip_address(address)) is public
