from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigSerial, Timestamptz, Varchar
from piccolo.table import Table


class PhoneBundle(Table, tablename="phone_bundle"):
    """下发记录 What one phone was told last, or before that and may still hold: the bundle's name and a short hash of each visit. May be deleted."""

    id = BigSerial(primary_key=True)
    account = UUID(default=None, index=True)
    device = UUID(default=None)  # zeros where the browser has enrolled none
    cursor = Varchar(length=32)
    marks = JSONB()  # visit -> hash
    told_at = Timestamptz(index=True)
