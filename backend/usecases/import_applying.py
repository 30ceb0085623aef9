"""名录导入，写入与撤销 What was previewed is taken in, or taken back: one transaction for the whole file, in parts that show how far it is.

Between two parts it is asked whether somebody has cancelled; then all of it goes back.
"""

from __future__ import annotations

import time
from typing import Final

from backend.exchange import service, staging
from backend.exchange.queries import BatchView
from backend.exchange.rules import REGISTER
from backend.facts import service as facts
from backend.facts.service import Origin
from backend.registry import merging
from backend.registry.service import RegionNotYours

PART: Final = 20_000


async def apply_step(batch: BatchView) -> None:
    """Take in the whole batch. Raises ``RegionNotYours``, ``service.GivenUp``."""
    await (_apply_register(batch) if batch.kind == REGISTER.name else _apply_facts(batch))


async def _apply_register(batch: BatchView) -> None:
    await merging.hold("import", source=batch.id, account=batch.applied_by)
    new = changed = seen = 0
    begun = time.monotonic()
    for after, to in await staging.list_parts(batch.id, PART):
        known, foreign = await staging.note_before(batch.id, after, to, merging.known_source(), batch.region)
        if foreign:
            raise RegionNotYours(n=foreign)
        new += await merging.add_enterprises(staging.part(batch.id, after, to, is_known=False))
        if known:
            changed += await merging.change_enterprises(staging.part(batch.id, after, to, is_known=True))
        seen += PART
        await service.tell_progress(batch, applied=min(seen, batch.new + batch.changed), rate=int(seen / (time.monotonic() - begun)))
    same = batch.new + batch.changed - new - changed
    overrides = await staging.list_overrides(batch.id)
    await service.mark_applied(batch, new=new, changed=changed, same=same)
    await service.note_register_applied(batch, new=new, changed=changed, same=same, overrides=overrides)


async def _apply_facts(batch: BatchView) -> None:
    known = merging.known_source()
    await staging.note_facts_before(batch.id, known, facts.known_source(batch.kind))
    new, changed = await facts.put_facts(batch.kind, staging.fact_part(batch.id, known), Origin(batch.filename, batch.department, batch.id))
    same = batch.new + batch.changed - new - changed
    await service.mark_applied(batch, new=new, changed=changed, same=same)
    told: dict[str, object] = {"kind": batch.kind, "file_sha256": batch.file_sha256, "uploaded_by": str(batch.account), "rows": batch.total}
    told |= {"new": new, "changed": changed, "same": batch.same + same, "bad": batch.bad}
    await facts.note_import("imported", actor=batch.applied_by or batch.account, batch=batch.id, payload=told)


async def undo_step(batch: BatchView) -> None:
    """Take an applied batch back as far as nothing has come of it; what has is marked with the reason. Raises ``service.GivenUp``."""
    if batch.kind == REGISTER.name:
        await merging.hold("undo", source=batch.id, account=batch.undone_by)
        whole = 0, 2**31 - 1
        gone, referred = await merging.take_out(staging.part(batch.id, *whole, is_known=False))
        removed = await staging.note_undone(batch.id, gone, "done", were_new=True)
        await staging.note_undone(batch.id, referred, "referred", were_new=True)
        restored = await staging.note_undone(batch.id, await merging.put_back(staging.part(batch.id, *whole, is_known=True)), "done", were_new=False)
    else:
        known = merging.known_source()
        undone = await facts.take_back(batch.kind, staging.fact_part(batch.id, known), batch.id)
        removed, restored = await staging.note_facts_undone(batch.id, known, undone)
    kept = await staging.note_kept(batch.id)
    await service.mark_undone(batch, removed=removed, restored=restored, kept=kept)
    if batch.kind != REGISTER.name:
        assert batch.undone_by
        told: dict[str, object] = {"kind": batch.kind, "file_sha256": batch.file_sha256, "removed": removed, "restored": restored, "kept": kept}
        await facts.note_import("undone", actor=batch.undone_by, batch=batch.id, payload=told)
