"""Every file of the corpus of strangers comes out as a plain picture, as a PDF to be saved, or not at all."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from backend.intake import rules
from tests.files.strangers import CORPUS, HTML, MARKER, Sent


@pytest.mark.parametrize("sent", CORPUS, ids=lambda s: s.name)
def test_what_becomes_of_it(sent: Sent):
    content = sent.make()
    if not sent.kept:
        with pytest.raises(rules.NotTaken) as refused:
            rules.check(content, sent.name)
        assert sent.words in refused.value.message("zh")
        assert sent.name.split(".")[0] in refused.value.message("en")
        return
    clean = rules.check(content, sent.name)
    assert clean.media_type == sent.kept
    if sent.kept == rules.PDF:
        assert clean.content == content
        assert clean.name.endswith(".pdf")
        return
    assert clean.name.endswith(".jpg")
    assert MARKER not in clean.content
    assert HTML not in clean.content
    assert clean.content.startswith(b"\xff\xd8\xff\xe0")
    assert clean.content.endswith(b"\xff\xd9")
    with Image.open(io.BytesIO(clean.content)) as kept:
        kept.load()
        assert kept.format == "JPEG"
        assert kept.mode == "RGB"
        assert kept.size == (clean.width, clean.height)
        assert not kept.getexif()
        assert set(kept.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert sent.size in (None, kept.size)
        if sent.corner is not None:
            assert all(abs(a - b) < 12 for a, b in zip(kept.getpixel((0, 0)), sent.corner, strict=True)), kept.getpixel((0, 0))


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\li\\店面.jpg", "店面.jpg"),
        ("a\r\nSet-Cookie: x=1.jpg", "aSet-Cookie: x=1.jpg"),
        ("gpj.\u202eexe.jpg", "gpj.exe.jpg"),
        ("\x00\x1b[31m.jpg", "[31m.jpg"),
        ("...", "file"),
        ("", "file"),
        ("长" * 300 + ".jpg", "长" * 76 + ".jpg"),
    ],
)
def test_a_name_is_for_people_and_nothing_else(name: str, kept: str):
    assert rules.clean_name(name) == kept
    assert len(rules.clean_name(name)) <= 80
