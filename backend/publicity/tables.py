from __future__ import annotations

from piccolo.columns import JSONB, UUID, Date, Integer, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table


class Publication(Table, tablename="publication"):
    """公示记录 One published result, exactly as the public reads it. Never changed: a correction is a new version."""

    id = UUID(primary_key=True, default=UUID4())
    number = Varchar(length=60)  # the same for all versions
    inspection = UUID(default=None)
    version = Integer(default=1)
    status = Varchar(length=10, default="published")  # published | corrected | withdrawn
    reason = Text(default="")  # why this version replaces the one before, in public
    decided_on = Date(null=True, default=None)  # when what it rests on was decided
    enterprise = UUID(default=None, index=True)
    enterprise_code = Varchar(length=40, index=True)
    enterprise_name = Varchar(length=200)
    department = Varchar(length=20)
    county = Varchar(length=12, index=True)
    draw_id = Varchar(length=40, index=True)
    completed_on = Date()
    published_at = Timestamptz(index=True)
    snapshot = JSONB()
    entry_id = UUID(default=None)
