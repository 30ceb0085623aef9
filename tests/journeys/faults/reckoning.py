"""Everything that a journal says was acknowledged, looked for: ``python -m tests.journeys.faults.reckoning JOURNAL``; the environment says where."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from backend.evidence.store import store
from backend.kernel.errors import NotFound
from backend.ledger.verify import verify_log
from backend.storage import engine
from backend.storage.engine import connection, transaction


async def _submissions(said: list[dict[str, Any]]) -> list[str]:
    rows = await connection().fetch(
        "select s.id::text, s.record, s.record_sha256, s.entry_id::text, l.index from submission s left join ledger_leaf l using (entry_id)"
        " where s.id = any($1::uuid[])",
        [e["id"] for e in said],
    )
    here, wrong = {r["id"]: r for r in rows}, []
    for e in said:
        r = here.get(e["id"])
        if r is None:
            wrong.append(f"record {e['id']} was acknowledged and is lost")
        elif (r["record_sha256"], r["entry_id"]) != (e["record_sha256"], e["entry"]) or hashlib.sha256(r["record"]).hexdigest() != e["record_sha256"]:
            wrong.append(f"record {e['id']} is another one")
        elif r["index"] is None:
            wrong.append(f"record {e['id']} has no place in the log")
    return wrong


async def _evidence(said: list[dict[str, Any]]) -> list[str]:
    rows = {r["sha256"]: r["bytes"] for r in await connection().fetch("select sha256, bytes from blob where sha256 = any($1)", [e["sha256"] for e in said])}
    wrong = []
    for e in said:
        try:
            content = await store().get(e["sha256"])
        except NotFound:
            content = b""
        if rows.get(e["sha256"]) != e["bytes"] or hashlib.sha256(content).hexdigest() != e["sha256"]:
            wrong.append(f"file {e['sha256']} was acknowledged and is lost ({len(content)} bytes, the row says {rows.get(e['sha256'])})")
    return wrong


def read_journal(journal: Path) -> dict[str, list[dict[str, Any]]]:
    """What was acknowledged, by kind."""
    said: dict[str, list[dict[str, Any]]] = {}
    for line in journal.read_text().splitlines():
        entry = json.loads(line)
        said.setdefault(entry["kind"], []).append(entry)
    return said


async def reckon(said: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Everything that is wrong."""
    async with engine.pool(4):
        async with transaction():
            wrong = await _submissions(said.get("submission", [])) + await _evidence(said.get("evidence", []))
            comments = {r["id"]: r["text"] for r in await connection().fetch("select id::text, text from desk_comment")}
            wrong += [f"comment {e['id']} was acknowledged and is lost" for e in said.get("comment", []) if comments.get(e["id"]) != e["text"]]
            open_ = {r["id"] for r in await connection().fetch("select id::text from inspection where state = 'dispatched'")}
            wrong += [f"visit {e['inspection']} was received and is not any more" for e in said.get("received", []) if e["inspection"] in open_]
            codes = [hashlib.sha256(e["code"].encode()).hexdigest() for e in said.get("complaint", [])]
            tips = {r["code_sha256"]: r["text"] for r in await connection().fetch("select code_sha256, text from tip where code_sha256 = any($1)", codes)}
            wrong += [f"complaint '{e['text']}' lost" for e, c in zip(said.get("complaint", []), codes, strict=True) if tips.get(c) != e["text"]]
            staged = await connection().fetchval("select count(*) from ledger_stage")
            jobs = await connection().fetchval("select count(*) from outbox_job where topic = 'thumbnail'")
            doubled = await connection().fetchval(
                "select count(*) from (select payload->>'submission' from ledger_payload p join ledger_entry e using (entry_id)"
                " where e.type = 'inspection.submitted' group by 1 having count(*) > 1) d"
            )
        wrong += [str(problem) for problem in await verify_log()]
    if staged or jobs:
        wrong.append(f"{staged} entries and {jobs} jobs are still waiting")
    if doubled:
        wrong.append(f"{doubled} records stand in the log more than once")
    return wrong


def main() -> int:
    wrong = asyncio.run(reckon(read_journal(Path(sys.argv[1]))))
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
