"""The keys that sign codes for doors follow one another: old cards go on working everywhere, no code looks forged, and the doctor says how old."""

from __future__ import annotations

import json
import os
import shutil
from datetime import timedelta
from uuid import uuid4

import pytest

from backend.cli import main as cli
from backend.cli.doctor import database, machine
from backend.kernel import clock
from backend.kernel.settings import settings
from backend.placards import queries, rules, signing
from backend.registry.queries import Filter
from backend.storage.engine import connection, transaction
from backend.usecases import door
from backend.usecases.placards import Choice, issue_placards
from tests.usecases.test_records import principal


@pytest.fixture
def keys(tmp_path, environment):
    """A folder of keys of this test's own, with those that are there."""
    signing.list_keys()
    shutil.copytree(settings().keys_dir, tmp_path / "keys")
    environment(DATA_DIR=str(tmp_path))
    return tmp_path / "keys"


async def newest() -> queries.PlacardView:
    async with transaction():
        row = await connection().fetchrow("select token from placard where ground = '' order by issued_at desc, id limit 1")
    found = await queries.find_by_token(row["token"])
    assert found is not None
    return found


async def issue() -> queries.PlacardView:
    async with transaction():
        code = await connection().fetchval(
            "select code from enterprise e where region = '530302' and status = 'active'"
            " and not exists (select from placard p where p.enterprise = e.id) limit 1"
        )
    await issue_placards(uuid4(), Choice("sticker", Filter(), code), by=await principal("manager"))
    return await newest()


async def test_old_cards_keep_working_and_new_ones_are_signed_by_the_new_key(demo, keys):
    old = await newest()
    printed, held = old.code, await queries.list_codes([old.enterprise])
    key = signing.rotate(timedelta(0))
    assert (key.number, signing.current().number) == (2, 2)
    assert (keys / "placard.2.secret").stat().st_mode & 0o777 == 0o600
    fresh = await issue()
    assert fresh.key_no == 2
    assert rules.read_code(fresh.code, signing.list_keys()[0].secret)[0] == rules.FORGED, "by the new key"
    again = await queries.find_by_token(old.token)
    assert again.code == printed, "a code stays the one that is printed"
    assert await queries.list_codes([old.enterprise]) == held, "so an officer's phone, which compares codes, knows the card as before"
    for placard in (old, fresh):
        opened = await door.open_door(placard.code)
        assert (opened.state, opened.enterprise.id) == (door.OPEN, placard.enterprise)
        assert await queries.find_owner(placard.code) == placard.enterprise
    third = signing.rotate(timedelta(0))
    assert third.number == 3
    assert [(await door.open_door(p.code)).state for p in (old, fresh, await issue())] == [door.OPEN] * 3
    mistyped = printed[:-1] + ("a" if printed[-1] != "a" else "b")
    assert (await door.open_door(mistyped)).state == door.FORGED


async def test_a_key_signs_once_it_is_on_every_server(demo, keys):
    assert cli.main(["placards", "rotate", "--after", "24"]) == 0
    assert (await issue()).key_no == 1
    tomorrow = clock.now() + timedelta(hours=24, minutes=1)
    clock.hold(lambda: tomorrow)
    assert (await issue()).key_no == 2
    said = json.loads((keys / "placard.2.secret").read_text())
    assert set(said) == {"secret", "made_at", "signs_from"}


async def test_two_operators_at_once_make_one_key(keys):
    first = signing.rotate(timedelta(0))
    (copy := keys / "placard.2.secret").read_bytes()
    other = signing.rotate(timedelta(0))
    assert (first.number, other.number) == (2, 3), "one after the other"
    assert copy.exists()
    assert signing.keep("placard.2.secret", lambda: b"another") == copy.read_bytes(), "at once: the file that is there stays"


async def test_a_key_that_is_missing_is_named(demo, keys):
    signing.rotate(timedelta(0))
    fresh = await issue()
    (keys / "placard.2.secret").unlink()
    with pytest.raises(signing.KeyMissing):
        _ = fresh.code
    [found] = [f async for f in database._check_placard_keys()]
    assert (found.code, found.level) == ("placard-keys", "fail")
    assert "no. 2" in found.en


async def test_the_doctor_says_how_old_the_key_is(demo, keys):
    [young] = machine.check_placard_keys()
    assert young.level == "ok"
    assert "days old" in young.en
    assert not [f async for f in database._check_placard_keys()]
    years = clock.now().timestamp() - (machine.PLACARD_KEY_DAYS + 2) * 86400
    os.utime(keys / "placard.secret", (years, years))
    os.utime(keys)
    [old] = machine.check_placard_keys()
    assert (old.level, "sunlot placards rotate" in old.do_en) == ("warn", True)
    signing.rotate(timedelta(hours=24))
    [waiting] = machine.check_placard_keys()
    assert waiting.level == "ok"
    assert "no. 2 follows" in waiting.en


def test_the_list_of_keys(keys, capsys):
    signing.rotate(timedelta(0))
    assert cli.main(["placards", "keys"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2"]
    assert lines[1].endswith("←")
