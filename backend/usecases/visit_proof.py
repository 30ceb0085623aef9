"""抽取证明: what an officer's phone shows, and an enterprise checks, of how a visit came about."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from backend.draws import service as draws
from backend.draws import visit_proof
from backend.draws.queries import DrawHead, find_draw_by_id
from backend.draws.service import Sealed
from backend.inspections.submission_queries import FieldInspection
from backend.kernel import merkle
from backend.ledger import keys
from backend.ledger import queries as ledger
from backend.ledger.policy import policy
from backend.ledger.rules import VerifierKey

State = Literal["proven", "awaiting", "replacement", "not_drawn"]
_KEPT = 8  # draws whose sealed list stays in memory


@dataclass(frozen=True, slots=True)
class ShownProof:
    """``text`` only where ``proven``; ``awaiting``: no checkpoint of the log covers the draw yet; ``replacement``: the enterprise took the
    place of one that was gone, so that the sealed list does not hold it; ``not_drawn``: after a complaint or a referral.

    ``drawn``: for each officer of today's team by slot, whether the draw put them there (a substitute did not stand in the sealed list)."""

    state: State
    text: str = ""
    drawn: tuple[bool, ...] = ()


@dataclass(slots=True)
class _SealedList:
    """A draw's sealed list, its tree, and the proofs made from it so far: it never changes once drawn, and phones ask again and again.

    ``note``: the checkpoint under which ``texts`` were made, by index.
    """

    rows: list[Sealed]
    tree: merkle.Tree
    note: str = ""
    texts: dict[int, str] = field(default_factory=dict)


_lists: OrderedDict[UUID, _SealedList] = OrderedDict()


async def _sealed_list(draw: UUID) -> _SealedList:
    found = _lists.get(draw)
    if found is None:
        rows = await draws.list_sealed(await find_draw_by_id(draw))
        found = _SealedList(rows, merkle.Tree(merkle.leaf_hash(row.leaf) for row in rows))
    _lists[draw] = found
    _lists.move_to_end(draw)
    if len(_lists) > _KEPT:
        _lists.popitem(last=False)
    return found


def log_keys() -> tuple[VerifierKey, tuple[VerifierKey, ...]]:
    """The log's key and its witnesses' keys, as a phone or a page pins them."""
    return keys.log_key(), tuple(w.key for w in policy().witnesses)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A draw's entry in the log, opened, with its proof."""

    proof: ledger.Proof
    payload: Any
    salt: bytes


async def _find_entry(draw: DrawHead) -> _Entry | None:
    """None while no checkpoint covers it."""
    assert draw.drawn_entry is not None
    proof, opened = await ledger.find_first_proof(draw.drawn_entry), await ledger.find_payload(draw.drawn_entry)
    return _Entry(proof, *opened) if proof and opened else None


async def prove_visits(visits: Iterable[tuple[FieldInspection, DrawHead | None]]) -> dict[UUID, ShownProof]:
    """By visit. Inside the caller's transaction. Each visit with its own draw, None where it was not drawn; a draw is looked up once."""
    entries: dict[UUID, _Entry | None] = {}
    found = {}
    for visit, draw in visits:
        if draw is None or draw.drawn_entry is None:
            found[visit.id] = ShownProof("not_drawn")
            continue
        if visit.sealed_index is None:
            found[visit.id] = ShownProof("replacement")
            continue
        if draw.id not in entries:
            entries[draw.id] = await _find_entry(draw)
        sealed, entry = await _sealed_list(draw.id), entries[draw.id]
        team = sealed.rows[visit.sealed_index].team
        drawn = tuple(inspector == team[slot] for inspector, slot, _department in visit.officers)
        found[visit.id] = ShownProof("proven", _text(draw, sealed, visit.sealed_index, entry), drawn) if entry else ShownProof("awaiting", drawn=drawn)
    return found


async def prove_visit(visit: FieldInspection, draw: DrawHead | None) -> ShownProof:
    return (await prove_visits([(visit, draw)]))[visit.id]


def _text(draw: DrawHead, sealed: _SealedList, index: int, entry: _Entry) -> str:
    if sealed.note != entry.proof.note:
        # More witnesses have cosigned.
        sealed.note, sealed.texts = entry.proof.note, {}
    if index not in sealed.texts:
        sealed.texts[index] = visit_proof.encode(
            visit_proof.make(
                draw_id=draw.draw_id,
                payload=entry.payload,
                entry_salt=entry.salt,
                leaf=sealed.rows[index].leaf,
                sealed_index=index,
                sealed_path=sealed.tree.prove(index),
                entry=entry.proof.leaf,
                index=entry.proof.index,
                size=entry.proof.size,
                path=entry.proof.hashes,
                note=entry.proof.note,
                witnesses=log_keys()[1],
            )
        )
    return sealed.texts[index]
