"""An enterprise's own class opens the commitment that the frame made of it before the draw, computed here without the project's code."""

from __future__ import annotations

import hashlib
import json

from backend.claims.queries import find_member
from backend.cli.demo import plans, rounds
from backend.cli.demo.stage import DICE, KUAILE8
from backend.draws.queries import iter_frame_ndjson
from backend.kernel import clock
from backend.storage.engine import connection, transaction
from backend.usecases import my_view
from backend.usecases.announce_draw import announce_draw
from tests.rooms.test_claims import claimed
from tests.usecases.test_records import principal


async def test_the_class_the_salt_and_the_frame_fit(demo):
    manager, today = await principal("manager"), clock.today()
    campaign = await plans.begin(rounds.registered(today), by=manager)
    name = await announce_draw(campaign, sources=[{**DICE, "date": today.isoformat()}, {**KUAILE8, "date": today.isoformat()}], by=manager)
    async with transaction():
        draw = await connection().fetchrow("select id, draw_id, salt_key from draw where draw_id = $1", name)
        rows = await connection().fetch(
            "select distinct on (class_code) f.enterprise, f.object_id, f.class_code from draw_frame_row f where f.draw = $1"
            " and not exists (select from claim_member m where m.enterprise = f.enterprise) order by class_code",
            draw["id"],
        )
        frame = {}
        async for piece in iter_frame_ndjson(draw["id"], draw["salt_key"]):
            frame |= {row["id"]: row["cc"] for row in map(json.loads, piece.decode().splitlines())}
    assert len(rows) >= 2, "several classes"
    salts = set()
    for row in rows:
        who = await find_member(await claimed(row["enterprise"]))
        opened = next(c for c in await my_view.list_classes(who) if c.draw_id == draw["draw_id"])
        assert opened.class_code == row["class_code"]
        committed = hashlib.sha256(bytes.fromhex(opened.salt) + f'{{"class":"{opened.class_code}"}}'.encode()).hexdigest()
        assert committed == opened.commitment == frame[row["object_id"]]
        salts.add(opened.salt)
    assert len(salts) == len(rows), "a salt opens one row"


async def test_the_shop_of_the_demonstration_opens_its_class(demo):
    async with transaction():
        owner = await connection().fetchval("select id from claim_member where is_owner and ended_at is null")
        draw = await connection().fetchrow("select id, draw_id, salt_key, state from draw where uses_classes")
    opened = [c for c in await my_view.list_classes(await find_member(owner)) if c.draw_id == draw["draw_id"]]
    assert [(c.st, draw["state"]) for c in opened] == [("E", "announced")], "in the frame, sealed, not yet drawn"
    committed = hashlib.sha256(bytes.fromhex(opened[0].salt) + f'{{"class":"{opened[0].class_code}"}}'.encode()).hexdigest()
    frame = {}
    async for piece in iter_frame_ndjson(draw["id"], draw["salt_key"]):
        frame |= {row["id"]: row["cc"] for row in map(json.loads, piece.decode().splitlines())}
    assert committed == opened[0].commitment == frame[opened[0].object_id]
