"""The corpus of nasty files: each is read rightly or refused clearly, in seconds, in bounded memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.files.make import CORPUS, Nasty

REPO = Path(__file__).parents[2]
MOST_MB = 150
MOST_SECONDS = 10  # of processor time: the machine may be busy


@pytest.mark.parametrize("nasty", CORPUS, ids=lambda n: n.name)
def test_a_nasty_file(nasty: Nasty, tmp_path: Path):
    path = tmp_path / nasty.name
    nasty.write(path)
    done = subprocess.run([sys.executable, "-m", "tests.files.reader", path], cwd=REPO, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert told["mb"] < MOST_MB
    assert told["seconds"] < MOST_SECONDS
    if "refused" in told:
        assert nasty.good == nasty.bad == 0, told
        assert nasty.refused in told["refused"], told
        assert told["en"]
    else:
        assert not nasty.refused, told
        assert (told["good"], len(told["bad"])) == (nasty.good, nasty.bad), told
