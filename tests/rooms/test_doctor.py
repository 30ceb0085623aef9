"""The doctor, by breaking things: each fault is found, named in both languages with what to do, and told in the exit status."""

from __future__ import annotations

import json
import shutil
from collections import namedtuple
from datetime import timedelta

import pytest

from backend.cli import doctor
from backend.cli.doctor import database, findings, machine
from backend.kernel import clock
from backend.ledger import service as ledger
from backend.ledger.cosigning import Policy, Witness
from backend.storage import cluster, outbox
from backend.storage.engine import connection, transaction
from tests.conftest import TEMPLATE

Usage = namedtuple("Usage", "total used free")


async def asked() -> dict[str, findings.Finding]:
    return {f.code: f for f in [f async for f in database.check_database()]}


def named(found) -> dict[str, findings.Finding]:
    return {f.code: f for f in found}


def require(f: findings.Finding, level: str) -> None:
    """Every finding that is not well says what to do, in both languages."""
    assert f.level == level, f
    assert f.do_zh
    assert f.do_en
    assert f.en.isascii() or any(c in f.en for c in "基节"), f.en
    assert not f.zh.isascii()


async def test_a_sound_database(demo):
    # The demo county may have been loaded long ago: its jobs are as old as the copy that all tests share.
    async with transaction():
        await connection().execute("update outbox_job set available_at = now()")
    found = await asked()
    # In November and December the next year's holidays may not be known yet: tested below.
    assert {c for c, f in found.items() if f.level != "ok"} - {"holidays"} == {"witnesses"}
    for code in ("database", "database-clock", "migrations", "backlog", "sequencer"):
        assert found[code].level == "ok"


async def test_migrations_that_are_due(db):
    async with transaction():
        await connection().execute("delete from migration where name like '2026-11-26%'")
    require((await asked())["migrations"], "fail")


async def test_a_missing_extension(db):
    async with transaction():
        await connection().execute("drop extension pg_trgm cascade")
    found = (await asked())["extensions"]
    require(found, "fail")
    assert "pg_trgm" in found.en


async def test_a_worker_that_does_not_run(db):
    async with transaction():
        await outbox.ask("push", {})
        await connection().execute("update outbox_job set available_at = now() - interval '1 hour'")
        await ledger.record("demo.loaded", actor=None, subject="x", payload={})
    hour = timedelta(hours=1)
    clock.hold(lambda: clock.datetime.now(clock.UTC) + hour)
    found = await asked()
    require(found["backlog"], "warn")
    require(found["sequencer"], "fail")
    assert "the oldest for 7" in found["backlog"].en
    require(found["database-clock"], "fail")


async def test_dead_jobs(db):
    async with transaction():
        await outbox.ask("push", {})
        await connection().execute("update outbox_job set gave_up_at = now()")
    require((await asked())["dead-jobs"], "warn")


async def test_a_clock_that_is_wrong(db):
    clock.hold(lambda: clock.datetime.now(clock.UTC) + timedelta(seconds=5))
    require((await asked())["database-clock"], "warn")
    clock.hold(lambda: clock.datetime.now(clock.UTC) - timedelta(hours=1))
    require((await asked())["database-clock"], "fail")


async def test_holidays(db):
    async with transaction():
        await connection().execute("delete from holiday")
    require((await asked())["holidays"], "fail")
    async with transaction():
        await connection().execute(
            "insert into holiday (day, is_off, name, source, version) values ('2026-10-01', true, '国庆节', 'x', 1)"
        )
    clock.hold(lambda: clock.datetime(2026, 11, 20, tzinfo=clock.UTC))
    require((await asked())["holidays"], "warn")
    clock.hold(lambda: clock.datetime(2026, 5, 20, tzinfo=clock.UTC))
    assert (await asked())["holidays"].level == "ok"


async def test_too_few_witnesses(demo, monkeypatch):
    some = Witness("w.example", None, "http://127.0.0.1:9")  # type: ignore[arg-type]
    monkeypatch.setattr(database, "policy", lambda: Policy((some,), {}, "w.example"))
    require((await asked())["quorum"], "warn")
    monkeypatch.setattr(machine, "policy", lambda: Policy((some,), {}, "w.example"))
    silent = named(machine.check_witness_clocks())["witness"]
    require(silent, "warn")
    assert "w.example" in silent.en


