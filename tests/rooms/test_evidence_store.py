"""Evidence in an S3 store: the same verbs, and a store that is away is told, loses nothing and is used again when it is back."""

from __future__ import annotations

import hashlib
import io
from uuid import uuid4

import pytest
from PIL import Image

from backend.evidence import jobs, queries, service
from backend.evidence.store import THUMBNAIL, StoreAway, store
from backend.kernel.errors import NotFound
from backend.kernel.settings import settings
from backend.storage import outbox
from backend.storage.engine import transaction
from tests.rooms.test_evidence import ME, name, parts, photo


async def test_the_same_verbs(db, s3):
    content = photo(101, (900, 600))
    stored = await service.upload(name(content), parts(content, 9000), uploader=ME, total=len(content))
    assert stored.is_new
    assert not service.path_of(name(content)).exists()
    assert s3.objects() == [f"county/{name(content)}"]
    assert await service.read(name(content)) == content
    assert await service.list_whole([name(content), name(b"never")]) == {name(content): len(content)}
    again = await service.upload(name(content), parts(content, 9000), uploader=uuid4(), total=len(content))
    assert (again.is_new, again.stored_at) == (False, stored.stored_at)
    assert b"".join([piece async for piece in store().stream(name(content))]) == content
    await outbox.work_off({"thumbnail": jobs.make_thumbnail})
    assert (await queries.find_blob(name(content))).has_thumbnail
    small = await store().get(name(content) + THUMBNAIL)
    with Image.open(io.BytesIO(small)) as picture:
        assert max(picture.size) <= jobs.EDGE


async def test_what_is_not_there_is_not_found_and_names_are_no_paths(db, s3):
    with pytest.raises(NotFound):
        await service.read(name(b"never"))
    assert not await service.is_here(name(b"never"))
    for bad in ("../x", "a" * 63, "A" * 64, "." * 64):
        with pytest.raises(NotFound):
            await store().get(bad)


async def test_a_store_that_is_away_is_told_and_nothing_that_came_is_lost(db, s3):
    content = photo(102)
    s3.line.open = False
    with pytest.raises(StoreAway) as told:
        await service.upload(name(content), parts(content), uploader=ME, total=len(content))
    assert (told.value.status, told.value.code) == (503, "evidence-store-away")
    assert await queries.find_blob(name(content)) is None, "no row without a durable file"
    assert service.offset_of(name(content), ME) == len(content)
    s3.line.open = True
    stored = await service.upload(name(content), parts(b""), uploader=ME, offset=len(content), total=len(content))
    assert stored.is_new
    assert await service.read(name(content)) == content
    assert service.offset_of(name(content), ME) is None


async def test_a_small_picture_waits_for_the_store(db, s3):
    content = photo(103)
    await service.upload(name(content), parts(content), uploader=ME, total=len(content))
    s3.line.open = False
    await outbox.work_off({"thumbnail": jobs.make_thumbnail})
    assert not (await queries.find_blob(name(content))).has_thumbnail
    s3.line.open = True
    async with transaction():
        await jobs.make_thumbnail({"sha256": name(content)})
    assert (await queries.find_blob(name(content))).has_thumbnail


async def test_bytes_that_rotted_in_the_store_are_found_out(db, s3):
    content = photo(104)
    await service.upload(name(content), parts(content), uploader=ME, total=len(content))
    rotten = content[:-1] + bytes([content[-1] ^ 1])
    await store().put(name(content), rotten)
    assert await service.list_whole([name(content)]) == {}
    assert hashlib.sha256(await service.read(name(content))).hexdigest() != name(content)


def test_an_address_that_is_no_store_is_named(environment):
    environment(EVIDENCE_URL="ftp://x/y")
    with pytest.raises(ValueError, match="EVIDENCE_URL must be s3://"):
        settings()
    environment(EVIDENCE_URL=None)
