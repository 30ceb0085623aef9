"""Notices: numbered within department and year, without gaps or doubles, whatever happens at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

from backend.kernel import clock
from backend.ledger.queries import find_payload
from backend.notices import queries, rules, service
from backend.storage.engine import connection, transaction

BY = UUID(int=7)


def visits(n: int) -> list[service.Visit]:
    return [service.Visit(uuid4(), f"9153030200000000{i}X", i) for i in range(n)]


async def issue(n: int, department: str = "scjg") -> list[str]:
    async with transaction():
        return await service.issue(visits(n), department=department, by=BY)


def test_numbers():
    assert rules.make_number("scjg", 2026, 1) == "TZ-2026-SCJG-000001"
    with pytest.raises(ValueError, match="0"):
        rules.make_number("scjg", 2026, 0)


async def test_each_department_counts_its_own_from_one_and_starts_again_with_the_year(db):
    assert await issue(2) == ["TZ-2026-SCJG-000001", "TZ-2026-SCJG-000002"]
    assert await issue(1, "xfjy") == ["TZ-2026-XFJY-000001"]
    assert await issue(1) == ["TZ-2026-SCJG-000003"]
    assert await issue(0) == []
    clock.hold(lambda: datetime(2026, 12, 31, 16, 0, tzinfo=UTC))  # midnight in China
    assert await issue(1) == ["TZ-2027-SCJG-000001"]


async def test_eight_at_once_and_one_given_up_leave_no_gap_and_no_double(db):
    class GivenUp(Exception):
        pass

    async def given_up() -> list[str]:
        try:
            async with transaction():
                await service.issue(visits(3), department="scjg", by=BY)
                raise GivenUp
        except GivenUp:
            return []

    found = await asyncio.gather(*(issue(2) for _ in range(4)), given_up(), *(issue(1) for _ in range(4)))
    numbers = sorted(n for of_one in found for n in of_one)
    assert numbers == [rules.make_number("scjg", clock.now().astimezone(clock.BEIJING).year, n) for n in range(1, 13)]


async def test_a_notice_is_in_the_log_and_never_changes(db):
    (visit,) = visits(1)
    async with transaction():
        (number,) = await service.issue([visit], department="scjg", by=BY)
        entry = await connection().fetchval("select entry_id from notice")
        found = await queries.list_notices([visit.inspection, uuid4()])
        payload = await find_payload(entry)
    assert payload is not None
    assert payload[0] == {"number": number, "enterprise": visit.enterprise_code, "visits_before": 0}
    assert list(found) == [visit.inspection]
    assert found[visit.inspection].number == number
    for change in ("update notice set serial = 9", "delete from notice"):
        with pytest.raises(asyncpg.PostgresError):
            async with transaction():
                await connection().execute(change)
    with pytest.raises(asyncpg.UniqueViolationError):
        async with transaction():
            await service.issue([visit], department="scjg", by=BY)
