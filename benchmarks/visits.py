"""Opening the visits of a large draw: what telling open pages of them costs, beside the same rows with nobody told."""

from __future__ import annotations

import time
from datetime import date
from uuid import UUID, uuid4

from benchmarks._database import run

VISITS = 100_000
VERB = 5_000
CAMPAIGN = (
    "insert into campaign (id, number, name, state, department, partners, region, counties, industries, rate_mode, rates, officers_per_visit, due_on,"
    " created_by, created_at) values ($1, 'bench', 'bench', 'announced', 'scjg', '{xfjy}', '5303', '{}', '{}', 'fixed', '{}', 2, '2026-12-31', $1, now())"
)


async def _copy(campaign: UUID, n: int, *, is_told: bool) -> float:
    """Seconds for ``n`` visits and their officers as a draw writes them, taken back afterwards."""
    from backend.storage.engine import connection, transaction

    class Enough(Exception):
        pass

    ids = [uuid4() for _ in range(n)]
    took = 0.0
    try:
        async with transaction():
            sql = connection()
            if not is_told:
                await sql.execute("alter table inspection disable trigger user")
            start = time.perf_counter()
            await sql.copy_records_to_table(
                "inspection",
                columns=(
                    "id", "campaign", "enterprise", "enterprise_code", "enterprise_name", "department", "county", "state", "due_on", "version",
                    "sealed_salt", "sealed_leaf", "sealed_index",
                ),
                records=[
                    (i, campaign, uuid4(), f"9153{k:014}", "店", "scjg", f"5303{k % 9:02}", "dispatched", date(2026, 12, 31), 1, None, None, None)
                    for k, i in enumerate(ids)
                ],
                timeout=600,
            )  # fmt: skip
            await sql.copy_records_to_table(
                "inspection_officer",
                columns=("inspection", "inspector", "slot", "department"),
                records=[(i, uuid4(), slot, "scjg") for i in ids for slot in (0, 1)],
                timeout=600,
            )
            took = time.perf_counter() - start
            raise Enough
    except Enough:
        return took


async def _verb(campaign: UUID) -> float:
    from backend.inspections.service import Visit, open_inspections
    from backend.storage.engine import transaction

    visits = [Visit(uuid4(), f"9153{k:014}", "店", f"5303{k % 9:02}", None, None, None, ((uuid4(), "scjg"), (uuid4(), "scjg"))) for k in range(VERB)]
    start = time.perf_counter()
    async with transaction():
        await open_inspections(visits, campaign_id=campaign, department="scjg", draw=None, draw_id=None, due_on=date(2026, 12, 31), by=uuid4())
    return time.perf_counter() - start


async def _change(*, is_told: bool) -> float:
    from backend.storage.engine import connection, transaction

    async with transaction():
        await connection().execute(f"alter table inspection {'enable' if is_told else 'disable'} trigger user")
    start = time.perf_counter()
    async with transaction():
        await connection().execute("update inspection set version = version + 1")
    return time.perf_counter() - start


async def _measure() -> None:
    from backend.storage import engine, migrate
    from backend.storage.engine import connection, transaction

    await migrate.migrate()
    async with engine.pool(2):
        campaign = uuid4()
        async with transaction():
            await connection().execute(CAMPAIGN, campaign)
        silent = min([await _copy(campaign, VISITS, is_told=False) for _ in range(3)])
        told = min([await _copy(campaign, VISITS, is_told=True) for _ in range(3)])
        print(f"visits {VISITS:>9,} with two officers each  {told:6.2f} s   {told / silent:5.2f} x the same with nobody told ({silent:.2f} s)")
        took = await _verb(campaign)
        print(f"the verb with its ledger entries {VERB:>9,} visits  {took:6.2f} s  {VERB / took:9,.0f} a second")
        silent = min([await _change(is_told=False) for _ in range(3)])
        told = min([await _change(is_told=True) for _ in range(3)])
        print(f"changing all {VERB:>9,} in one statement  {told:6.2f} s   {told / silent:5.2f} x the same with nobody told ({silent:.2f} s)")


def main() -> None:
    run(_measure)


if __name__ == "__main__":
    main()
