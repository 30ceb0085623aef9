"""A process that judges blocks: what runs in it, and nothing that it does not need, for each has a copy of all that it imports."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import threading
from functools import lru_cache
from multiprocessing.connection import wait

from backend.exchange import blocks
from backend.exchange.blocks import Judged, Spec


@lru_cache(maxsize=2)
def _unpacked(spec: bytes) -> Spec:
    return pickle.loads(spec)  # type: ignore[no-any-return]  # noqa: S301 - our own, from the process that started us


def judge(data: bytes, spec: bytes, first_row: int) -> Judged:
    """``blocks.judge_block``; ``spec`` is pickled once for a whole file."""
    return blocks.judge_block(data, _unpacked(spec), first_row)


def begin() -> None:
    """In a new process: live no longer than the parent, and look for no cycles in what is only lists of texts."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        wait([parent.sentinel])
        os._exit(0)

    threading.Thread(target=follow, daemon=True).start()
    gc.freeze()
    gc.disable()
