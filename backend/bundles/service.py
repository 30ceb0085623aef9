"""Remember what a phone was told, tell what is new to it, forget phones that ask no more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from backend.kernel import clock
from backend.storage.engine import aside

NO_DEVICE: Final = UUID(int=0)
KEPT: Final = timedelta(days=30)
# A browser chooses its device's id itself: no account keeps more than a person's phones need, two bundles each.
MOST: Final = 10


async def find_marks(account: UUID, device: UUID | None, cursor: str) -> dict[str, str] | None:
    """Visit -> hash of the bundle ``cursor``, if this phone was told it lately."""
    row = await aside().fetchval(
        "select marks from phone_bundle where account = $1 and device = $2 and cursor = $3 limit 1", account, device or NO_DEVICE, cursor
    )
    return None if row is None else dict(json.loads(row))


async def remember(account: UUID, device: UUID | None, cursor: str, marks: Mapping[str, str], *, holds: str) -> None:
    """The bundle that a phone is now told. ``holds``: the one it names, which is kept beside, for an answer may be lost on the way."""
    # The deletion does not see the new row yet.
    await aside().execute(
        "with new as (insert into phone_bundle (account, device, cursor, marks, told_at) values ($1, $2, $3, $4, $5) returning id)"
        " delete from phone_bundle where account = $1 and ((device = $2 and cursor <> $6)"
        " or id not in (select id from phone_bundle where account = $1 order by told_at desc, id desc limit $7))",
        account,
        device or NO_DEVICE,
        cursor,
        json.dumps(marks),
        clock.now(),
        holds,
        MOST - 1,
    )


async def sweep() -> int:
    """Forget what phones were told that have not been told anything for a month. Returns how many."""
    done = await aside().execute("delete from phone_bundle where told_at < $1", clock.now() - KEPT)
    return int(done.rpartition(" ")[2])
