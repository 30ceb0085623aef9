from __future__ import annotations

from piccolo.columns import UUID, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table


class Handover(Table, tablename="handover"):
    """抄告或移送 One matter that a department told another one of, or handed to the case unit. Only the acknowledgement is added."""

    id = UUID(primary_key=True, default=UUID4())
    number = Varchar(length=40, unique=True)
    department = Varchar(length=20)
    year = SmallInt()
    serial = Integer()
    kind = Varchar(length=8)  # copy | case
    inspection = UUID(default=None)
    enterprise = UUID(default=None)
    enterprise_code = Varchar(length=40)
    enterprise_name = Varchar(length=200)
    county = Varchar(length=12)
    to_department = Varchar(length=20, null=True, default=None)
    to_unit = Varchar(length=120)
    matter = Text()
    sent_by = UUID(default=None)
    sent_at = Timestamptz()
    acknowledged_by = UUID(null=True, default=None)
    acknowledged_at = Timestamptz(null=True, default=None)
    answer = Text()
    entry_id = UUID(default=None)
