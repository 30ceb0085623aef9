"""Alive, ready, measured: who may ask what, and what they are told while something is wrong."""

from __future__ import annotations

import shutil
from collections import namedtuple

import asyncpg
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from backend.app import create_app
from backend.ledger import sequencer
from backend.ledger import service as ledger
from backend.storage import migrate, outbox
from backend.storage.engine import connection, transaction
from backend.vitals import service as vitals
from backend.vitals.rules import judge

Usage = namedtuple("Usage", "total used free")


async def test_alive_asks_no_database(client, monkeypatch):
    monkeypatch.setattr("backend.storage.migrate.reader", _away)
    assert (await client.get("/healthz")).json() == {"status": "ok"}


def _away():
    raise asyncpg.CannotConnectNowError("the database system is starting up")


async def test_ready(client):
    answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "checks": {"database": "ok", "migrations": "ok", "disk": "ok", "sequencer": "ok"}}


async def test_not_ready_without_a_database_and_ready_again_with_it(client, monkeypatch):
    with monkeypatch.context() as m:
        m.setattr("backend.storage.migrate.reader", _away)
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert (answer.json()["status"], answer.json()["checks"]["database"]) == ("not-ready", "away")
    assert (await client.get("/readyz")).status_code == 200


async def test_not_ready_while_a_migration_is_due_or_the_disk_is_full(client, monkeypatch):
    async with transaction():
        await connection().execute("delete from migration where name = $1", max(migrate.list_known()))
    assert (await client.get("/readyz")).json()["checks"]["migrations"] == "pending"
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(1 << 40, (1 << 40) - 5, 5))
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["disk"]) == (503, "full")


async def test_a_newer_schema_than_ours_is_no_fault(client):
    async with transaction():
        await connection().execute("insert into migration (name, app_name) values ('2099-01-01T00:00:00:000000', 'sunlot')")
    assert (await client.get("/readyz")).status_code == 200


async def test_who_leaves_says_so(client, monkeypatch):
    monkeypatch.setattr(vitals, "_leaving", vitals.asyncio.Event())
    vitals.drain()
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "draining")
    assert (await client.get("/healthz")).status_code == 200


def test_a_late_sequencer_is_told_and_takes_no_server_out():
    found = judge(draining=False, database=True, migrations=True, disk_full=False, oldest_staged_s=3600.0)
    assert (found.status, found.points["sequencer"]) == ("ready", "late")


async def _ask(headers=None, address="127.0.0.1"):
    transport = httpx.ASGITransport(create_app(), client=(address, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as browser:
        return await browser.get("/metrics", headers=headers or {})


async def test_metrics_are_for_this_machine_alone_unless_a_token_opens_them(db, environment):
    assert (await _ask()).status_code == 200
    assert (await _ask(address="10.0.0.7")).status_code == 403
    assert (await _ask(address="?")).status_code == 403
    for forwarded in ("x-forwarded-for", "forwarded", "x-real-ip", "via"):
        assert (await _ask({forwarded: "1.2.3.4"})).status_code == 403, forwarded
    environment(SUNLOT_ENV="production")
    assert (await _ask()).status_code == 403
    environment(METRICS_TOKEN="a-token-of-some-length")
    assert (await _ask()).status_code == 403
    assert (await _ask({"authorization": "Bearer wrong"})).status_code == 403
    assert (await _ask({"authorization": "Bearer a-token-of-some-length", "x-forwarded-for": "1.2.3.4"}, "10.0.0.7")).status_code == 200


async def test_metrics_tell_of_requests_queues_log_and_evidence(county):
    browser = await county("")
    for _ in range(3):
        await browser.get("/results")
    await browser.get("/results/none")
    async with transaction():
        await outbox.ask("push", {"entry": "x"})
        await ledger.record("demo.loaded", actor=None, subject="x", payload={})
    text = (await _ask()).text
    found = {s.name: {} for f in text_string_to_metric_families(text) for s in f.samples}
    for family in text_string_to_metric_families(text):
        for s in family.samples:
            found[s.name][tuple(sorted(s.labels.items()))] = s.value
    requests = found["sunlot_http_requests_total"]
    assert requests[("method", "GET"), ("route", "/results"), ("status", "200")] >= 3
    assert requests[("method", "GET"), ("route", "/results/{number}"), ("status", "404")] >= 1
    assert found["sunlot_http_request_seconds_count"][("method", "GET"), ("route", "/results")] >= 3
    assert found["sunlot_database_up"][()] == 1
    assert found["sunlot_outbox_waiting_jobs"][(("state", "due"),)] >= 1
    assert found["sunlot_ledger_staged_entries"][()] >= 1
    assert found["sunlot_ledger_lag_seconds"][()] >= 0
    assert found["sunlot_evidence_bytes"][()] > 100_000
    assert found["sunlot_ledger_entries"][()] > 100
    assert found["sunlot_imports"]
    assert found["sunlot_database_pool_connections"]
    await sequencer.sequence()
    after = (await _ask()).text
    assert "\nsunlot_ledger_staged_entries 0.0" in after


async def test_metrics_without_a_database_still_tell_what_was_counted(db, monkeypatch):
    monkeypatch.setattr("backend.vitals.queries.reader", _away)
    text = (await _ask()).text
    assert "sunlot_database_up 0.0" in text
    assert "sunlot_http_requests_total" in text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (asyncpg.CannotConnectNowError("starting up"), 503, "database-away"),
        (ConnectionRefusedError(111, "refused"), 503, "database-away"),
        (asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress"), 503, "database-away"),
        (OSError(28, "No space left on device"), 507, "disk-full"),
        (asyncpg.InterfaceError("connection is closed"), 503, "database-away"),
        (ValueError("a bug"), 500, "failure"),
    ],
)
async def test_what_is_away_is_called_that_in_both_languages(client, monkeypatch, error, status, code):
    async def fails(*_args, **_options):
        raise error

    monkeypatch.setattr("backend.web.field.session._whoami", fails)
    answer = await client.get("/field/api/session")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    english = await client.get("/field/api/session", headers={"accept-language": "en"})
    assert english.json()["title"].isascii()
    assert not answer.json()["title"].isascii()
    assert ("retry-after" in answer.headers) == (status != 500)
