from __future__ import annotations

from piccolo.columns import UUID, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table


class ErasureRequest(Table, tablename="erasure_request"):
    """删除申请 One request to erase the personal data of one matter, and what a second person decided. Holds nothing of the person."""

    id = UUID(primary_key=True, default=None)
    kind = Varchar(length=20)
    subject = UUID(default=None)  # the matter
    number = Varchar(length=60)  # as people name it
    region = Varchar(length=12)
    ground = Text()
    state = Varchar(length=10)  # asked | erased | refused
    asked_by = UUID(default=None)
    asked_at = Timestamptz()
    decided_by = UUID(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    reason = Text(default="")
    tombstones = Integer(default=0)  # ledger entries whose content was erased
