"""Every request has an id that is answered, logged and carried on; the log says what was asked without what stood in it."""

from __future__ import annotations

import io
import json

import pytest
import structlog

from backend.kernel import logs
from backend.storage import outbox
from backend.storage.engine import connection, transaction
from backend.web.shared import errors, request_log


@pytest.fixture
def events(environment):
    """What is logged meanwhile, as JSON, line by line."""
    environment(LOG_FORMAT="json", ACCESS_LOG="1")
    out = io.StringIO()
    logs.configure()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(out), cache_logger_on_first_use=False)
    held = [(module, module.log) for module in (request_log, outbox, errors)]
    for module, _log in held:
        module.log = structlog.get_logger()
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    for module, kept in held:
        module.log = kept
    environment(LOG_FORMAT=None)
    logs.configure()


async def test_a_request_is_one_line_with_its_route_and_no_content(client, login, events):
    account = await login(client, "manager")
    answer = await client.get("/results/秘密-4711?secret=4712", headers={"cookie-x": "4713"})
    mine = [e for e in events() if e["event"] == "request" and e["route"].startswith("/results/")]
    assert len(mine) == 1
    assert mine[0] | {"ms": 0, "timestamp": "", "account": "", "request_id": ""} == {
        "event": "request", "method": "GET", "route": "/results/{number}", "status": 404, "ms": 0, "level": "info", "timestamp": "", "account": "",
        "request_id": "",
    }  # fmt: skip
    assert mine[0]["request_id"] == answer.headers["x-request-id"]
    assert len(mine[0]["account"]) == 16
    whole = json.dumps(events(), ensure_ascii=False)
    for hidden in ("4711", "4712", "4713", str(account), "correct horse battery", client.cookies["sid"]):
        assert hidden not in whole


async def test_what_no_route_has_and_what_fails_is_logged_too(client, events, monkeypatch):
    lost = await client.get("/no/such\u2028page")
    assert lost.headers["x-request-id"]
    assert [e["status"] for e in events() if e["event"] == "request"] == [404]

    def fails(*_args, **_options):
        raise ValueError("a value that no visitor may see")

    monkeypatch.setattr("backend.web.public.results.page", fails)
    broken = await client.get("/results")
    assert broken.status_code == 500
    number = broken.headers["x-request-id"]
    assert number in broken.text
    assert "a value that" not in broken.text
    failed = next(e for e in events() if e["event"] == "request.failed")
    assert failed["request_id"] == failed["number"] == number
    assert "ValueError" in failed["exception"]


async def test_an_id_from_outside_is_believed_only_behind_a_trusted_proxy(client, environment):
    given = {"x-request-id": "edge-0123456789"}
    assert (await client.get("/healthz", headers=given)).headers["x-request-id"] != given["x-request-id"]
    environment(TRUSTED_PROXIES="1")
    assert (await client.get("/healthz", headers=given)).headers["x-request-id"] == given["x-request-id"]
    for bad in ("short", "x" * 65, 'a"quote-in-it', "new\tline-in-it"):
        assert (await client.get("/healthz", headers={"x-request-id": bad})).headers["x-request-id"] != bad


async def test_a_job_knows_the_request_that_asked_for_it(db, events):
    with logs.working_for("edge-0123456789"):
        async with transaction():
            await outbox.ask("job", {})
    seen = []

    async def job(_payload):
        seen.append(logs.request_id())
        raise ValueError("not today")

    assert logs.request_id() is None
    await outbox.work_off({"job": job})
    assert seen == ["edge-0123456789"]
    assert next(e for e in events() if e["event"] == "outbox.failed")["request_id"] == "edge-0123456789"
    async with transaction():
        assert await connection().fetchval("select request_id from outbox_job") == "edge-0123456789"


def test_a_line_break_begins_no_event_of_its_own(events):
    log = structlog.get_logger()
    log.info("said", what='x\n{"event": "forged"}\u2028y')
    assert [e["event"] for e in events()] == ["said"]
    assert events()[0]["what"] == 'x\\x0a{"event": "forged"}\\x2028y'


def test_on_a_terminal_the_same_is_text(environment):
    environment(LOG_FORMAT="text")
    out = io.StringIO()
    logs.configure()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(out), cache_logger_on_first_use=False)
    structlog.get_logger().info("said", what="x\n2026-01-01 [error] forged")
    environment(LOG_FORMAT=None)
    logs.configure()
    assert out.getvalue().count("\n") == 1
    assert "said" in out.getvalue()
