"""Any two witnesses open a draw's secret, one alone cannot, and a false share is found out."""

from __future__ import annotations

import json
from itertools import combinations

import pyrage
import pytest

from backend.cli.main import main
from backend.draws import rules, shares

SECRET = bytes(range(32))
ANCHOR = rules.sha256(SECRET).hex()


@pytest.fixture
def keys():
    return [pyrage.x25519.Identity.generate() for _ in range(3)]


def sealed_and_opened(keys, secret=SECRET):
    text = "# who keeps the shares\n" + "\n".join(f"witness {n} {key.to_public()}" for n, key in enumerate(keys))
    sealed = shares.split(secret, "QJ-2026-0001", shares.read_keepers(text))
    return sealed, [pyrage.decrypt(s["sealed"].encode(), [key]).decode() for s, key in zip(sealed, keys, strict=True)]


def test_every_two_of_three_are_enough(keys):
    sealed, opened = sealed_and_opened(keys)
    assert [s["witness"] for s in sealed] == ["witness 0", "witness 1", "witness 2"]
    for two in combinations(opened, 2):
        assert shares.combine(two, ANCHOR) == SECRET
    assert opened[0].splitlines()[0] == "sdr/1 QJ-2026-0001"


def test_one_is_not_and_nobody_opens_anothers(keys):
    sealed, opened = sealed_and_opened(keys)
    with pytest.raises(ValueError, match="do not fit"):
        shares.combine(opened[:1], ANCHOR)
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed[0]["sealed"].encode(), [keys[1]])


def test_shares_of_another_draw_are_found_out(keys):
    _, opened = sealed_and_opened(keys)
    _, others = sealed_and_opened(keys, bytes(32))
    with pytest.raises(ValueError, match=r"do not fit|not the announced"):
        shares.combine([opened[0], others[1]], ANCHOR)
    with pytest.raises(ValueError, match="not the announced"):
        shares.combine(others[:2], ANCHOR)
    with pytest.raises(ValueError, match="do not fit"):
        shares.combine(["academic " * 20, "word"], ANCHOR)


@pytest.mark.parametrize("text", ["", "only age1xxx", "a b"])
def test_keepers_that_cannot_be_read(text):
    with pytest.raises(ValueError, match="secret witnesses"):
        shares.read_keepers(text)


def test_the_command_puts_opened_shares_together(keys, tmp_path, capsys):
    _sealed, opened = sealed_and_opened(keys)
    bundle = tmp_path / "QJ-2026-0001.json"
    bundle.write_text(json.dumps({"announcement": {"anchor": ANCHOR}, "secret": None}))
    files = [tmp_path / f"{n}.txt" for n in range(3)]
    for file, text in zip(files, opened, strict=True):
        file.write_text(text)
    assert main(["draw", "combine", str(bundle), str(files[0]), str(files[2])]) == 0
    assert json.loads(capsys.readouterr().out)["secret"] == SECRET.hex()
    files[2].write_text(opened[2].replace(opened[2].split()[4], "zero"))
    assert main(["draw", "combine", str(bundle), str(files[0]), str(files[2])]) == 1
    assert main(["draw", "combine", str(bundle), str(files[0])]) == 2
    assert main(["draw", "combine", str(bundle), str(files[0]), str(tmp_path / "none.txt")]) == 1
