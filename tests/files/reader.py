"""A process of its own that reads one file to its end as the worker does, and tells what came of it and how much memory it took."""

from __future__ import annotations

import json
import re
import sys
import time
from datetime import date
from pathlib import Path

from backend.exchange import blocks, rules, sources
from backend.kernel.errors import DomainError
from backend.registry.rules import shipped_codebook


def read(path: Path) -> dict[str, object]:
    layout = rules.REGISTER
    try:
        source = sources.prepare(path, path.name, layout)
        columns = tuple(rules.map_columns(source.headers, layout))
        spec = blocks.Spec(layout.name, source.encoding, source.delimiter, columns, shipped_codebook(), date(2026, 11, 25), "")
        good, bad = 0, []
        for block in sources.blocks(path, source, path.name, 0, 0):
            judged = blocks.judge_block(block.data, spec, block.first_row)
            good += judged.good
            bad += [row.errors[0]["zh"] for row in judged.bad]
    except DomainError as e:
        return {"refused": e.message("zh"), "en": e.message("en")}
    except blocks.RowBroken as e:
        return {"refused": e.zh, "en": e.en}
    return {"good": good, "bad": bad}


def most_kb() -> int:
    """The most memory that this process has had, since it is itself (what getrusage tells may be its parent's)."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])


if __name__ == "__main__":
    before = most_kb()
    start = time.process_time()
    told = read(Path(sys.argv[1]))
    print(json.dumps({**told, "mb": (most_kb() - before) // 1024, "seconds": time.process_time() - start}, ensure_ascii=False))
