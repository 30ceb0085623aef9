"""What the public gets where classes stay sealed: it verifies, it tells no class, and nothing unproven steers the draw."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from backend.draws import rules
from tests.rules.test_beacon import RANDOMNESS, ROUND, SIGNATURE

REPO = Path(__file__).parents[2]
BUNDLES = json.loads((REPO / "tests/vectors/draw.json").read_text())["bundles"]
LABEL_KEY = b"k" * 32


def copy_of(bundle):
    return json.loads(json.dumps(bundle))


def prk_of(bundle):
    return rules.pseudorandom_key(bytes.fromhex(bundle["secret"]), bundle["randomness"], rules.announcement_hash(bundle["announcement"]))


def cutoffs_of(bundle):
    cells = tuple(rules.Cell(c["class"], c["cell"], c["n"], tuple(c["order"])) for c in bundle["result"]["cells"])
    return rules.cutoffs(prk_of(bundle), rules.Outcome(cells), LABEL_KEY)


@pytest.fixture
def sealed():
    """The vectors' bundle with classes, in the form that the public gets."""
    bundle = copy_of(next(b for b in BUNDLES if len(b["announcement"]["rates"]) > 1))
    result = bundle["result"]
    drawn = sorted(result["teams"], key=rules.utf8)
    bundle["result"] = {**result, "cells": None, "drawn": drawn, "cutoffs": cutoffs_of(bundle)}
    bundle["classes"] = None
    return bundle


