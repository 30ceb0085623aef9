"""Verbs of the desk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from backend.desk import rules
from backend.kernel import clock
from backend.kernel.errors import Conflict
from backend.ledger import service as ledger
from backend.storage.engine import connection


async def comment(comment_id: UUID, inspection: UUID, *, text: str, mentions: Sequence[UUID], author: UUID, department: str | None) -> bool:
    """Add a comment. Returns False where this very one stands already. Raises ``Invalid``, ``Conflict`` for another text under the same id."""
    text = rules.check_comment(text)
    await connection().execute("select pg_advisory_xact_lock(hashtext($1))", f"comment:{comment_id}")
    known = await connection().fetchrow("select inspection, author, text from desk_comment where id = $1", comment_id)
    if known is not None:
        if (known["inspection"], known["author"], known["text"]) != (inspection, author, text):
            raise Conflict()
        return False
    # The words stay inside the office, so the log holds none of them, only that there is one, by its length.
    entry = await ledger.record(
        "comment.added", actor=author, subject=str(inspection), payload={"comment": str(comment_id), "characters": len(text), "mentions": len(mentions)}
    )
    await connection().execute(
        "insert into desk_comment (id, inspection, author, department, text, mentions, at, entry_id) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        comment_id,
        inspection,
        author,
        department,
        text,
        list(mentions),
        clock.now(),
        entry,
    )
    return True


async def note_extension(inspection: UUID, *, before: date, after: date, reason: str, entry: UUID, by: UUID) -> None:
    """Keep why a deadline was moved."""
    await connection().execute(
        "insert into desk_extension (inspection, due_before, due_after, reason, extended_by, at, entry_id) values ($1, $2, $3, $4, $5, $6, $7)",
        inspection,
        before,
        after,
        reason.strip(),
        by,
        clock.now(),
        entry,
    )


async def remind(inspection: UUID, *, officers: Sequence[UUID], by: UUID) -> None:
    """催办, as the log has it; telling the officers is the caller's, in the same transaction."""
    await ledger.record("inspection.reminded", actor=by, subject=str(inspection), payload={"officers": [str(o) for o in officers]})


async def keep_run(run: UUID, *, action: str, params: Mapping[str, Any], results: Sequence[Mapping[str, Any]], account: UUID) -> None:
    """What became of each row of a run."""
    await connection().execute(
        "insert into desk_run (id, action, params, results, account, at) values ($1, $2, $3, $4, $5, $6)",
        run,
        action,
        json.dumps(dict(params), ensure_ascii=False),
        json.dumps([dict(r) for r in results], ensure_ascii=False),
        account,
        clock.now(),
    )
