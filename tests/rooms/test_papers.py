"""Papers: the same data give the same bytes, fonts are in the file, and no character is dropped in silence."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader

from backend.notices import papers

AT = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
RARE = "\U00020bb7"  # 𠮷, beyond the fonts
PRESENT = "䶮龘㐀喆"  # rare in names, within them


def notice(**changed: Any) -> dict[str, Any]:
    return {
        "lang": "zh",
        "title": "检查通知书",
        "number": "TZ-2026-SCJG-000001",
        "authority": "市场监督管理局",
        "foot": "TZ-2026-SCJG-000001",
        "missing-note": "缺少：",
        "enterprise": "曲靖市某某餐饮店",
        "code": "92530300YQ80952021",
        "opening": "现将有关事项告知如下：",
        "rows": [{"name": "检查依据", "lines": ["《中华人民共和国食品安全法》第一百一十条"], "style": ""}],
        "rights-title": "你单位的权利",
        "rights": ["有权申请回避。"],
        "day": "2026-11-25",
        "qr": "",
        "qr-label": "",
        **changed,
    }


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def fonts_of(pdf: bytes) -> list[Any]:
    """The descriptors of all fonts that any page uses."""
    found = []
    for page in PdfReader(io.BytesIO(pdf)).pages:
        for font in page["/Resources"]["/Font"].values():
            (descendant,) = font.get_object()["/DescendantFonts"]
            found.append(descendant.get_object()["/FontDescriptor"].get_object())
    return found


def test_the_same_data_give_the_same_bytes():
    assert papers.render("notice", notice(), {}, AT) == papers.render("notice", notice(), {}, AT)


def test_every_font_is_in_the_file():
    pdf = papers.render("notice", notice(), {}, AT)
    fonts = fonts_of(pdf)
    assert len(fonts) >= 2
    assert all("/FontFile3" in font or "/FontFile2" in font for font in fonts)
    assert {str(f["/FontName"]).partition("+")[2] for f in fonts} <= {"NotoSansSC-Regular", "NotoSerifSC-Regular"}
    assert PdfReader(io.BytesIO(pdf)).trailer["/Root"]["/MarkInfo"]["/Marked"].value, "tagged, so that it can be read aloud"


def test_rare_characters_are_there_or_said_to_be_missing():
    pdf = papers.render("notice", notice(enterprise=f"{PRESENT}{RARE}野家", opening="😀 现将"), {}, AT)
    text = text_of(pdf)
    assert all(ch in text for ch in PRESENT)
    assert "〔U+20BB7〕野家" in text.replace("\n", "")
    assert "缺少：" in text
    assert text.count("U+20BB7") == 2, "in its place and in the list"
    assert "〔U+1F600〕" in text
    assert "缺少" not in text_of(papers.render("notice", notice(enterprise=PRESENT), {}, AT))


def test_both_fonts_have_what_a_character_needs_to_be_called_drawable():
    assert len(papers.characters()) > 30_000
    missing: dict[str, None] = {}
    assert papers.drawable({"a": [f"甲{RARE}"], "n": 1, "svg": RARE}, missing) == {"a": ["甲〔U+20BB7〕"], "n": 1, "svg": RARE}
    assert list(missing) == ["U+20BB7"]


def test_markup_in_data_stays_text():
    wild = '#image("/etc/passwd") *bold* $x$ \\ <label> @ref'
    assert wild.replace(" ", "") in text_of(papers.render("notice", notice(opening=wild), {}, AT)).replace(" ", "").replace("\n", "")


@pytest.mark.parametrize("shape", ["JPEG", "PNG", "WEBP"])
def test_photos_become_small_and_lose_their_claims(shape):
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "maker"
    Image.new("RGB", (3000, 2000), "teal").save(out, shape, exif=exif)
    small = papers.scaled(out.getvalue())
    assert small is not None
    with Image.open(io.BytesIO(small)) as image:
        assert max(image.size) == papers.LONGEST_PX
        assert not image.getexif()


def test_what_is_no_picture_is_none():
    assert papers.scaled(b"") is None
    assert papers.scaled(b"GIF89a nonsense") is None
