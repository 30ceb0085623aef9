from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigSerial, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table


class RegisterChange(Table, tablename="register_change"):
    """变更历史 One change of one row of a register or code table: who, when, what it was and what it is. Append-only."""

    id = BigSerial(primary_key=True)
    # inspector | checkitem | checklist | department | region | industry | outcome | holiday | cap | rate | planstep | period | target
    kind = Varchar(length=20)
    key = Varchar(length=60)
    what = Varchar(length=20)  # added | changed | ended | suspended | reinstated | account | published
    version = Integer()
    old = JSONB()
    new = JSONB()
    reason = Text()
    by = UUID(null=True, default=None)
    at = Timestamptz()
    entry_id = UUID(default=None)
