from __future__ import annotations

from piccolo.columns import UUID, Date, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table


class Response(Table, tablename="response"):
    """企业回应 One version of what an enterprise says beside a published result. Only the office's decision is added; a change is a new version."""

    id = UUID(primary_key=True, default=None)
    result = Varchar(length=60)  # the publication's number
    version = Integer()
    inspection = UUID(default=None)
    department = Varchar(length=20)
    county = Varchar(length=12)
    enterprise = UUID(default=None, index=True)
    enterprise_name = Varchar(length=200)
    body = Text()  # empty: taken down
    state = Varchar(length=10)  # waiting | shown | withheld | withdrawn
    shows_on = Date()  # from this day on it is public if nobody has decided
    filed_by = UUID(default=None)  # the enterprise's person
    filed_at = Timestamptz()
    decided_by = UUID(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    ground = Varchar(length=10)  # empty | privacy | insult
    reason = Text()
    entry_id = UUID(default=None)
