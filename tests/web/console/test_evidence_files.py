"""A record's files, from the disk, from an S3 store, or by the proxy: who may see them is asked first, whichever it is."""

from __future__ import annotations

import pytest

from backend.evidence.store import store
from backend.kernel.settings import settings
from backend.storage.engine import connection, transaction


async def test_the_office_sees_pictures_from_the_store_and_is_told_when_it_is_away(county_on_s3):
    browser, s3, address, content = county_on_s3
    answer = await browser.get(address)
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, content, "image/webp")
    assert "immutable" in answer.headers["cache-control"]
    s3.line.open = False
    away = await browser.get(address)
    assert away.status_code == 503
    assert "证据存储" in away.text
    s3.line.open = True
    assert (await browser.get(address)).status_code == 200


@pytest.fixture
async def county_on_s3(s3, county):
    """A record of the demo county whose photo lies in the store."""
    async with transaction():
        row = await connection().fetchrow(
            "select p.submission, p.sha256 from submission_photo p join blob b using (sha256) where b.media_type = 'image/webp' limit 1"
        )
    content = (settings().evidence_dir / row["sha256"][:2] / row["sha256"]).read_bytes()
    await store().put(row["sha256"], content)
    browser = await county("auditor")
    yield browser, s3, f"/console/reviews/{row['submission']}/evidence/{row['sha256']}", content


async def test_a_proxy_may_send_local_files_itself(county, environment):
    async with transaction():
        row = await connection().fetchrow("select p.submission, p.sha256 from submission_photo p join blob b using (sha256) limit 1")
    browser = await county("auditor")
    address = f"/console/reviews/{row['submission']}/evidence/{row['sha256']}"
    whole = await browser.get(address)
    environment(ACCEL_PREFIX="/_evidence/")
    handed_on = await browser.get(address)
    assert handed_on.headers["x-accel-redirect"] == f"/_evidence/{row['sha256'][:2]}/{row['sha256']}"
    assert (handed_on.content, handed_on.headers["content-type"]) == (b"", whole.headers["content-type"])
