"""A record that was returned and handed in again: what changed, beside the earlier comment; and the keys of the review."""

from __future__ import annotations

import re

from backend.storage.engine import connection, transaction


async def again() -> str:
    """The demo's record that came back."""
    async with transaction():
        return await connection().fetchval(
            "select s.id from submission s where s.state = 'submitted' and exists"
            " (select 1 from submission b where b.inspection = s.inspection and b.state = 'returned')"
        )


async def test_the_changes_stand_beside_the_comment(county):
    reviewer = await county("reviewer")
    record = await again()
    page = (await reviewer.get(f"/console/reviews/{record}")).text
    changes = page.partition('id="changes"')[2].partition("</section>")[0]
    assert "后厨温度记录与照片不一致" in changes
    assert "<del>（无）</del>" in changes
    assert "<ins>已复测并补拍照片。</ins>" in changes
    gone = re.search(r'href="(/console/reviews/[0-9a-f-]{36}/evidence/[0-9a-f]{64})" data-photo[^>]*><img [^>]*alt="撤下的照片', changes)[1]
    came = re.search(r'href="(/console/reviews/[0-9a-f-]{36}/evidence/[0-9a-f]{64})" data-photo[^>]*><img [^>]*alt="新增的照片', changes)[1]
    assert str(record) in came
    assert str(record) not in gone, "what was taken out is shown from the record that had it"
    for photo in (gone, came):
        assert (await reviewer.get(photo)).headers["content-type"] == "image/webp"
    assert "退回前：<del>" in page, "also beside the answer itself"
    english = (await reviewer.get(f"/console/reviews/{record}", params={"lang": "en"})).text
    assert "Changes since the return" in english


async def test_a_first_record_has_nothing_to_compare(county):
    reviewer = await county("reviewer")
    async with transaction():
        first = await connection().fetchval(
            "select s.id from submission s where s.state = 'submitted' and not exists"
            " (select 1 from submission b where b.inspection = s.inspection and b.id <> s.id) limit 1"
        )
        returned = await connection().fetchval("select id from submission where state = 'returned' order by received_at limit 1")
    for record in (first, returned):
        assert 'id="changes"' not in (await reviewer.get(f"/console/reviews/{record}")).text


async def test_the_queue_is_walked_by_links_and_keys_are_explained(county):
    reviewer = await county("reviewer")
    queue = re.findall(r'href="(/console/reviews/[0-9a-f-]{36})" data-row', (await reviewer.get("/console/reviews")).text)
    assert len(queue) == 3
    seen = [queue[0]]
    while following := re.search(r'href="(/console/reviews/[0-9a-f-]{36})" rel="next" data-key="j"', (await reviewer.get(seen[-1])).text):
        seen.append(following[1])
    assert seen == queue
    page = (await reviewer.get(queue[1])).text
    assert f'href="{queue[0]}" rel="prev" data-key="k"' in page
    for key in "JKAR?":
        assert f"<dt><kbd>{key}</kbd></dt>" in page
    assert 'id="keys-on" checked' in page, "they can be turned off"
