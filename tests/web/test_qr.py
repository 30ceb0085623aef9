"""Codes in each of their forms are read by a reader, with the quiet zone that the standard asks for."""

from __future__ import annotations

import base64
import io
import re

import pytest
import zxingcpp
from PIL import Image

from backend.web.shared import qr

TEXTS = ("http://localhost:8000/e/k9-_AZaz", "https://sunlot.example.gov.cn/o/" + "aB3-" * 10, "https://sunlot.example.gov.cn/visit#" + "xY_9" * 400)


def read(image: Image.Image) -> str:
    (found,) = zxingcpp.read_barcodes(image.convert("L"))
    return found.text


def drawn(side: int, dark: list[tuple[int, int]]) -> Image.Image:
    image = Image.new("L", (side, side), 255)
    for place in dark:
        image.putpixel(place, 0)
    return image.resize((side * 4, side * 4), Image.Resampling.NEAREST)


@pytest.mark.parametrize("text", TEXTS)
def test_a_picture_is_read(text):
    image = Image.open(io.BytesIO(qr.png(text)))
    assert read(image) == text
    assert image.getbbox() is not None
    assert image.convert("L").crop((0, 0, image.width, 40)).getextrema() == (255, 255), "four light modules"


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("on_screen", [False, True])
def test_a_path_is_read(text, on_screen):
    side, path = qr.path(text, on_screen=on_screen)
    runs = [tuple(map(int, run)) for run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path)]
    assert sum(len(f"M{x} {y}h{n}v1h-{n}z") for x, y, n in runs) == len(path), "nothing else stands in it"
    assert min(y for _, y, _ in runs) == 4
    assert read(drawn(side, [(x + k, y) for x, y, n in runs for k in range(n)])) == text


@pytest.mark.parametrize("text", TEXTS)
def test_the_bits_of_a_large_one_are_read(text):
    side, bits = qr.bits(text)
    raw = base64.urlsafe_b64decode(bits + "=" * (-len(bits) % 4))
    modules = "".join(f"{byte:08b}" for byte in raw)[: side * side]
    assert read(drawn(side, [(k % side, k // side) for k, dark in enumerate(modules) if dark == "1"])) == text


def test_on_a_screen_fewer_modules_do():
    assert qr.path(TEXTS[1], on_screen=True)[0] < qr.path(TEXTS[1])[0]
