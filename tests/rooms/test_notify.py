"""Alerts: the inbox always, Web Push for real: signed, encrypted, retried, buried."""

from __future__ import annotations

import base64
import json
import os
from uuid import uuid4

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from backend.kernel.settings import settings
from backend.notify import jobs, queries, rules, service
from backend.storage import outbox
from backend.storage.engine import connection, transaction
from tests.journeys.conftest import PushService

ME = uuid4()
ALLOWED = ("fcm.googleapis.com", "*.push.apple.com", "127.0.0.1")


@pytest.mark.parametrize("endpoint", ["https://fcm.googleapis.com/x", "https://web.push.apple.com/x", "http://127.0.0.1:9/x"])
def test_known_push_services(endpoint):
    rules.check_endpoint(endpoint, ALLOWED)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",  # not encrypted
        "https://evil.example/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://fcm.googleapis.com@evil.example/x",
        "https://user@fcm.googleapis.com/x",
        "http://10.0.0.1/x",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/x",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "",
    ],
)
def test_everything_else_is_refused(endpoint):
    with pytest.raises(rules.PushHostRefused):
        rules.check_endpoint(endpoint, ALLOWED)


def test_every_kind_says_something_in_both_languages():
    params = {
        "enterprise": "某店",
        "due_on": "2026-12-01",
        "comment": "补照片",
        "officer": "李明",
        "title": "餐饮抽查",
        "draw": "QJ-2026-0001",
        "reveal_by": "2026-12-31",
        "zh": "某店：结果已更正",
        "en": "某店: the result was corrected",
        "minutes": "10",
        "at": "2026-12-01 08:00",
        "name": "红米",
        "left": "10",
    }
    for kind in rules.KINDS:
        for locale in ("zh", "en"):
            title, body = rules.text_of(kind, params, locale)
            assert title
            # A pause after wrong codes has nothing to name: the reader's own account is the whole matter.
            assert kind == "factor.failed" or any(word in body for word in ("某店", "QJ-2026-0001", "10", "2026-12-01"))


@pytest.fixture
def push_service(monkeypatch):
    service_ = PushService()
    changed = msgspec.structs.replace(settings(), push_hosts=ALLOWED)
    for room in (service, jobs):
        monkeypatch.setattr(room, "settings", lambda: changed)
    yield service_
    service_.server.shutdown()
    service_.server.server_close()


async def subscribe(push_service, **changed):
    given = {**push_service.subscription(), **changed}
    async with transaction():
        await service.subscribe(ME, endpoint=given["endpoint"], p256dh=given["keys"]["p256dh"], auth=given["keys"]["auth"])


async def tell():
    async with transaction():
        return await service.tell(ME, "inspection.dispatched", inspection=uuid4(), params={"enterprise": "某店", "due_on": "2026-12-01"})


async def test_an_alert_reaches_the_inbox_and_the_browser(db, push_service):
    for _ in range(2):  # a browser that subscribes again is still one
        await subscribe(push_service)
    entry = await tell()
    assert await outbox.work_off({"push": jobs.push}) == 1
    message = json.loads(push_service.inbox.get(timeout=5))
    assert message["title"] == "新的检查"
    assert message["url"].startswith("/field/#/inspection/")
    (shown,) = await queries.list_inbox(ME)
    assert (shown.id, shown.is_read) == (entry, False)
    async with transaction():
        await service.mark_read(uuid4(), [entry])  # nobody reads another's alerts
        assert not (await queries.list_inbox(ME))[0].is_read
        await service.mark_read(ME, [entry])
        assert (await queries.list_inbox(ME))[0].is_read
        assert await connection().fetchval("select state from notify_delivery") == "sent"


async def test_without_a_browser_the_inbox_still_has_it(db):
    await tell()
    assert len(await queries.list_inbox(ME)) == 1
    assert await outbox.work_off({"push": jobs.push}) == 0


