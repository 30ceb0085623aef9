"""The rehearsal: a living installation is backed up under writes, put into an empty one elsewhere, and everything is compared."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pyrage
import pytest

from backend.backups import restoring, rules, service
from backend.backups.rules import BackupRefused, Damaged, RestoreRefused
from backend.evidence import service as evidence
from backend.evidence.store import store
from backend.kernel.settings import settings
from backend.ledger import sequencer
from backend.ledger import service as ledger
from backend.ledger.verify import verify_log
from backend.storage.engine import connection, transaction
from tests.rooms.test_evidence import ME, name, parts, photo

REPO = Path(__file__).parents[2]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where backups go."""
    made = Path(tempfile.mkdtemp(prefix="sunlot-backup-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def identity() -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.generate()


@pytest.fixture
async def elsewhere(server, environment) -> AsyncIterator[Path]:
    """``move()`` turns this process into an empty installation: another DATA_DIR, another database."""
    from backend.storage import engine

    home = Path(tempfile.mkdtemp(prefix="sunlot-elsewhere-"))
    name_ = f"e_{uuid4().hex}"
    administrator = await asyncpg.connect(**server, database="postgres")
    await administrator.execute(f"create database {name_} template template0")
    database, before = engine.database(), dict(engine.database().config)
    held = database.pool

    async def move() -> Path:
        await database.close_connection_pool()
        database.config = {**server, "database": name_}
        environment(DATA_DIR=str(home))
        await database.start_connection_pool(min_size=1, max_size=4)
        return home

    yield move
    assert held is not None
    await database.close_connection_pool()
    database.config = before
    await database.start_connection_pool(min_size=1, max_size=8)
    await administrator.execute(f"drop database {name_} with (force)")
    await administrator.close()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(autouse=True)
def _same_target(monkeypatch):
    """PostgreSQL's tools go where this process's connections go: tests have many databases on one server."""
    from backend.backups import postgres
    from backend.storage import engine

    monkeypatch.setattr(postgres.engine, "dsn", lambda: dict(engine.database().config))
    from backend.ledger import keys

    for kept in (keys.signing_key, keys._pseudonym_key):
        kept.cache_clear()
    yield
    for kept in (keys.signing_key, keys._pseudonym_key):
        kept.cache_clear()


async def _digest_of_everything() -> dict[str, str]:
    """A hash over all rows of each table, in an order of their own."""
    async with transaction("repeatable_read"):
        tables = [r["relname"] for r in await connection().fetch("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")]
        return {t: await connection().fetchval(f'select md5(coalesce(string_agg(r::text, chr(10) order by r::text), \'\')) from "{t}" r') for t in tables}


async def test_a_living_county_is_backed_up_under_writes_and_stands_elsewhere_as_it_was(demo, folder, identity, elsewhere):
    spool = settings().data_dir / "imports" / "waiting"
    spool.parent.mkdir(exist_ok=True)
    spool.write_bytes(os.urandom(200_000))
    (settings().evidence_dir / "aa").mkdir(parents=True, exist_ok=True)
    stop, going, written = asyncio.Event(), asyncio.Event(), 0

    async def write() -> None:
        nonlocal written
        dice = random.Random(1)
        while not stop.is_set():
            content = photo(dice.randrange(10**9))
            await evidence.upload(name(content), parts(content), uploader=ME, total=len(content))
            async with transaction():
                await ledger.record("demo.loaded", actor=None, subject=f"write/{written}", payload={"n": written})
            await sequencer.sequence()
            written += 1
            going.set()

    writer = asyncio.create_task(write())
    await asyncio.wait_for(going.wait(), 30)
    before = written
    made = await service.make(folder, [str(identity.to_public())])
    during = written - before
    stop.set()
    await writer
    assert during > 0, "nobody wrote meanwhile"
    assert made.absent == []
    assert made.log.size > 100
    assert await restoring.check(folder) == (restoring.open_backup(folder), [])
    keys = {p.name: p.read_bytes() for p in settings().keys_dir.iterdir()}
    async with transaction():
        later = await connection().fetchval("select size from ledger_checkpoint order by size desc limit 1")
    # Now nobody writes: one more, to be compared with what stands here, row by row.
    await asyncio.sleep(1.1)
    last = await service.make(folder, [str(identity.to_public())])
    assert last.log.size == later > made.log.size
    expected = await _digest_of_everything()

    home = await elsewhere()
    done = await restoring.restore(folder, identity=str(identity))
    assert (done.problems, done.pending, done.witnesses) == ([], [], "none")
    assert done.manifest.name == last.name
    assert await _digest_of_everything() == expected
    assert {p.name: p.read_bytes() for p in (home / "keys").iterdir()} == keys
    assert {(p.stat().st_mode & 0o777) for p in (home / "keys").iterdir()} == {0o600}
    assert (home / "imports" / "waiting").read_bytes() == spool.read_bytes() if spool.exists() else True
    async with transaction():
        blobs = await connection().fetch("select sha256 from blob")
    for row in blobs:
        assert hashlib.sha256(await store().get(row["sha256"])).hexdigest() == row["sha256"]
    # And it goes on: what is written now has its place in the same log.
    async with transaction():
        await ledger.record("demo.loaded", actor=None, subject="afterwards", payload={})
    assert await sequencer.sequence() == 1
    assert await verify_log() == []


async def test_the_first_of_two_backups_is_the_moment_that_it_was_made_in(demo, folder, identity, elsewhere):
    made = await service.make(folder, [str(identity.to_public())])
    expected = await _digest_of_everything()
    async with transaction():
        await ledger.record("demo.loaded", actor=None, subject="later", payload={})
    await asyncio.sleep(1.1)
    await service.make(folder, [str(identity.to_public())])
    await elsewhere()
    assert (await restoring.restore(folder, made.name, identity=str(identity))).problems == []
    assert await _digest_of_everything() == expected


async def test_evidence_is_copied_once(demo, folder, monkeypatch):
    await service.make(folder, [], without_keys=True)
    copied = []
    monkeypatch.setattr(service, "_put", lambda path, content: copied.append(path))
    await asyncio.sleep(1.1)
    await service.make(folder, [], without_keys=True)
    assert copied == []


async def test_the_keys_are_sealed(db, folder, identity):
    from backend.ledger import keys

    secret = keys.signing_key().private_bytes_raw()
    with pytest.raises(BackupRefused):
        await service.make(folder, [])
    with pytest.raises(BackupRefused):
        await service.make(folder, ["not a recipient"])
    made = await service.make(folder, [str(identity.to_public())])
    for path in (folder / made.name).rglob("*"):
        if path.is_file():
            assert secret not in path.read_bytes(), path
    assert list(folder.glob(".*")) == [], "what was refused left something"


async def test_a_backup_that_was_spoilt_is_found_out_and_restores_nothing(demo, folder, identity, elsewhere):
    made = await service.make(folder, [str(identity.to_public())])
    place = folder / made.name
    _, first = await restoring.check(folder)
    assert first == []
    some = next(p for p in sorted((folder / "evidence").rglob("*")) if p.is_file())
    whole = some.read_bytes()
    some.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert await restoring.check(folder) == (made, [f"evidence {some.name} does not have its hash"])
    some.unlink()
    assert (await restoring.check(folder))[1] == [f"evidence {some.name} is missing"]
    await elsewhere()
    with pytest.raises(Damaged):
        await restoring.restore(folder, identity=str(identity))
    some.write_bytes(whole)
    dump = (place / rules.DUMP).read_bytes()
    (place / rules.DUMP).write_bytes(dump[:-1])
    assert (await restoring.check(folder))[1] == [f"{rules.DUMP} does not have its hash"]
    (place / rules.DUMP).write_bytes(dump)
    (place / "more").write_bytes(b"x")
    assert (await restoring.check(folder))[1] == ["more is not of this backup"]
    (place / "more").unlink()
    (place / rules.MANIFEST).write_bytes((place / rules.MANIFEST).read_bytes().replace(b'"rows"', b'"rowz"'))
    with pytest.raises(Damaged):
        await restoring.check(folder)
    async with transaction():
        assert await connection().fetchval("select count(*) from pg_class where relnamespace = 'public'::regnamespace") == 0


async def test_restore_refuses_what_is_not_empty_and_keys_that_do_not_open(demo, folder, identity, elsewhere):
    with pytest.raises(RestoreRefused, match="there is no backup"):
        await restoring.restore(folder, identity=str(identity))
    await service.make(folder, [str(identity.to_public())])
    with pytest.raises(RestoreRefused, match="is not empty"):
        await restoring.restore(folder, identity=str(identity))
    home = await elsewhere()
    with pytest.raises(RestoreRefused, match="keys are needed"):
        await restoring.restore(folder)
    with pytest.raises(RestoreRefused, match="does not open"):
        await restoring.restore(folder, identity=str(pyrage.x25519.Identity.generate()))
    (home / "evidence").mkdir()
    (home / "evidence" / "x").touch()
    with pytest.raises(RestoreRefused, match="evidence is not empty"):
        await restoring.restore(folder, identity=str(identity))
    (home / "evidence" / "x").unlink()
    async with transaction():
        await connection().execute("create table left_over (a int)")
    with pytest.raises(RestoreRefused, match="the database is not empty"):
        await restoring.restore(folder, identity=str(identity))


async def test_evidence_that_was_lost_before_is_named_and_stops_nothing(demo, folder, identity, elsewhere):
    content = photo(777)
    await evidence.upload(name(content), parts(content), uploader=ME, total=len(content))
    evidence.path_of(name(content)).unlink()
    made = await service.make(folder, [str(identity.to_public())])
    assert made.absent == [name(content)]
    await elsewhere()
    done = await restoring.restore(folder, identity=str(identity))
    assert done.problems == [f"evidence {name(content)} could not be had when the backup was made"]


async def test_witnesses_that_know_a_longer_log_are_heard(demo, folder, identity, elsewhere, monkeypatch):
    from backend.ledger import witnessing
    from backend.ledger.cosigning import Policy, Witness

    await service.make(folder, [str(identity.to_public())])
    await elsewhere()
    some = Witness("w.example", None, "http://127.0.0.1:9")  # type: ignore[arg-type]
    monkeypatch.setattr(restoring, "policy", lambda: Policy((some,), {}, "w.example"))

    async def contradicts() -> None:
        raise witnessing.Contradicted("witness w.example has cosigned 9000 entries, this log has 120")

    monkeypatch.setattr(witnessing, "require_continuity", contradicts)
    done = await restoring.restore(folder, identity=str(identity))
    assert (done.witnesses, done.problems) == ("longer", [])
    assert "9000 entries" in done.witnesses_say


def test_the_commands(folder):
    """As an operator types them, in processes of their own: two installations, one backup, exit statuses."""
    one, two = (Path(tempfile.mkdtemp(prefix=f"sunlot-{n}-")) for n in ("one", "two"))
    key = pyrage.x25519.Identity.generate()
    (folder / "key.txt").write_text(f"# created: today\n# public key: {key.to_public()}\n{key}\n")
    backups = folder / "backups"

    def sunlot(home: Path, *args: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "DATA_DIR": str(home), "BACKUP_RECIPIENTS": str(key.to_public())}
        return subprocess.run(
            [sys.executable, "-m", "backend.cli.main", *args], cwd=REPO, env=environment, capture_output=True, text=True, check=False
        )

    try:
        for home in (one, two):
            home.chmod(0o755)
        assert sunlot(one, "migrate").returncode == 0
        assert sunlot(one, "ledger", "verify").returncode == 0  # makes the log's key
        made = sunlot(one, "backup", str(backups))
        assert made.returncode == 0, made.stdout + made.stderr
        checked = sunlot(one, "backup", str(backups), "--check")
        assert (checked.returncode, "备份完好" in checked.stdout) == (0, True), checked.stdout + checked.stderr
        refused = sunlot(one, "restore", str(backups), "--identity", str(folder / "key.txt"))
        assert refused.returncode == 2
        assert "is not empty" in refused.stderr
        done = sunlot(two, "restore", str(backups), "--identity", str(folder / "key.txt"))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "there is no witness to ask" in done.stdout
        assert sunlot(two, "ledger", "verify").returncode == 0
        manifest = json.loads(next(backups.glob("2*/manifest.json")).read_text())
        assert manifest["v"] == 1
    finally:
        for home in (one, two):
            sunlot(home, "database", "stop")
            shutil.rmtree(home, ignore_errors=True)
