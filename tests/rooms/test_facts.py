"""Penalties and permits as the dossier reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

from backend.facts.queries import list_facts
from backend.kernel.scope import Scope
from backend.registry import queries as registry
from backend.registry import service
from backend.registry.rules import EnterpriseDraft, check_row, make_uscc
from backend.storage.engine import connection, transaction

CODE = make_uscc("91530302", "YQ000001")
NOW = datetime(2026, 11, 25, tzinfo=UTC)


async def test_facts_of_an_enterprise_within_the_region_newest_first(db):
    draft = check_row({"code": CODE, "name": "麒麟饭店", "region": "麒麟区", "industry": "6210"})
    assert isinstance(draft, EnterpriseDraft)
    async with transaction():
        await service.load_regions()
        await service.put_enterprises([draft])
        e = (await registry.list_by_codes([CODE]))[CODE]
        for no, day in (("曲市监罚〔2025〕1号", date(2025, 1, 2)), ("曲市监罚〔2026〕9号", date(2026, 5, 4)), ("无日期", None)):
            await connection().execute(
                "insert into penalty (id, enterprise, document_no, party, decided_on, source, as_of, created_at, updated_at)"
                " values ($1, $2, $3, '麒麟饭店', $4, '处罚.csv', $5, $6, $6)",
                uuid4(), e.id, no, day, date(2026, 6, 1), NOW,
            )  # fmt: skip
        await connection().execute(
            "insert into permit (id, enterprise, document_no, party, valid_to, source, as_of, created_at, updated_at)"
            " values ($1, $2, 'JY1', '麒麟饭店', null, '许可.csv', $3, $4, $4)",
            uuid4(), e.id, date(2026, 6, 1), NOW,
        )  # fmt: skip
    found = await list_facts(e.id, Scope("scjg", "5303"))
    assert [p.document_no for p in found.penalties] == ["曲市监罚〔2026〕9号", "曲市监罚〔2025〕1号", "无日期"]
    assert (found.penalties[0].source, found.penalties[0].as_of) == ("处罚.csv", date(2026, 6, 1))
    assert [(p.document_no, p.valid_to) for p in found.permits] == [("JY1", None)]
    elsewhere = await list_facts(e.id, Scope("scjg", "530303"))
    assert (elsewhere.penalties, elsewhere.permits) == ([], [])
