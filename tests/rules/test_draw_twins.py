"""Python and the browser's code draw the same, byte for byte, on problems that nobody chose.

Two of the trades sort one way as UTF-8 and the other way as UTF-16, a browser's own order.
"""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.draws import rules
from backend.kernel import jcs

REPO = Path(__file__).parents[2]
PROBLEMS = 1000
PROGRAM = """
import { createInterface } from "node:readline";
import { stringify } from "./src/model/jcs.js";
import { recompute } from "./src/model/draw.js";
for await (const line of createInterface({ input: process.stdin })) console.log(stringify(recompute(JSON.parse(line))));
"""


def problem(dice: random.Random) -> dict:
    counties, trades, departments, quals = ["530302", "530303", "530381"], ["餐饮", "药品", "\uffee", "\U0001f600"], ["scjg", "xfjy"], ["food", "drug"]
    classes = ["-"] if dice.random() < 0.5 else ["A", "B", "C"]
    ids = {f"9153{dice.randrange(10**14):014}" for _ in range(dice.randint(1, 60))}
    frame, opened = [], {}
    for i in sorted(ids, key=rules.utf8):
        county = dice.choice(counties)
        frame.append({"id": i, "county": county, "cell": f"{county}/{dice.choice(trades)}", "st": dice.choice(["E", "E", "E", "X:OPEN"]), "cc": "00" * 32})
        opened[i] = {"class": dice.choice(classes), "salt": "00" * 32}
    pool = [
        {
            "pid": f"{dice.randrange(16**16):016x}",
            "dept": dice.choice(departments),
            "quals": [q for q in quals if dice.random() < 0.7],
            "counties": [c for c in counties if dice.random() < 0.7],
            "load": dice.randrange(4),
        }
        for _ in range(dice.randint(0, 9))
    ]
    recusals = [{"id": i, "pid": p["pid"], "salt": "00" * 32} for i in opened for p in pool if dice.random() < 0.08]
    q = dice.randint(1, 40)
    announcement = {
        "spec": "sdr/1",
        "draw_id": "T",
        "rates": {c: [dice.randint(0, q), q] for c in classes},
        "slots": [{"dept": dice.choice([None, *departments]), "qual": dice.choice([None, None, *quals])} for _ in range(dice.randint(1, 3))],
        "sources": [],
    }
    randomness = [dice.choice([dice.randrange(10**9), f"{dice.randrange(10**12):012}", [dice.randrange(81) for _ in range(5)]]) for _ in range(2)]
    return {
        "announcement": announcement,
        "frame": frame,
        "pool": pool,
        "recusals": recusals,
        "classes": opened,
        "randomness": randomness,
        "secret": f"{dice.randrange(2**256):064x}",
    }


def in_python(bundle: dict) -> bytes:
    outcome = rules.perform(
        announcement=bundle["announcement"],
        rows=[rules.FrameRow(f["id"], f["county"], f["cell"], f["st"], bundle["classes"][f["id"]]["class"], f["cc"]) for f in bundle["frame"]],
        pool=[rules.PoolRow(p["pid"], p["dept"], tuple(p["quals"]), tuple(p["counties"]), p["load"]) for p in bundle["pool"]],
        recusals=frozenset((r["id"], r["pid"]) for r in bundle["recusals"]),
        randomness=bundle["randomness"],
        secret=bytes.fromhex(bundle["secret"]),
    )
    return jcs.encode(outcome.public())


@pytest.fixture(scope="module")
def browser():
    """The browser's code, one bundle a line in, one result a line out."""
    with subprocess.Popen(["node", "--input-type=module", "-e", PROGRAM], cwd=REPO / "pwa", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as node:

        def recompute(bundle: dict) -> bytes:
            node.stdin.write(json.dumps(bundle).encode() + b"\n")
            node.stdin.flush()
            return node.stdout.readline().rstrip(b"\n")

        yield recompute
        node.stdin.close()


@settings(max_examples=PROBLEMS, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(dice=st.randoms(use_true_random=True))
def test_random_problems(browser, dice):
    bundle = problem(dice)
    assert browser(bundle) == in_python(bundle)


def test_a_chain_of_displacements_as_long_as_the_staff(browser):
    """Each officer serves two neighbouring counties; the last place fits only after all have moved on: deeper than any call stack."""
    n = 30_000
    officers = [{"pid": f"{k:016x}", "dept": "d", "quals": [], "counties": [f"c{k}", f"c{k + 1}"], "load": 0} for k in range(n)]
    frame = [{"id": f"o{k:05}", "county": f"c{k}", "cell": f"c{k}/x", "st": "E", "cc": "00" * 32} for k in range(n + 1)]
    bundle = {
        "announcement": {"spec": "sdr/1", "draw_id": "T", "rates": {"-": [1, 1]}, "slots": [{"dept": None, "qual": None}], "sources": []},
        "frame": frame,
        "pool": officers,
        "recusals": [],
        "classes": {row["id"]: {"class": "-", "salt": "00" * 32} for row in frame},
        "randomness": [],
        "secret": "11" * 32,
    }
    assert browser(bundle) == in_python(bundle)