async def test_a_database_that_is_away(db, monkeypatch):
    def gone():
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(database, "reader", gone)
    found = await asked()
    require(found["database"], "fail")
    assert list(found) == ["database"]


def test_a_disk_that_fills_up(monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _p: Usage(1000 << 30, 950 << 30, 50 << 30))
    require(named(machine.check_disk())["disk"], "warn")
    monkeypatch.setattr(shutil, "disk_usage", lambda _p: Usage(1000 << 30, 1000 << 30, 1 << 20))
    require(named(machine.check_disk())["disk"], "fail")


def test_a_folder_that_is_not_there(environment, tmp_path):
    environment(DATA_DIR=str(tmp_path / "none"))
    require(named(machine.check_disk())["data-dir"], "fail")


def test_keys_that_are_missing_or_open_to_all(environment, tmp_path):
    environment(DATA_DIR=str(tmp_path))
    require(named(machine.check_keys())["keys"], "warn")
    (tmp_path / "keys").mkdir()
    for name in machine.KEYS:
        (tmp_path / "keys" / name).write_bytes(b"x")
        (tmp_path / "keys" / name).chmod(0o600)
    assert named(machine.check_keys())["keys"].level == "ok"
    (tmp_path / "keys" / "ledger.ed25519").chmod(0o640)
    found = named(machine.check_keys())["key-rights"]
    require(found, "fail")
    assert "ledger.ed25519" in found.en


def test_settings_that_are_still_the_examples(environment):
    environment(BASE_URL="http://localhost:8000", VAPID_SUBJECT=None, LOG_ORIGIN=None, METRICS_TOKEN="short")
    found = named(machine.check_settings())
    for code in ("base-url", "vapid-subject", "log-origin", "metrics-token", "backup-recipients"):
        require(found[code], "warn")
    environment(SUNLOT_ENV="production")
    assert named(machine.check_settings())["base-url"].level == "fail"
    environment(
        BASE_URL="https://127.0.0.1:9", VAPID_SUBJECT="mailto:ops@qj.gov.cn", LOG_ORIGIN="qj.gov.cn/sunlot", METRICS_TOKEN="x" * 24, BACKUP_RECIPIENTS="age1x"
    )  # fmt: skip
    found = named(machine.check_settings())
    assert set(found) == {"base-url"}
    require(found["base-url"], "warn")
    environment(SECOND_FACTOR="optional")
    require(named(machine.check_settings())["second-factor"], "warn")


def test_papers_and_fonts(monkeypatch, tmp_path):
    assert named(machine.check_papers())["papers"].level == "ok"
    monkeypatch.setattr("backend.notices.papers.FONTS", tmp_path)
    require(named(machine.check_papers())["papers"], "fail")


async def test_a_store_that_cannot_be_written(monkeypatch, environment, tmp_path):
    (tmp_path / "evidence").write_text("a file where the folder should be")
    environment(DATA_DIR=str(tmp_path))
    require(named(await machine.check_store())["evidence-store"], "fail")


@pytest.mark.parametrize(("levels", "status"), [(["ok"], 0), (["ok", "warn"], 1), (["warn", "fail", "ok"], 2), ([], 0)])
def test_the_exit_status_is_the_worst(levels, status):
    assert findings.status_of([findings.Finding("x", level, "", "") for level in levels]) == status


def test_the_command_prints_both_languages_or_json(server, monkeypatch, capsys):
    monkeypatch.setattr(doctor.engine, "ensure_server", lambda: None)
    doctor.engine.database().config = {**server, "database": TEMPLATE}
    status = doctor.main(as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert status == max(findings.STATUS[f["level"]] for f in told) > 0
    assert {"code", "level", "zh", "en", "do_zh", "do_en"} == set(told[0])
    assert doctor.main() == status
    text = capsys.readouterr().out
    assert all(f["do_zh"] in text and f["do_en"] in text for f in told)
    assert f"{len(told)} points, " in text


def test_an_embedded_server_that_does_not_start_is_told(monkeypatch, capsys):
    def broken() -> None:
        raise cluster.ClusterError(why="no space")

    monkeypatch.setattr(doctor.engine, "ensure_server", broken)
    assert doctor.main() == 2
    assert "no space" in capsys.readouterr().out
