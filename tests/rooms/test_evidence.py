"""Evidence: whole or resumed, checked against its name, durable before its row, once."""

from __future__ import annotations

import asyncio
import hashlib
import io
import random
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from PIL import Image

from backend.evidence import jobs, queries, rules, service
from backend.kernel.errors import NotFound
from backend.storage.engine import connection, transaction

ME = uuid4()


def photo(seed: int = 1, size: tuple[int, int] = (64, 48)) -> bytes:
    dice = random.Random(seed)
    image = Image.new("RGB", size)
    image.putdata([tuple(dice.randrange(256) for _ in range(3)) for _ in range(size[0] * size[1])])
    out = io.BytesIO()
    image.save(out, "JPEG", exif=b"Exif\x00\x00" + b"secret place" * 3)
    return out.getvalue()


def name(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def parts(content: bytes, step: int = 700) -> AsyncIterator[bytes]:
    for i in range(0, len(content), step):
        await asyncio.sleep(0)
        yield content[i : i + step]


async def test_whole(db):
    content = photo(11)
    stored = await service.upload(name(content), parts(content), uploader=ME, total=len(content))
    assert stored.is_new
    assert service.path_of(name(content)).read_bytes() == content
    again = await service.upload(name(content), parts(content), uploader=uuid4(), total=len(content))
    assert not again.is_new
    assert again.stored_at == stored.stored_at


async def test_a_cut_upload_keeps_what_came_and_goes_on_there(db):
    content = photo(12)
    assert await service.upload(name(content), parts(content[:900]), uploader=ME, total=len(content)) == 900
    assert service.offset_of(name(content), ME) == 900
    assert service.offset_of(name(content), uuid4()) is None
    with pytest.raises(rules.OffsetMismatch) as caught:
        await service.upload(name(content), parts(content[500:]), uploader=ME, offset=500, total=len(content))
    assert caught.value.fields["offset"] == 900
    stored = await service.upload(name(content), parts(content[900:]), uploader=ME, offset=900, total=len(content))
    assert stored.is_new
    assert service.path_of(name(content)).read_bytes() == content


@pytest.mark.parametrize("content", [b"not a picture", b"{broken json", b"", photo()[:200], b"GIF89a" + bytes(50)])
async def test_what_is_no_evidence_is_refused_and_nothing_is_left(db, content):
    with pytest.raises(rules.NotEvidence):
        await service.upload(name(content), parts(content), uploader=ME, total=len(content))
    assert not service.path_of(name(content)).exists()
    assert service.offset_of(name(content), ME) is None
    assert await queries.find_blob(name(content)) is None


async def test_other_content_than_the_name_says_is_refused(db):
    content = photo(13)
    with pytest.raises(rules.HashMismatch):
        await service.upload(name(b"x"), parts(content), uploader=ME, total=len(content))
    assert not service.path_of(name(b"x")).exists()


async def test_too_large(db, monkeypatch):
    monkeypatch.setattr(rules, "MAX_BYTES", 1000)
    content = photo(14)
    with pytest.raises(rules.TooLarge):
        await service.upload(name(content), parts(content), uploader=ME, total=len(content))
    assert service.offset_of(name(content), ME) is None


async def test_a_bomb_is_refused_before_it_is_decoded():
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG")  # 900 million points in a few kilobytes
    with pytest.raises(rules.NotEvidence):
        rules.media_type_of(out.getvalue())


async def test_names_that_are_paths_are_not_found(db):
    for bad in ("../../etc/passwd", "a" * 63, "A" * 64):
        with pytest.raises(NotFound):
            service.path_of(bad)


async def test_parallel_uploads_of_one_file_give_one_row(db):
    content = photo(15, (160, 120))
    senders = [ME, ME, uuid4(), uuid4()]
    await asyncio.gather(
        *(service.upload(name(content), parts(content), uploader=s, total=len(content)) for s in senders), return_exceptions=True
    )
    stored = await service.upload(name(content), parts(content), uploader=ME, total=len(content))
    assert service.path_of(name(content)).read_bytes() == content
    assert stored.bytes == len(content)
    async with transaction():
        assert await connection().fetchval("select count(*) from blob") == 1


async def test_thumbnails_are_small_and_carry_no_metadata(db):
    content = photo(16, (900, 600))
    await service.upload(name(content), parts(content), uploader=ME, total=len(content))
    async with transaction():
        await jobs.make_thumbnail({"sha256": name(content)})
    with Image.open(service.thumbnail_path(name(content))) as small:
        assert max(small.size) <= jobs.EDGE
        assert "exif" not in small.info
    assert (await queries.find_blob(name(content))).has_thumbnail


async def test_a_cut_duplicate_that_waited_cannot_spoil_what_was_stored(db):
    """A proxy sends a request twice and cuts the second: that one waits for the first, and must then find its work done."""
    for seed in range(20, 32):
        content = photo(seed)
        whole = service.upload(name(content), parts(content, 300), uploader=ME, total=len(content))
        cut = service.upload(name(content), parts(content[:500], 100), uploader=ME, total=len(content))
        await asyncio.gather(whole, cut)
        assert service.path_of(name(content)).read_bytes() == content
        assert service.offset_of(name(content), ME) is None


async def test_a_stalled_sender_blocks_nobody_else(db):
    """Its retries wait without holding threads: all file work of this process shares a few of them."""
    content, other = photo(40), photo(41)
    stop = asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield content[:700]
        await stop.wait()

    first = asyncio.create_task(service.upload(name(content), stalling(), uploader=ME, total=len(content)))
    await asyncio.sleep(0.05)
    retries = [asyncio.create_task(service.upload(name(content), parts(content), uploader=ME, total=len(content))) for _ in range(40)]
    await asyncio.sleep(0.05)
    async with asyncio.timeout(5):
        await service.upload(name(other), parts(other), uploader=ME, total=len(other))
    stop.set()
    async with asyncio.timeout(20):
        assert await first == 700
        await asyncio.gather(*retries)
    assert service.path_of(name(content)).read_bytes() == content


async def test_one_who_waits_too_long_is_told_to_come_again(db, monkeypatch):
    monkeypatch.setattr(service, "PATIENCE", 0.2)
    content = photo(42)
    stop = asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield content[:700]
        await stop.wait()

    first = asyncio.create_task(service.upload(name(content), stalling(), uploader=ME, total=len(content)))
    await asyncio.sleep(0.05)
    with pytest.raises(rules.Busy):
        await service.upload(name(content), parts(content), uploader=ME, total=len(content))
    stop.set()
    assert await first == 700


async def test_a_file_that_was_lost_here_is_taken_again(db):
    content = photo(43)
    await service.upload(name(content), parts(content), uploader=ME, total=len(content))
    assert await service.list_whole([name(content), name(b"never")]) == {name(content): len(content)}
    service.path_of(name(content)).write_bytes(content[:-1] + b"?")
    assert await service.list_whole([name(content)]) == {}
    service.path_of(name(content)).unlink()
    assert await service.list_whole([name(content)]) == {}
    await service.upload(name(content), parts(content), uploader=ME, total=len(content))
    assert service.path_of(name(content)).read_bytes() == content
