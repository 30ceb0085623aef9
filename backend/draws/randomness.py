"""What people saw at the announced sources, as the draw takes it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.draws import beacon
from backend.kernel.errors import Invalid

Value = list[int] | int | str
# Anybody can check these against the network's signature, so nobody need be believed about them.
SELF_PROVING = frozenset({"drand"})


@dataclass(frozen=True, slots=True)
class Reading:
    """``values`` per announced source; ``beacons``: place of a drand source -> its signature in hex."""

    values: list[Value]
    beacons: dict[str, str]


def needs_two_people(sources: Sequence[Mapping[str, Any]]) -> bool:
    """Whether two people type the values separately: always, unless every source proves itself."""
    return any(s["kind"] not in SELF_PROVING for s in sources)


def read(sources: Sequence[Mapping[str, Any]], texts: Sequence[str]) -> Reading:
    """One text per announced source. Raises ``Invalid`` naming the source.

    dice and digits: the digits in their order; kuaile8: 20 different numbers from 1 to 80; beacon: hex; drand: the round's signature.
    """
    if len(texts) != len(sources):
        raise Invalid(field="randomness", why_zh="每个来源都须填写", why_en="every source needs its value")
    reading = Reading([], {})
    for place, (source, text) in enumerate(zip(sources, texts, strict=True)):
        name, kind = str(source["name"]), source["kind"]
        if kind == "kuaile8":
            reading.values.append(_balls(name, text))
        elif kind == "drand":
            signature = _drand(name, int(source["round"]), "".join(text.split()).lower())
            reading.values.append(beacon.randomness_of(signature))
            reading.beacons[str(place)] = signature.hex()
        elif kind == "beacon":
            reading.values.append(_hex(name, "".join(text.split()).lower()))
        else:
            reading.values.append(_digits(name, source.get("count"), "".join(text.split())))
    return reading


def _balls(name: str, text: str) -> list[int]:
    parts = text.replace(",", " ").replace("，", " ").replace("、", " ").split()
    if not all(p.isascii() and p.isdigit() for p in parts) or len({int(p) for p in parts}) != 20 or not all(1 <= int(p) <= 80 for p in parts):
        raise Invalid(field=name, why_zh="须为 1 至 80 之间的 20 个不同号码", why_en="20 different numbers from 1 to 80 are needed")
    return sorted({int(p) for p in parts})


def _hex(name: str, text: str) -> str:
    if len(text) < 32 or any(ch not in "0123456789abcdef" for ch in text):
        raise Invalid(field=name, why_zh="须为至少 32 位的十六进制文本", why_en="at least 32 hexadecimal characters are needed")
    return text


def _drand(name: str, round_: int, text: str) -> bytes:
    try:
        signature = bytes.fromhex(text)
    except ValueError:
        signature = b""
    if len(signature) != beacon.SIGNATURE_BYTES:
        raise Invalid(
            field=name,
            why_zh=f"须为第 {round_} 轮的签名（signature），96 位十六进制文本",
            why_en=f"the signature of round {round_} is needed, 96 hexadecimal characters",
        )
    if not beacon.is_signed(round_, signature):
        raise Invalid(
            field=name,
            why_zh=f"这不是 drand 网络对第 {round_} 轮的签名，请重新复制",
            why_en=f"this is not the drand network's signature of round {round_}: copy it again",
        )
    return signature


def _digits(name: str, count: object, text: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise Invalid(field=name, why_zh="须为一串数字", why_en="a row of digits is needed")
    wanted = int(str(count)) if str(count or "").isdigit() else None
    if wanted and len(text) != wanted:
        raise Invalid(field=name, why_zh=f"须为 {wanted} 位数字，现为 {len(text)} 位", why_en=f"{wanted} digits are needed, not {len(text)}")
    return text
