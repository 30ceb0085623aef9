"""抽取证明: what an officer's phone shows, and an enterprise checks, of how a visit came about."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from backend.draws import service as draws
from backend.draws import visit_proof
from backend.draws.queries import DrawView, SealedProof, prove_sealed
from backend.draws.service import Sealed
from backend.inspections.submission_queries import FieldInspection
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
    """A draw's sealed list and the proofs made from it so far: it never changes once drawn, and phones ask again and again."""

    rows: list[Sealed]
    proofs: dict[int, SealedProof] = field(default_factory=dict)

    def prove(self, index: int) -> SealedProof:
        if index not in self.proofs:
            self.proofs[index] = prove_sealed([row.leaf for row in self.rows], index)
        return self.proofs[index]


_lists: OrderedDict[UUID, _SealedList] = OrderedDict()


async def _sealed_list(draw: DrawView) -> _SealedList:
    found = _lists.get(draw.id) or _SealedList(await draws.list_sealed(draw))
    _lists[draw.id] = found
    _lists.move_to_end(draw.id)
    if len(_lists) > _KEPT:
        _lists.popitem(last=False)
    return found


def log_keys() -> tuple[VerifierKey, tuple[VerifierKey, ...]]:
    """The log's key and its witnesses' keys, as a phone or a page pins them."""
    return keys.log_key(), tuple(w.key for w in policy().witnesses)


async def prove_visit(visit: FieldInspection, draw: DrawView | None) -> ShownProof:
    """Inside the caller's transaction. ``draw`` is the visit's own, None where it was not drawn."""
    if draw is None or draw.drawn_entry is None:
        return ShownProof("not_drawn")
    if visit.sealed_index is None:
        return ShownProof("replacement")
    found = await _sealed_list(draw)
    sealed, team = found.prove(visit.sealed_index), found.rows[visit.sealed_index].team
    drawn = tuple(inspector == team[slot] for inspector, slot, _department in visit.officers)
    entry, opened = await ledger.find_first_proof(draw.drawn_entry), await ledger.find_payload(draw.drawn_entry)
    if entry is None or opened is None:
        return ShownProof("awaiting", drawn=drawn)
    payload, salt = opened
    proof = visit_proof.make(
        draw_id=draw.draw_id,
        payload=payload,
        entry_salt=salt,
        leaf=sealed.leaf,
        sealed_index=sealed.index,
        sealed_path=sealed.hashes,
        entry=entry.leaf,
        index=entry.index,
        size=entry.size,
        path=entry.hashes,
        note=entry.note,
        witnesses=log_keys()[1],
    )
    return ShownProof("proven", visit_proof.encode(proof), drawn)
