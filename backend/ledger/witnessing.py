"""The log's side of witnessing: ask each witness of the policy for its cosignature, and hear from them whether we were put back in time."""

from __future__ import annotations

import asyncio

import httpx
import structlog

from backend.kernel import merkle
from backend.kernel.settings import settings
from backend.ledger import cosigning, keys, queries, rules
from backend.ledger.cosigning import Witness
from backend.ledger.policy import policy
from backend.storage.engine import connection, transaction

TIMEOUT_S = 10.0
TRIES = 3
RETRY_S = 5.0
log = structlog.get_logger()


class Contradicted(Exception):
    """A witness has cosigned a log that ours does not continue: a restored backup, or tampering. Nothing is signed any more."""


async def _ask(client: httpx.AsyncClient, witness: Witness, size: int, root: bytes, note: str) -> str | None:
    """The witness's cosignature line over our checkpoint, or None where it did not answer. Raises ``Contradicted``."""
    old = await connection().fetchval("select max(size) from ledger_cosignature where witness = $1", witness.name) or 0
    for _ in range(TRIES):
        if old > size:
            # Another process may have had a newer checkpoint cosigned since ours was read: only more than there is at all contradicts.
            newest = await connection().fetchval("select coalesce(max(size), 0) from ledger_checkpoint")
            if old > newest:
                raise Contradicted(f"witness {witness.name} has cosigned {old} entries, this log has {newest}")
            return None
        proof = await queries.subtree_roots(rules.ranges_of_consistency(old, size)) if old else []
        try:
            answer = await client.post(f"{witness.url}/add-checkpoint", content=cosigning.request_text(old, proof, note).encode())
        except httpx.HTTPError as e:
            log.warning("witness.silent", witness=witness.name, error=e)
            return None
        if answer.status_code == 200:
            text = rules.checkpoint_text(settings().log_origin, size, root)
            lines = [line + "\n" for line in answer.text.splitlines()]
            return next((line for line in lines if cosigning.cosigned_at(line, text, witness.key) is not None), None)
        if answer.status_code == 422:
            raise Contradicted(f"witness {witness.name} has cosigned {old} entries that are not the first of this log")
        if answer.status_code == 409 and answer.text.strip().isdigit():
            known = int(answer.text)
            if known == old == size:
                raise Contradicted(f"witness {witness.name} has cosigned another log of {size} entries")
            old = known
            continue
        log.warning("witness.refused", witness=witness.name, status=answer.status_code)
        return None
    return None


async def collect() -> int:
    """Have the newest signed checkpoint cosigned by every witness that has not yet. Returns how many did. Raises ``Contradicted``."""
    asked = [w for w in policy().witnesses if w.url]
    if not asked:
        return 0
    async with transaction():
        newest = await connection().fetchrow("select size, root, note from ledger_checkpoint where note is not null order by size desc limit 1")
        if newest is None:
            return 0
        have = {row["witness"] for row in await connection().fetch("select witness from ledger_cosignature where size = $1", newest["size"])}
    gained = 0
    async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
        for witness in asked:
            if witness.name in have:
                continue
            async with transaction():
                line = await _ask(client, witness, newest["size"], newest["root"], newest["note"])
                if line is None:
                    continue
                await connection().execute(
                    "insert into ledger_cosignature (size, witness, line) values ($1, $2, $3) on conflict (size, witness) do nothing",
                    newest["size"],
                    witness.name,
                    line,
                )
                gained += 1
    return gained


async def require_continuity() -> None:
    """Before the first signature of a process: hear from a witness that our log continues what it has seen. Raises ``Contradicted``.

    Waits while no witness answers: entries stay staged, nothing is lost, and nothing is signed that may have to be taken back.
    A log without a signed checkpoint asks with the empty tree's, so that one restored to nothing is found out, too.
    """
    asked = [w for w in policy().witnesses if w.url]
    while asked:
        answered = False
        async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
            for witness in asked:
                async with transaction():
                    row = await connection().fetchrow("select size, root, note from ledger_checkpoint where note is not null order by size desc limit 1")
                    size, root = (row["size"], row["root"]) if row else (0, merkle.EMPTY_ROOT)
                    note = (
                        row["note"]
                        if row
                        else rules.sign_note(rules.checkpoint_text(settings().log_origin, 0, root), settings().log_origin, keys.signing_key())
                    )
                    answered |= await _ask(client, witness, size, root, note) is not None
        if answered:
            return
        log.warning("ledger.waiting_for_witnesses", witnesses=[w.name for w in asked])
        await asyncio.sleep(RETRY_S)
