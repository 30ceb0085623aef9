"""Python and the browser's code draw the same, byte for byte, on problems that nobody chose.

Two of the trades sort one way as UTF-8 and the other way as UTF-16, a browser's own order.
"""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

from backend.draws import rules
from backend.kernel import jcs

REPO = Path(__file__).parents[2]
PROBLEMS = 300
PROGRAM = """
import { readFileSync } from "node:fs";
import { stringify } from "./src/model/jcs.js";
import { recompute } from "./src/model/draw.js";
for (const bundle of JSON.parse(readFileSync(0, "utf8"))) console.log(stringify(recompute(bundle)));
"""


def problem(seed: int) -> dict:
    dice = random.Random(seed)
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
        "draw_id": f"T-{seed}",
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
        "secret": dice.randbytes(32).hex(),
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


def test_random_problems():
    bundles = [problem(seed) for seed in range(PROBLEMS)]
    done = subprocess.run(
        ["node", "--input-type=module", "-e", PROGRAM], cwd=REPO / "pwa", input=json.dumps(bundles), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    browser = done.stdout.splitlines()
    assert len(browser) == PROBLEMS
    for bundle, line in zip(bundles, browser, strict=True):
        assert line.encode() == in_python(bundle), bundle["announcement"]["draw_id"]
