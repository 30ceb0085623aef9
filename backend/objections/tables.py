from __future__ import annotations

from piccolo.columns import UUID, Array, Date, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table


class Objection(Table, tablename="objection"):
    """异议 One objection to one version of a published result. Only the decision is added."""

    id = UUID(primary_key=True, default=None)
    number = Varchar(length=40, unique=True)
    department = Varchar(length=20)
    year = SmallInt()
    serial = Integer()
    inspection = UUID(default=None)
    result = Varchar(length=60)  # the publication's number
    result_version = Integer()
    enterprise = UUID(default=None)
    enterprise_code = Varchar(length=40)
    enterprise_name = Varchar(length=200)
    county = Varchar(length=12)
    objector = Varchar(length=120)
    contact = Varchar(length=120)
    grounds = Text()
    filed_on = Date()
    state = Varchar(length=10)  # open | decided
    entered_by = UUID(default=None)  # account, or the enterprise's person
    entered_at = Timestamptz()
    decision = Varchar(length=10)  # empty | kept | corrected | withdrawn
    decision_reason = Text()
    decided_by = UUID(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    entry_id = UUID(default=None)
    origin = Varchar(length=10, default="office")  # office: entered for the enterprise | enterprise: filed by it
    files = Array(base_column=Varchar(length=64))  # SHA-256 of received files, under this row's id
    erased_at = Timestamptz(null=True, default=None)  # when the person's words and the files went
    erased_why = Varchar(length=300, default="")
