"""Run every benchmark of this folder and print its ratios."""

from __future__ import annotations

import importlib
from pathlib import Path

if __name__ == "__main__":
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        print(f"\n== {path.stem}")
        importlib.import_module(f"benchmarks.{path.stem}").main()
