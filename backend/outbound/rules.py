"""Which addresses may be called from inside the office's network. Pure. Proven by tests/rules/test_outbound.py."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from backend.kernel.errors import DomainError

LONGEST: Final = 500
# Global by their number, and yet a way to any IPv4 address behind a translator (RFC 6052, RFC 3056, RFC 4380).
_TRANSLATED: Final = tuple(ipaddress.IPv6Network(n) for n in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))


class AddressRefused(DomainError):
    code = "address-refused"
    status = 422
    zh = "这个地址不可用：{why_zh}"
    en = "This address cannot be used: {why_en}"


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether it is anybody's on the open network, and nobody's in here."""
    if isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped is not None or any(address in network for network in _TRANSLATED)):
        return False
    return address.is_global and not address.is_multicast


def check_address(address: str, allowed_inside: Sequence[str]) -> str:
    """The address without its blanks: https to a host by its name, on https's own port, with no account in it.

    ``allowed_inside``: hosts that the operator has named; of those a loopback one is called by plain http and on any port (tests).
    Raises ``AddressRefused``.
    """
    address = address.strip()
    if len(address) > LONGEST or any(c <= " " or c == "\\" or c > "~" for c in address):
        raise AddressRefused(why_zh="格式不正确", why_en="it is malformed")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as e:
        raise AddressRefused(why_zh="格式不正确", why_en="it is malformed") from e
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused(why_zh="不能带账号或 # 部分", why_en="it must name no account and no fragment")
    if is_loopback(host) and host in allowed_inside and parts.scheme in ("http", "https"):
        return address
    if parts.scheme != "https":
        raise AddressRefused(why_zh="须以 https:// 开头", why_en="it must begin with https://")
    if port not in (None, 443):
        raise AddressRefused(why_zh="不能指定端口", why_en="it must not name a port")
    if not _is_name(host):
        why_en = "its host must be a public name, neither an IP address nor an inner name"
        raise AddressRefused(why_zh="须是公网域名，不能是 IP 地址或内部主机名", why_en=why_en)
    return address


def _is_name(host: str) -> bool:
    labels = host.rstrip(".").split(".")
    if len(labels) < 2 or labels[-1] in ("local", "internal", "localhost", "lan", "home", "corp") or host.endswith(".home.arpa"):
        return False
    # A last label with a digit in front may be read as an IPv4 address (WHATWG URL: 0x7f.1, 127.1).
    return not labels[-1][:1].isdigit() and all(label and label.replace("-", "").isalnum() for label in labels)