async def test_a_browser_that_is_gone_is_buried_and_one_in_trouble_is_tried_again(db, push_service, monkeypatch):
    await subscribe(push_service)
    await tell()
    handler = push_service.server.RequestHandlerClass
    monkeypatch.setattr(handler, "do_POST", lambda self: self.send_error(500))
    await outbox.work_off({"push": jobs.push})
    async with transaction():
        job = await connection().fetchrow("select attempts, last_error from outbox_job")
        assert (job["attempts"], "500" in job["last_error"]) == (1, True)
        assert await connection().fetchval("select state || ' ' || detail from notify_delivery") == "failed 500"
        await connection().execute("update outbox_job set available_at = now() - interval '1 hour'")
    monkeypatch.setattr(handler, "do_POST", lambda self: self.send_error(410))
    await outbox.work_off({"push": jobs.push})
    async with transaction():
        assert await connection().fetchval("select count(*) from outbox_job") == 0
        assert await connection().fetchval("select dead_at is not null from push_subscription")
        assert [tuple(r) for r in await connection().fetch("select state, detail, attempts from notify_delivery")] == [("dead", "410", 2)]
    await tell()
    assert await outbox.work_off({"push": jobs.push}) == 0
    with pytest.raises(rules.PushGone):  # the browser is told to make a new one
        await subscribe(push_service)


async def test_an_address_is_its_last_subscribers_and_nobodys_after_the_sign_out(db, push_service):
    await subscribe(push_service)
    colleague = uuid4()
    given = push_service.subscription()
    async with transaction():
        await service.subscribe(colleague, endpoint=given["endpoint"], p256dh=given["keys"]["p256dh"], auth=given["keys"]["auth"])
    await tell()
    assert await outbox.work_off({"push": jobs.push}) == 0  # the phone is the colleague's now
    async with transaction():
        await service.tell(colleague, "inspection.dispatched", inspection=uuid4(), params={"enterprise": "某店", "due_on": "2026-12-01"})
        await service.unsubscribe(given["endpoint"])
    assert await outbox.work_off({"push": jobs.push}) == 1  # asked for before the sign-out, and not sent after it
    assert push_service.inbox.empty()


async def test_every_browser_of_a_person_is_tried_on_its_own(db, push_service, monkeypatch):
    await subscribe(push_service)
    await subscribe(push_service, endpoint=push_service.subscription()["endpoint"].replace("/push/1", "/push/gone"))
    await subscribe(push_service, endpoint="http://127.0.0.1:9/push/away")  # nothing listens there
    receive = push_service.server.RequestHandlerClass.do_POST
    monkeypatch.setattr(
        push_service.server.RequestHandlerClass, "do_POST", lambda self: self.send_error(410) if self.path.endswith("gone") else receive(self)
    )
    await tell()
    assert await outbox.work_off({"push": jobs.push}) == 3
    async with transaction():
        rows = await connection().fetch(
            "select s.endpoint, d.state, s.dead_at is not null as dead from notify_delivery d join push_subscription s on s.id = d.subscription"
        )
    told = {row["endpoint"].rsplit("/", 1)[1]: (row["state"], row["dead"]) for row in rows}
    assert told == {"1": ("sent", False), "gone": ("dead", True), "away": ("failed", False)}
    assert isinstance(push_service.inbox.get(timeout=5), str)


async def test_malformed_keys_are_refused(db, push_service):
    from backend.kernel.errors import Invalid

    with pytest.raises(Invalid):
        await subscribe(push_service, keys={"p256dh": "AA", "auth": "AA"})


async def test_another_browser_cannot_read_it(db, push_service):
    stranger = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    keys = {"p256dh": base64.urlsafe_b64encode(stranger).rstrip(b"=").decode(), "auth": base64.urlsafe_b64encode(os.urandom(16)).rstrip(b"=").decode()}
    await subscribe(push_service, keys=keys)
    await tell()
    await outbox.work_off({"push": jobs.push})
    assert isinstance(push_service.inbox.get(timeout=5), Exception)
