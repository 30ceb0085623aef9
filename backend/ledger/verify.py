"""Recompute the whole log from its leaves and name everything that does not fit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from backend.kernel import jcs, merkle
from backend.kernel.settings import settings
from backend.ledger import keys, rules
from backend.storage.engine import connection, transaction


@dataclass(frozen=True, slots=True)
class Problem:
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


async def verify_log() -> list[Problem]:
    """Check leaves, tiles, every checkpoint's root and signature, the search rows and the payload hashes. Opens its own transaction."""
    problems: list[Problem] = []
    async with transaction(isolation="repeatable_read"):
        checkpoints = {row["size"]: row for row in await connection().fetch("select size, root, note from ledger_checkpoint")}
        hashes: list[bytes] = []
        seen = set()
        async for row in connection().cursor(
            "select l.index, l.entry_id, l.leaf, l.leaf_sha256, e.type, e.subject, e.actor, e.leaf_sha256 as searched, p.salt, p.payload, p.erased_at"
            " from ledger_leaf l left join ledger_entry e using (entry_id) left join ledger_payload p using (entry_id) order by l.index",
            prefetch=2000,
        ):
            place = f"entry {row['index']}"
            if row["index"] != len(hashes):
                problems.append(Problem(place, f"entry {len(hashes)} is missing or out of order"))
            computed = merkle.leaf_hash(row["leaf"])
            hashes.append(computed)
            if computed in seen:
                problems.append(Problem(place, "stands in the log twice"))
            seen.add(computed)
            if computed != row["leaf_sha256"]:
                problems.append(Problem(place, "the leaf's bytes do not have the stored hash"))
            if row["searched"] != computed:
                problems.append(Problem(place, "the search row is missing or belongs to other bytes"))
            entry = json.loads(row["leaf"])
            if jcs.encode(entry) != row["leaf"] or (entry["type"], entry["subject"], entry["actor"]) != (row["type"], row["subject"], row["actor"]):
                problems.append(Problem(place, "the entry differs from its search row"))
            if row["erased_at"] is None and (row["salt"] is None or rules.payload_hash(row["salt"], json.loads(row["payload"])) != entry["ph"]):
                problems.append(Problem(place, "the payload does not have the hash that the entry gives"))
        lost = await connection().fetch(
            "select e.entry_id, e.type, e.subject from ledger_entry e where not exists (select 1 from ledger_leaf l where l.entry_id = e.entry_id)"
            " and not exists (select 1 from ledger_stage s where s.entry_id = e.entry_id)"
        )
        problems += [Problem(f"act {row['entry_id']}", f"{row['type']} of {row['subject']} was recorded and has no place in the log") for row in lost]
        unsaid = await connection().fetch(
            "select p.entry_id from ledger_payload p where p.erased_at is not null"
            " and not exists (select 1 from ledger_entry e where e.type = 'payload.erased' and e.subject = p.entry_id::text)"
        )
        problems += [Problem(f"act {row['entry_id']}", "its content was erased without an entry that says so") for row in unsaid]
        problems += _check_checkpoints(checkpoints, hashes)
        problems += await _check_tiles(hashes)
    return problems


def _check_checkpoints(checkpoints: dict[int, Any], hashes: list[bytes]) -> list[Problem]:
    problems = []
    edge: list[bytes] = []
    roots = {0: merkle.EMPTY_ROOT}
    for count, h in enumerate(hashes, 1):
        size, node = count, h
        while size & 1 == 0:
            node = merkle.node_hash(edge.pop(), node)
            size >>= 1
        edge.append(node)
        if count in checkpoints:
            roots[count] = rules.join_parts(edge)
    if hashes and max(checkpoints, default=0) != len(hashes):
        problems.append(Problem("checkpoints", f"the newest covers {max(checkpoints, default=0)} of {len(hashes)} entries"))
    for size, row in sorted(checkpoints.items()):
        place = f"checkpoint {size}"
        if roots.get(size) != row["root"]:
            problems.append(Problem(place, "its root is not the root of the first entries"))
        if row["note"] is not None:
            expected = rules.checkpoint_text(settings().log_origin, size, row["root"])
            if rules.open_note(str(row["note"]), keys.log_key()) != expected:
                problems.append(Problem(place, "its signature does not hold"))
    return problems


async def _check_tiles(hashes: list[bytes]) -> list[Problem]:
    problems = []
    stored = {
        (row["level"], row["number"]): row["hashes"] for row in await connection().fetch("select level, number, hashes from ledger_tile")
    }
    level, nodes = 0, hashes
    while nodes:
        tiles = [nodes[i : i + rules.TILE_WIDTH] for i in range(0, len(nodes), rules.TILE_WIDTH)]
        for number, tile in enumerate(tiles):
            if stored.pop((level, number), None) != b"".join(tile):
                problems.append(Problem(f"tile {level}/{number}", "does not hold the hashes of its entries"))
        nodes = [merkle.root_of_hashes(tile) for tile in tiles if len(tile) == rules.TILE_WIDTH]
        level += 1
    problems += [Problem(f"tile {level}/{number}", "has no entries behind it") for level, number in stored]
    return problems