def verify(tmp_path, bundle):
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps(bundle, ensure_ascii=False))
    command = [sys.executable, "-I", "-S", str(REPO / "backend/draws/verifier.py"), str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def in_browser_code(bundle):
    script = (
        'import { verifyBundle } from "./src/model/draw.js"; let s = ""; for await (const c of process.stdin) s += c;'
        " console.log((await verifyBundle(JSON.parse(s))).verdict);"
    )
    done = subprocess.run(["node", "--input-type=module", "-e", script], cwd=REPO / "pwa", input=json.dumps(bundle), capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_sealed_bundle_verifies(tmp_path, sealed):
    done = verify(tmp_path, sealed)
    assert done.returncode == 0, done.stdout
    assert in_browser_code(sealed) == "verified"


def test_nobody_learns_a_class_from_a_label(sealed):
    """With everything public, trying each class on each cell makes no label that is in the bundle."""
    prk = prk_of(sealed)
    guesses = {
        rules.ticket(prk, "label", class_code, cell)[:16] for class_code in sealed["announcement"]["rates"] for cell in {r["cell"] for r in sealed["frame"]}
    }
    labels = {c["label"] for c in sealed["result"]["cutoffs"]}
    assert labels
    assert not labels & guesses


@pytest.mark.parametrize("what", ["cutoff raised", "drawn swapped", "cutoffs gone"])
def test_a_sealed_result_that_was_altered_fails(tmp_path, sealed, what):
    result = sealed["result"]
    if what == "cutoff raised":
        next(c for c in result["cutoffs"] if c["cutoff"])["cutoff"] = "f" * 64
    elif what == "drawn swapped":
        other = next(r["id"] for r in sealed["frame"] if r["st"] == "E" and r["id"] not in result["drawn"])
        result["drawn"][0] = other
    else:
        result["cutoffs"] = []
    assert verify(tmp_path, sealed).returncode == 1
    assert in_browser_code(sealed) == "failed"


def test_a_pair_beside_a_closed_hash_cannot_steer_the_pairing(tmp_path):
    """A forged recusal carries the true leaf, so the root holds, and a pair that the leaf does not open."""
    bundle = copy_of(next(b for b in BUNDLES if b["recusals"]))
    r = bundle["recusals"][0]
    object_id, team = next(iter(bundle["result"]["teams"].items()))
    leaf = rules.recusal_leaf(bytes.fromhex(r["salt"]), r["id"], r["pid"]).hex()
    bundle["recusals"][0] = {"id": object_id, "pid": team[0], "h": leaf}
    assert "✗  回避" in verify(tmp_path, bundle).stdout
    assert in_browser_code(bundle) == "failed"


def test_an_honest_bundle_without_its_frame_is_incomplete_not_failed(tmp_path):
    for original in BUNDLES:
        bundle = {**copy_of(original), "frame": None}
        done = verify(tmp_path, bundle)
        assert done.returncode == 3, done.stdout
        assert "frame.ndjson" in done.stdout
        assert in_browser_code(bundle) == "incomplete"


@pytest.mark.parametrize(("field", "value"), [("secret", "zz"), ("secret", 7), ("randomness", 7), ("pool", 7), ("result", 7), ("announcement", None)])
def test_malformed_fields_are_never_verified_and_never_thrown(tmp_path, field, value):
    bundle = {**copy_of(BUNDLES[0]), field: value}
    done = verify(tmp_path, bundle)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert in_browser_code(bundle) == "failed"


def changed(bundle):
    """The bundle after a replacement, the alternate's replacement, and an officer's substitution."""
    result = bundle["result"]
    cell = next(c for c in result["cells"] if 0 < c["n"] <= len(c["order"]) - 2)
    gone, first, second = cell["order"][0], *cell["order"][cell["n"] : cell["n"] + 2]
    county = next(r["county"] for r in bundle["frame"] if r["id"] == second)
    team, slot = result["teams"][gone], bundle["announcement"]["slots"][0]
    refused = {(r["id"], r["pid"]) for r in bundle["recusals"]}
    to = next(
        p["pid"]
        for p in bundle["pool"]
        if p["pid"] not in team
        and slot["dept"] in (None, p["dept"])
        and (slot["qual"] is None or slot["qual"] in p["quals"])
        and county in p["counties"]
        and (second, p["pid"]) not in refused
    )
    bundle["changes"] = [
        {"kind": "replacement", "id": gone, "by": first, "reason": "moved"},
        {"kind": "replacement", "id": first, "by": second, "reason": "closed"},
        {"kind": "substitution", "id": second, "slot": 0, "from": team[0], "to": to},
    ]
    return bundle


@pytest.mark.parametrize("what", ["", "a chosen alternate", "one that was drawn", "not on the team", "twice on the team", "a stranger", "another order"])
def test_changes_after_the_draw_follow_its_order(tmp_path, what):
    bundle = changed(copy_of(BUNDLES[0]))
    first, second, third = bundle["changes"]
    cells = bundle["result"]["cells"]
    if what == "a chosen alternate":
        first["by"] = second["by"]
    elif what == "one that was drawn":
        first["by"] = next(c["order"][0] for c in cells if c["n"] and first["id"] not in c["order"])
    elif what == "not on the team":
        third["from"] = third["to"]
    elif what == "twice on the team":
        third["to"] = bundle["result"]["teams"][first["id"]][-1]
    elif what == "a stranger":
        third["to"] = "0" * 16
    elif what == "another order":
        bundle["changes"].reverse()
    done = verify(tmp_path, bundle)
    assert done.returncode == (1 if what else 0), done.stdout
    assert in_browser_code(bundle) == ("failed" if what else "verified")


def test_a_beacon_is_the_hash_of_its_signature(tmp_path):
    """Both checkers see a value that does not belong to its signature; the browser also whether the network signed it."""
    bundle = copy_of(BUNDLES[0])
    bundle["announcement"]["sources"] = [{"kind": "drand", "name": "drand", "date": "2026-11-24", "rule": "", "round": str(ROUND), "chain": "quicknet"}]
    bundle["randomness"], bundle["beacons"] = [RANDOMNESS], {"0": SIGNATURE}
    assert "✓  每个公告的来源" in verify(tmp_path, bundle).stdout
    for value, signature in (("00" * 32, SIGNATURE), (RANDOMNESS, "00" * 48)):
        bundle["randomness"], bundle["beacons"] = [value], {"0": signature}
        assert "✗  每个公告的来源" in verify(tmp_path, bundle).stdout


def test_the_browser_verifies_the_networks_signature():
    script = (
        'import { isSigned } from "./verify/beacon.js"; import { hexToBytes } from "@noble/hashes/utils.js";'
        " const [round, signature] = process.argv.slice(1);"
        " const s = hexToBytes(signature); console.log(isSigned(Number(round), s), isSigned(Number(round) + 1, s), isSigned(Number(round), s.fill(0)));"
    )
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script, str(ROUND), SIGNATURE], cwd=REPO / "pwa", capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["true", "false", "false"]
