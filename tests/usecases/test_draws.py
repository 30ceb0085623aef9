"""The end of a draw: revealed when its work is done or its date has come, and then anyone recomputes it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backend.draws import queries, verifier
from backend.draws.service import NotYet
from backend.kernel import clock, jcs
from backend.storage.engine import connection, transaction
from backend.usecases.close_draw import reveal_draw, reveal_what_is_due
from tests.usecases.test_records import principal


async def drawn() -> str:
    async with transaction():
        return str(await connection().fetchval("select draw_id from draw where state = 'drawn'"))


async def test_a_secret_is_not_revealed_while_visits_are_open(demo):
    with pytest.raises(NotYet):
        await reveal_draw(await drawn(), by=await principal("manager"))
    assert await reveal_what_is_due() == 0


async def test_on_the_announced_date_it_is_revealed_by_itself_once(demo, tmp_path):
    draw_id = await drawn()
    due = (await queries.find_draw(draw_id)).reveal_by
    clock.hold(lambda: due + timedelta(seconds=1))
    assert await reveal_what_is_due() == 1
    assert await reveal_what_is_due() == 0
    (tmp_path / "bundle.json").write_bytes(jcs.encode(await queries.build_bundle(draw_id)))
    assert verifier.main([str(tmp_path / "bundle.json")]) == 0


async def test_what_was_announced_cannot_be_changed_even_by_hand(demo):
    draw_id = await drawn()
    for change in ("seed = sha256('x')", "announcement = '{}'", "randomness = '[]'", "result = '{}'"):
        with pytest.raises(Exception, match="never changed"):
            async with transaction():
                await connection().execute(f"update draw set {change} where draw_id = $1", draw_id)
    with pytest.raises(Exception, match="never changed"):
        async with transaction():
            await connection().execute("delete from draw_frame_row")
