"""Run every benchmark of this folder, each in a process and with a database of its own, and print its ratios. ``ONLY=draw,search`` runs some."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path


def main() -> int:
    only = [name for name in os.environ.get("ONLY", "").split(",") if name]
    failed = []
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        if only and path.stem not in only:
            continue
        print(f"\n== {path.stem}", flush=True)
        start = time.perf_counter()
        if subprocess.run([sys.executable, "-c", f"from benchmarks.{path.stem} import main; main()"], check=False).returncode:
            failed.append(path.stem)
        print(f"   ({time.perf_counter() - start:.0f} s)", flush=True)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
