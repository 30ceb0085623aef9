"""An enterprise's own class, opened against the commitment that each draw's frame made before there was any randomness.

Whoever holds the enterprise's row may see it; nobody else (docs/draw-spec.md, "Who sees what, when"). Proven by tests/usecases/test_my_class.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.draws import rules
from backend.storage.engine import reader


@dataclass(frozen=True, slots=True)
class OpenedClass:
    """``commitment`` = hex H(salt || JCS({"class": class_code})), the ``cc`` of the frame's row; ``salt`` in hex. ``st``: drawn from, or why not."""

    draw_id: str
    title: str
    state: str
    announced_at: datetime
    object_id: str
    cell: str
    st: str
    class_code: str
    salt: str
    commitment: str


async def list_own_classes(object_id: str, enterprise: UUID, limit: int = 50) -> list[OpenedClass]:
    """Of every draw by class whose frame holds the enterprise under this id, the newest first."""
    rows = await reader().fetch(
        "select d.draw_id, d.title, d.state, d.announced_at, d.salt_key, f.object_id, f.cell, f.st, f.class_code from draw d"
        " join draw_frame_row f on f.draw = d.id and f.object_id = $1 where d.uses_classes and f.enterprise = $2 order by d.announced_at desc limit $3",
        object_id,
        enterprise,
        limit,
    )
    found = []
    for row in rows:
        fields = dict(row)
        salt = rules.salt(fields.pop("salt_key"), "class", row["object_id"])
        found.append(OpenedClass(**fields, salt=salt.hex(), commitment=rules.class_commitment(salt, row["class_code"])))
    return found
