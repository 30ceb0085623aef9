"""Webhooks the whole way: what happens in public reaches a partner's server, signed, once, or is tried again until it is dead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest

from backend.cli.worker import PARTNERS
from backend.kernel import clock
from backend.kernel.errors import DomainError, Forbidden, Invalid
from backend.kernel.settings import settings
from backend.ledger import sequencer
from backend.outbound.rules import AddressRefused
from backend.people.queries import find_principal_of
from backend.storage import outbox
from backend.storage.engine import connection, transaction
from backend.usecases import erasing, push_changes, revise_result
from backend.usecases.open_changes import TOLD
from backend.webhooks import queries, rules, service
from tests.rooms.partner_service import Partner


@pytest.fixture
def partner(monkeypatch) -> Iterator[Partner]:
    changed = msgspec.structs.replace(settings(), webhook_hosts=("127.0.0.1",))
    monkeypatch.setattr(push_changes, "settings", lambda: changed)
    made = Partner()
    yield made
    made.close()


async def who(username: str):
    async with transaction():
        return await find_principal_of(await connection().fetchval("select id from account where username = $1", username))


async def set_up(partner: Partner, events=tuple(TOLD)):
    hook = uuid4()
    partner.secret = await push_changes.add_webhook(hook, "市大数据局", partner.address, events, by=await who("admin"))
    return hook


async def withdraw() -> str:
    """Something happens in public."""
    reviewer = await who("reviewer")
    row = await connection_row(
        "select p.inspection, p.number, p.version from publication p where p.status = 'published' and p.department = 'scjg'"
        " and not exists (select from publication n where n.number = p.number and n.version > p.version) limit 1"
    )
    await revise_result.withdraw_result(row["inspection"], seen=row["version"], reason="检查对象认定有误", decided_on=clock.today(), by=reviewer)
    while await sequencer.sequence():
        pass
    return row["number"]


async def connection_row(sql: str, *args):
    async with transaction():
        return await connection().fetchrow(sql, *args)


async def work() -> None:
    while await push_changes.push_changes():
        pass
    await outbox.work_off(PARTNERS)


def later(by: timedelta) -> None:
    moment = clock.now() + by
    clock.hold(lambda: moment)


async def test_what_happens_is_told_once_signed_and_masked(demo, partner):
    hook = await set_up(partner)
    await work()
    assert partner.got == [], "only what happens from now on"
    number = await withdraw()
    await work()
    await work()
    [(message, event, signed)] = partner.got
    assert signed
    assert (event["type"], event["data"]["subject"], event["data"]["result"]["status"]) == ("result.withdrawn", number, "withdrawn")
    [delivery] = await queries.list_deliveries(hook)
    assert (str(delivery.id), delivery.state, delivery.status, delivery.attempts) == (message, "sent", 204, 1)


async def test_other_events_are_not_told(demo, partner):
    await set_up(partner, ["draw.announced"])
    await withdraw()
    await work()
    assert partner.got == []


async def test_a_failure_is_tried_again_under_the_same_id_until_it_is_dead(demo, partner):
    hook = await set_up(partner)
    await withdraw()
    partner.answers = [500] * rules.TRIES
    for n in range(rules.TRIES):
        await work()
        assert len(partner.got) == n + 1
        await work()
        assert len(partner.got) == n + 1, "not before its time"
        if n < len(rules.WAITS):
            [delivery] = await queries.list_deliveries(hook)
            assert (delivery.state, delivery.attempts, delivery.status) == ("failed", n + 1, 500)
            later(rules.WAITS[n] + timedelta(seconds=1))
    [delivery] = await queries.list_deliveries(hook)
    assert delivery.state == "dead"
    assert len({message for message, _event, _signed in partner.got}) == 1
    view = await queries.find_webhook(hook)
    assert (view.state, view.dead) == ("paused", 1)
    assert view.why
    # Nothing more is asked of it until somebody says so; then the dead one is sent too.
    await withdraw()
    await work()
    assert len(partner.got) == rules.TRIES
    admin = await who("admin")
    await push_changes.move_webhook(hook, "live", by=admin)
    await push_changes.send_again(delivery.id, by=admin)
    await work()
    assert [d.state for d in await queries.list_deliveries(hook)] == ["sent", "sent"]


async def test_gone_is_believed_at_once(demo, partner):
    hook = await set_up(partner)
    await withdraw()
    partner.answers = [410]
    await work()
    assert (await queries.find_webhook(hook)).state == "paused"
    assert [d.state for d in await queries.list_deliveries(hook)] == ["dead"]


async def test_a_redirect_is_not_followed(demo, partner):
    other = Partner()
    hook = await set_up(partner)
    partner.answers, partner.elsewhere = [307], other.address
    await withdraw()
    await work()
    other.close()
    assert other.got == []
    assert [(d.state, d.status) for d in await queries.list_deliveries(hook)] == [("failed", 307)]


async def test_a_server_that_is_away_is_tried_again(demo, partner):
    hook = await set_up(partner)
    partner.close()
    await withdraw()
    await work()
    [delivery] = await queries.list_deliveries(hook)
    assert (delivery.state, delivery.status) == ("failed", None)
    assert "ConnectError" in delivery.detail


async def test_paused_and_removed_ones_are_left_alone(demo, partner):
    hook = await set_up(partner)
    admin = await who("admin")
    await push_changes.move_webhook(hook, "paused", by=admin)
    await withdraw()
    await work()
    assert partner.got == []
    await push_changes.move_webhook(hook, "live", by=admin)
    await work()
    assert len(partner.got) == 1, "what happened meanwhile is told"
    await push_changes.move_webhook(hook, "ended", by=admin)
    await push_changes.move_webhook(hook, "ended", by=admin)
    await withdraw()
    await work()
    assert len(partner.got) == 1
    assert (await connection_row("select sealed from webhook where id = $1", hook))["sealed"] == b""
    with pytest.raises(rules.WebhookEnded):
        await push_changes.move_webhook(hook, "live", by=admin)


async def test_the_same_form_again_makes_no_second_one_and_shows_no_secret(demo, partner):
    admin, hook = await who("admin"), uuid4()
    assert await push_changes.add_webhook(hook, "a", partner.address, ["draw.announced"], by=admin)
    assert await push_changes.add_webhook(hook, "a", partner.address, ["draw.announced"], by=admin) is None
    assert len(await queries.list_webhooks()) == len({h.id for h in await queries.list_webhooks()})


async def test_only_an_administrator_and_only_to_public_addresses(demo, partner):
    with pytest.raises(Forbidden):
        await push_changes.add_webhook(uuid4(), "a", partner.address, ["draw.announced"], by=await who("manager"))
    for address in ("http://127.0.0.2/", "https://10.0.0.1/", "https://localhost/"):
        with pytest.raises(AddressRefused):
            await push_changes.add_webhook(uuid4(), "a", address, ["draw.announced"], by=await who("admin"))


async def test_a_test_message(demo, partner):
    hook = await set_up(partner)
    assert await push_changes.test_webhook(hook, by=await who("admin")) == (204, "")
    [(_message, event, signed)] = partner.got
    assert (event["type"], signed) == ("webhook.test", True)
    with pytest.raises(DomainError):
        await push_changes.test_webhook(uuid4(), by=await who("admin"))


async def told(partner: Partner) -> bool:
    """Something happens; whether the partner finds the message signed by the secret that it has."""
    before = len(partner.got)
    await withdraw()
    await work()
    [(_message, _event, is_signed)] = partner.got[before:]
    return is_signed


async def test_a_secret_is_changed_without_a_message_that_the_partner_cannot_check(demo, partner):
    hook, admin, form = await set_up(partner), await who("admin"), uuid4()
    old = partner.secret
    assert await told(partner)
    assert len(partner.signatures[-1].split(" ")) == 1
    new = await push_changes.rotate_secret(hook, form, overlap_days=7, by=admin)
    assert new not in (None, old)
    assert await push_changes.rotate_secret(hook, form, overlap_days=7, by=admin) is None, "a second click changes nothing"
    assert await told(partner), "by the old secret, which the partner still has"
    assert len(partner.signatures[-1].split(" ")) == 2
    partner.secret = new
    assert await told(partner), "by the new one"
    view = await queries.find_webhook(hook)
    assert view.old_until == view.rotated_at + timedelta(days=7)
    assert old not in (row := str(await connection_row("select * from webhook where id = $1", hook)))
    assert new not in row, "both are sealed"
    later(timedelta(days=7, seconds=1))
    await withdraw()
    await work()
    assert len(partner.signatures[-1].split(" ")) == 1, "the overlap is over"
    async with transaction():
        assert await service.forget_old_secrets() == 1
        assert await service.forget_old_secrets() == 0
    target = await service.find_target(hook)
    assert (target.secret, target.old) == (new, "")
    entries = await connection_row("select count(*) as n from ledger_entry where type = 'webhook.changed' and subject = $1", str(hook))
    assert entries["n"] == 2, "set up and changed; the end of the overlap was told with the change"


async def test_a_secret_that_leaked_signs_no_more_at_once(demo, partner):
    hook, admin = await set_up(partner), await who("admin")
    await push_changes.rotate_secret(hook, uuid4(), overlap_days=0, by=admin)
    assert not await told(partner)
    partner.secret = await push_changes.rotate_secret(hook, uuid4(), overlap_days=30, by=admin)
    await push_changes.end_old_secret(hook, by=admin)
    await push_changes.end_old_secret(hook, by=admin)
    assert await told(partner)
    assert len(partner.signatures[-1].split(" ")) == 1
    for days in (2, 400, -1):
        with pytest.raises(Invalid):
            await push_changes.rotate_secret(hook, uuid4(), overlap_days=days, by=admin)
    with pytest.raises(Forbidden):
        await push_changes.rotate_secret(hook, uuid4(), overlap_days=7, by=await who("manager"))
    await push_changes.move_webhook(hook, rules.ENDED, by=admin)
    for act in (push_changes.rotate_secret(hook, uuid4(), overlap_days=7, by=admin), push_changes.end_old_secret(hook, by=admin)):
        with pytest.raises(rules.WebhookEnded):
            await act


async def test_records_of_deliveries_have_their_time(demo, partner):
    hook = await set_up(partner)
    await withdraw()
    await work()
    partner.answers = [500]
    await withdraw()
    await work()
    days = (await connection_row("select days from retention where what = 'webhook'"))["days"]
    later(timedelta(days=days - 1))
    await erasing.erase_what_is_due()
    assert len(await queries.list_deliveries(hook)) == 2
    later(timedelta(days=1, hours=1))
    await erasing.erase_what_is_due()
    [left] = await queries.list_deliveries(hook)
    assert left.state == "failed", "what is still to be delivered stays"
    await work()
    assert len(partner.got) == 3, "nothing is told anew because its record went"
