"""The PWA's own tests and its types, run by the tools they are written for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PWA = Path(__file__).parents[2] / "pwa"
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which(command[0], path=PATH)
    assert program, f"{command[0]} is missing: run `make setup`"
    return subprocess.run([program, *command[1:]], cwd=PWA, capture_output=True, text=True, timeout=180, env={**os.environ, "PATH": PATH})


def test_javascript_tests_pass():
    done = _run("node", "--test", "--test-reporter=tap", "test/")
    assert done.returncode == 0, done.stdout[-6000:]
    assert "# pass 0" not in done.stdout


def test_types_hold():
    done = _run("npx", "--no-install", "tsc", "-p", ".")
    assert done.returncode == 0, done.stdout[-6000:]
