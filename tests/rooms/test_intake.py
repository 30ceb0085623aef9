"""Files from outside in the database: the same once, found only with their matter, erased for good."""

from __future__ import annotations

from uuid import uuid4

import pytest

from backend.intake import queries, rules, service
from backend.storage.engine import connection, transaction
from tests.files.strangers import CORPUS

PHOTO = next(s for s in CORPUS if s.name == "with position.jpg")
PAPER = next(s for s in CORPUS if s.name == "letter.pdf")


async def test_kept_once_found_with_its_matter_and_erased(db):
    clean = [await service.inspect(s.make(), s.name) for s in (PHOTO, PAPER)]
    matter, other = uuid4(), uuid4()
    async with transaction():
        ids = await service.keep(clean, purpose="test", subject=matter)
    async with transaction():
        assert await service.keep(clean, purpose="test", subject=matter) == ids
        assert len(set(await service.keep(clean, purpose="test", subject=other) + ids)) == 4
    found = await queries.list_files("test", [matter, other])
    assert sorted(f.name for f in found[matter]) == ["letter.pdf", "with position.jpg"]
    photo = await queries.find_file(ids[0], purpose="test", subject=matter)
    assert photo is not None
    assert photo.content == clean[0].content
    assert await queries.find_file(ids[0], purpose="test", subject=other) is None
    assert await queries.find_file(ids[0], purpose="other", subject=matter) is None

    async with transaction():
        assert await service.erase("test", [matter]) == 2
        assert await service.erase("test", [matter]) == 0
    assert await queries.find_file(ids[0], purpose="test", subject=matter) is None
    left = (await queries.list_files("test", [matter]))[matter]
    assert [(f.name, f.erased_at is not None) for f in left] == [("", True)] * 2
    async with transaction():
        assert await connection().fetchval("select count(*) from received_file where content is not null") == 2


async def test_no_more_than_a_form_may_carry(db):
    clean = await service.inspect(PHOTO.make(), PHOTO.name)
    with pytest.raises(rules.NotTaken):
        async with transaction():
            await service.keep([clean] * (rules.MAX_FILES + 1), purpose="test", subject=uuid4())
