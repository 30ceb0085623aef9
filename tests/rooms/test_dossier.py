"""The history of an enterprise, its changes by the office, its entries on lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from backend.history.rules import ChangedByOther
from backend.kernel import clock
from backend.kernel.errors import Conflict, Invalid, NotFound
from backend.kernel.scope import Scope
from backend.registry import editing, history, service
from backend.registry.history import Origin
from backend.registry.queries import EnterpriseView, find_enterprise, list_by_codes
from backend.registry.rules import EnterpriseDraft, check_row, make_uscc
from backend.storage.engine import connection, reader, transaction

CITY, OTHER = Scope(None, "5303"), Scope(None, "530381")
BATCH, CLERK = uuid4(), uuid4()


def draft(number: int, name: str, **fields: str) -> EnterpriseDraft:
    found = check_row({"code": make_uscc("91530302", f"YQ{number:06d}"), "name": name, "region": "530302", "industry": "6210", **fields})
    assert isinstance(found, EnterpriseDraft), found
    return found


@pytest.fixture
async def shop(db) -> EnterpriseView:
    first = draft(1, "麒麟饭店", legal_rep="李娜")
    async with transaction():
        await service.load_regions()
        await service.load_industries()
        await editing.note_origin("import", source=BATCH, account=CLERK)
        await service.put_enterprises([first, draft(2, "沾益超市")])
    return (await list_by_codes([first.code]))[first.code]


def texts(e: EnterpriseView, **new: str) -> dict[str, str]:
    return {name: str(getattr(e, name) or "") for name in editing.EDITABLE} | new


async def change(e: EnterpriseView, *, version: int | None = None, reason: str = "登记机关变更通知书", scope: Scope = CITY, **new: str) -> bool:
    async with transaction():
        return await editing.change_enterprise(e.id, texts(e, **new), version=e.version if version is None else version, reason=reason, scope=scope, by=CLERK)


async def entries() -> list[str]:
    return [
        r["payload"]
        for r in await reader().fetch("select p.payload from ledger_payload p join ledger_entry e using (entry_id) where e.type = 'enterprise.changed'")
    ]


async def test_an_import_leaves_old_and_new_value_with_its_batch(shop):
    assert await history.find_arrival(shop.id) == Origin("import", BATCH, CLERK)
    assert await history.list_changes(shop.id) == []
    second = uuid4()
    async with transaction():
        await editing.note_origin("import", source=second, account=CLERK)
        await service.put_enterprises([replace(draft(1, "麒麟饭店"), legal_rep="王伟", status="revoked"), draft(2, "沾益超市")])
    [only] = await history.list_changes(shop.id)
    assert (only.version, only.origin) == (2, Origin("import", second, CLERK))
    assert (only.was, only.now) == ({"legal_rep": "李娜", "status": "active"}, {"legal_rep": "王伟", "status": "revoked"})
    assert await reader().fetchval("select count(*) from enterprise_change") == 1


async def test_a_change_by_any_statement_is_in_the_history_even_without_an_origin(shop):
    async with transaction():
        await connection().execute("update enterprise set phone = '110', version = version + 1")
    [found] = await history.list_changes(shop.id)
    assert (found.origin.kind, found.was, found.now) == ("unknown", {"phone": ""}, {"phone": "110"})


async def test_the_office_changes_an_enterprise_with_reason_history_and_entry(shop):
    assert await change(shop, name="麒麟大饭店", status="revoked")
    now = await find_enterprise(shop.id, CITY)
    assert (now.name, now.name_key, now.status, now.version) == ("麒麟大饭店", "qi2 lin2 da4 fan4 dian4", "revoked", 2)
    [found] = await history.list_changes(shop.id)
    assert found.origin == Origin("office", None, CLERK)
    assert (found.was["name"], found.now["name"], found.reason) == ("麒麟饭店", "麒麟大饭店", "登记机关变更通知书")
    [entry] = await entries()
    assert '"fields": ["name", "status"]' in entry
    assert "麒麟" not in entry
    assert not await change(now)
    assert len(await entries()) == 1


async def test_two_people_editing_one_enterprise_the_second_sees_both_texts(shop):
    await change(shop, address="南宁东路1号")
    with pytest.raises(ChangedByOther) as caught:
        await change(shop, address="南宁西路2号")
    assert (caught.value.theirs["address"], caught.value.version) == ("南宁东路1号", 2)
    assert (await find_enterprise(shop.id, CITY)).address == "南宁东路1号"
    assert await change(shop, version=2, address="南宁西路2号")


@pytest.mark.parametrize(
    ("new", "field"),
    [({"name": ""}, "name"), ({"region": "530101"}, "region"), ({"industry": "0000"}, "industry"), ({"established_on": "2999-01-01"}, "established_on")],
)
async def test_what_the_register_does_not_take_is_refused_by_field(shop, new, field):
    with pytest.raises(Invalid) as caught:
        await change(shop, **new)
    assert caught.value.fields["field"] == field
    assert (await find_enterprise(shop.id, CITY)).version == 1


async def test_no_change_without_reason_or_outside_the_region(shop):
    with pytest.raises(Invalid):
        await change(shop, name="麒麟大饭店", reason=" 无 ")
    with pytest.raises(NotFound):
        await change(shop, name="麒麟大饭店", scope=OTHER)
    with pytest.raises(Invalid):  # moved to where the editor has no say
        await change(shop, region="530303", scope=Scope(None, "530302"))


async def listed(e: EnterpriseView, **more: object) -> UUID:
    given = {"which": "abnormal", "ground": "通过登记的住所无法联系", "authority": "曲靖市市场监督管理局", "document": "", "source": "公示系统", **more}
    async with transaction():
        return await editing.put_on_list(e.id, **{"listed_on": date(2026, 3, 2), "scope": CITY, "by": CLERK, **given})  # type: ignore[arg-type]


async def test_lists_are_dated_with_their_source_and_end(shop):
    listing = await listed(shop)
    with pytest.raises(Conflict):
        await listed(shop)
    [row] = await history.list_listings(shop.id)
    assert (row.list, row.listed_on, row.removed_on, row.source, row.as_of) == ("abnormal", date(2026, 3, 2), None, "公示系统", clock.today())
    with pytest.raises(Invalid):
        async with transaction():
            await editing.take_off_list(listing, removed_on=date(2026, 3, 1), removal="已办理变更登记", scope=CITY, by=CLERK)
    async with transaction():
        await editing.take_off_list(listing, removed_on=date(2026, 5, 6), removal="已办理变更登记", scope=CITY, by=CLERK)
    [row] = await history.list_listings(shop.id)
    assert (row.removed_on, row.removal) == (date(2026, 5, 6), "已办理变更登记")
    with pytest.raises(NotFound):
        async with transaction():
            await editing.take_off_list(listing, removed_on=date(2026, 5, 6), removal="已办理变更登记", scope=CITY, by=CLERK)
    assert len(await entries()) == 2


async def test_a_list_takes_no_future_no_unknown_list_and_no_stranger(shop):
    for more, error in (
        ({"listed_on": clock.today() + timedelta(days=1)}, Invalid),
        ({"which": "black"}, Invalid),
        ({"ground": " "}, Invalid),
        ({"scope": OTHER}, NotFound),
    ):
        with pytest.raises(error):
            await listed(shop, **more)
    assert await history.list_listings(shop.id) == []
