"""The stand-alone verifier, as a stranger runs it: a bare Python, one file, a bundle."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from backend.draws import rules, verifier

REPO = Path(__file__).parents[2]
BUNDLES = json.loads((REPO / "tests/vectors/draw.json").read_text())["bundles"]


def verify(tmp_path: Path, bundle: object, *more: str) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "bundle.json"
    path.write_text(bundle if isinstance(bundle, str) else json.dumps(bundle, ensure_ascii=False))
    # -I and -S: no site-packages, no environment, nothing of ours.
    command = [sys.executable, "-I", "-S", str(REPO / "backend/draws/verifier.py"), str(path), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env={"PYTHONIOENCODING": "utf-8"})


@pytest.fixture(params=BUNDLES, ids=lambda b: b["announcement"]["draw_id"])
def bundle(request):
    return json.loads(json.dumps(request.param))


def test_verified(tmp_path, bundle):
    done = verify(tmp_path, bundle)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "VERIFIED" in done.stdout


def test_the_frame_may_come_as_a_file_of_its_own(tmp_path, bundle):
    frame = tmp_path / "frame.ndjson"
    frame.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in bundle["frame"]))
    bundle["frame"] = None
    assert verify(tmp_path, bundle, str(frame)).returncode == 0


ALTER = {
    "a row's state": lambda b: b["frame"][3].update(st="X:OPEN"),
    "a row gone": lambda b: b["frame"].pop(),
    "a load": lambda b: b["pool"][0].update(load=99),
    "a recusal": lambda b: b["recusals"].append({"h": "00" * 32}),
    "the secret": lambda b: b.update(secret="00" + b["secret"][2:]),
    "the randomness": lambda b: b["randomness"].append(7),
    "an order": lambda b: next(c for c in b["result"]["cells"] if len(c["order"]) > 1)["order"].reverse(),
    "a team": lambda b: next(iter(b["result"]["teams"].values())).reverse(),
    "a rate": lambda b: next(iter(b["announcement"]["rates"].values())).__setitem__(0, 1),
    "a class": lambda b: next(iter(b["classes"].values())).update({"class": "Z"}),
}


@pytest.mark.parametrize("what", ALTER)
def test_anything_altered_fails(tmp_path, bundle, what):
    ALTER[what](bundle)
    assert verify(tmp_path, bundle).returncode == 1


def test_an_officer_who_stands_twice_in_the_pool_is_found(bundle):
    """Even where the server announced it so: twice in the pool is twice as likely."""
    bundle["pool"].append({**bundle["pool"][0], "load": 0})
    bundle["announcement"]["pool_root"] = rules.pool_root(bundle["pool"])
    assert verifier.Draw(bundle).pool() is False


def test_before_the_secret_is_revealed_it_says_so(tmp_path, bundle):
    bundle.update(secret=None, pool=None, recusals=None, classes=None, result=None)
    done = verify(tmp_path, bundle)
    assert done.returncode == 3
    assert "not revealed" in done.stdout


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"announcement": 3}', '{"frame": []}'])
def test_unusable_input_is_named(tmp_path, text):
    done = verify(tmp_path, text)
    assert done.returncode == 2
    assert "bundle.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_arguments_it_explains_itself(tmp_path):
    command = [sys.executable, "-I", str(REPO / "backend/draws/verifier.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "bundle.json" in done.stderr
