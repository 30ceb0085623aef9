"""名录导入，读取 A file goes through in stretches: cut into blocks, judged in other processes, held against the register, staged.

One step is one stretch in one transaction, with the place in the file beside it: a killed worker loses the stretch in hand and no more.
Small files are judged in this process, for starting others takes longer.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import pickle
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from backend.exchange import blocks, judging, queries, readers, rules, service, sources, staging
from backend.exchange.blocks import Bad, Judged, Spec
from backend.exchange.queries import BatchView
from backend.exchange.refusals import FileUnreadable, bad
from backend.exchange.sources import Block, Source
from backend.facts import service as facts
from backend.kernel import clock
from backend.kernel.errors import DomainError
from backend.registry import merging
from backend.registry import queries as registry
from backend.registry.rules import EnterpriseDraft, check_row, normalise_code

SMALL: Final = 4 << 20  # bytes up to which a file is judged in this process
AHEAD: Final = 2  # blocks a process that are judged before they are asked for
PROCESSES: Final = max(1, min(4, os.cpu_count() or 1))


class Refused(DomainError):
    """What another process said of the file, in its own words."""

    code = "file-unreadable"
    status = 422
    zh = "{why_zh}"
    en = "{why_en}"


@dataclass
class _Hand:
    """The file in hand: where the next staged block begins, and the blocks that are being judged ahead."""

    key: str
    at_byte: int
    blocks: Iterator[Block]
    spec: bytes
    pool: Executor
    depth: int
    waiting: deque[tuple[Block, Any]] = field(default_factory=deque)
    since: float = field(default_factory=time.monotonic)

    def look_ahead(self) -> None:
        while len(self.waiting) < self.depth and (block := next(self.blocks, None)):
            self.waiting.append((block, self.pool.submit(judging.judge, block.data, self.spec, block.first_row)))


_hands: dict[UUID, _Hand] = {}
_busy: set[UUID] = set()


def let_go(batch: UUID | None = None) -> None:
    """Stop the processes of a batch (of all that are not at work now); its next step starts anew from what the database says."""
    for key in [batch] if batch else [key for key in _hands if key not in _busy]:
        if hand := _hands.pop(key, None):
            hand.pool.shutdown(wait=False, cancel_futures=True)


async def read_step(batch: BatchView) -> None:
    """Do the next thing for a batch in state ``reading``. Raises ``FileUnreadable``, ``HeaderNotFound``, ``service.GivenUp``."""
    _busy.add(batch.id)
    try:
        await (_prepare(batch) if batch.source is None else _read_on(batch))
    finally:
        _busy.discard(batch.id)


async def _read_on(batch: BatchView) -> None:
    hand = await _take_in_hand(batch)
    await asyncio.to_thread(hand.look_ahead)
    if not hand.waiting:
        let_go(batch.id)
        await _finish(batch)
        return
    block, future = hand.waiting.popleft()
    try:
        judged = await asyncio.wrap_future(future)
    except blocks.RowBroken as e:
        let_go(batch.id)
        raise bad(batch.filename, e.zh, e.en) from None
    except BaseException:
        let_go(batch.id)
        raise
    if block.next_row > readers.MAX_ROWS:
        raise bad(batch.filename, f"数据超过 {readers.MAX_ROWS} 行，请拆分后上传", f"more than {readers.MAX_ROWS} rows: split it")
    await _stage(batch, hand, block, judged)
    hand.at_byte = block.end


async def _prepare(batch: BatchView) -> None:
    """Find out how the file is read and what its columns are."""
    source = await _find_source(batch)
    layout = rules.LAYOUTS[batch.kind]
    remembered = await queries.find_mapping(batch.department, batch.kind, sources.headers_key(source.headers))
    columns = rules.map_columns(source.headers, layout) if remembered is None else rules.recall_columns(source.headers, remembered)
    fed = {c.field for c in columns}
    needs_mapping = any(f.is_required and f.name not in fed for f in layout.fields)
    await service.note_source(batch, source, [{"header": c.header, "field": c.field} for c in columns], needs_mapping=needs_mapping)


async def _find_source(batch: BatchView) -> Source:
    path, layout = service.stored_path(batch.file_sha256), rules.LAYOUTS[batch.kind]
    with path.open("rb") as stream:
        is_zip = stream.read(2) == b"PK"
    # A workbook unpacks to ten times its size; what else is small is read at once.
    if batch.bytes <= (SMALL // 10 if is_zip else SMALL):
        return await asyncio.to_thread(sources.prepare, path, batch.filename, layout)
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "backend.exchange.sources", str(path), batch.filename, batch.kind,
        stdout=asyncio.subprocess.PIPE, limit=1 << 22,
    )  # fmt: skip
    try:
        assert worker.stdout is not None
        since = time.monotonic()
        async for line in worker.stdout:
            told = json.loads(line)
            if "source" in told:
                return Source(**told["source"])
            if "zh" in told:
                raise Refused(why_zh=told["zh"], why_en=told["en"])
            await service.tell_progress(batch, done=told["rows"], rate=int(told["rows"] / (time.monotonic() - since)))
        raise FileUnreadable(filename=batch.filename, why_zh="内容过大，无法处理", why_en="it is too big to be worked on")
    finally:
        if worker.returncode is None:
            worker.kill()
        await worker.wait()


async def _take_in_hand(batch: BatchView) -> _Hand:
    key = json.dumps(list(batch.columns))
    hand = _hands.get(batch.id)
    if hand is not None and hand.key == key and hand.at_byte == batch.at_byte:
        return hand
    let_go(batch.id)
    assert batch.source is not None
    source = Source(**batch.source)
    named = [(c["header"], c["field"]) for c in batch.columns]
    layout = rules.LAYOUTS[batch.kind]
    columns = tuple(rules.rank_columns(named, layout))
    spec = Spec(batch.kind, source.encoding, source.delimiter, columns, await registry.load_codebook(), clock.today(), batch.region)
    is_small = source.size <= SMALL
    pool: Executor = (
        ThreadPoolExecutor(1) if is_small else ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn"), initializer=judging.begin)
    )
    walk = sources.blocks(service.stored_path(batch.file_sha256), source, batch.filename, batch.at_byte, batch.at_row)
    hand = _hands[batch.id] = _Hand(key, batch.at_byte, walk, pickle.dumps(spec), pool, 1 if is_small else AHEAD * PROCESSES)
    return hand


async def _stage(batch: BatchView, hand: _Hand, block: Block, judged: Judged) -> None:
    lines, refused = judged.lines, judged.bad
    await staging.hurry()
    if batch.kind == rules.REGISTER.name:
        more, refused = await _accept_as_before(refused, batch)
        may_be_new = batch.new > batch.changed + batch.same or not batch.done
        counts = await staging.add_register_rows(batch.id, lines + more, merging.known_source(), batch.region, may_be_new=may_be_new)
    else:
        counts = await staging.add_fact_rows(batch.id, lines, merging.known_source(), facts.known_source(batch.kind), batch.region)
    counts["bad"] = counts.get("bad", 0) + await staging.add_bad_rows(batch.id, refused)
    now = time.monotonic()
    rate = sum(counts.values()) / max(now - hand.since, 0.001)
    hand.since = now
    rate = 0.7 * batch.rate + 0.3 * rate if batch.rate else rate
    await service.note_stretch(
        batch, at_byte=block.end, at_row=block.next_row, counts=counts, skipped=len(judged.skipped), rate=max(1, int(rate))
    )


async def _accept_as_before(refused: Sequence[Bad], batch: BatchView) -> tuple[bytes, list[Bad]]:
    """What the office has once accepted with a reason stays accepted: such rows as lines, and the rest."""
    doubtful = [row for row in refused if all(error["overridable"] for error in row.errors)]
    if not doubtful:
        return b"", list(refused)
    known = await registry.list_by_codes([normalise_code(row.raw["fields"].get("code", "")) for row in doubtful])
    if not known:
        return b"", list(refused)
    book, lines, rest = await registry.load_codebook(), [], []
    for row in refused:
        fields = row.raw["fields"]
        before = known.get(normalise_code(fields.get("code", "")))
        reason = before.override_reason if before else None
        draft = check_row(fields, book, today=clock.today(), override_reason=reason) if reason else None
        if isinstance(draft, EnterpriseDraft) and draft.region.startswith(batch.region):
            lines.append(f"{row.row_no}\t{blocks.register_line(draft, fields)}\n")
        else:
            rest.append(row)
    return "".join(lines).encode(), rest


async def _finish(batch: BatchView) -> None:
    """The end of the file: what only the whole of it can tell."""
    doubled = await staging.refuse_doubles(batch.id, "" if batch.kind == rules.REGISTER.name else "document_no")
    await service.note_read(batch, await staging.count_verdicts(batch.id) if doubled else None)
