from __future__ import annotations

from piccolo.columns import UUID, Date, Integer, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table


class Penalty(Table, tablename="penalty"):
    """行政处罚 One penalty decision on one enterprise, as its source last told it; `version` counts the tellings that differed."""

    id = UUID(primary_key=True, default=UUID4())
    enterprise = UUID(default=None)
    document_no = Varchar(length=120)
    party = Varchar(length=200)  # as the decision names it
    title = Text(default="")
    category = Text(default="")
    facts = Text(default="")
    basis = Text(default="")
    result = Text(default="")
    decided_on = Date(null=True, default=None)
    authority = Varchar(length=200, default="")
    state = Varchar(length=40, default="")
    region = Varchar(length=12, default="")
    remark = Text(default="")
    source = Varchar(length=255)  # the file
    department = Varchar(length=20, null=True, default=None)  # whose office brought it
    batch = UUID(null=True, default=None)  # the import that told it last
    as_of = Date()  # the day for which the source vouches
    version = Integer(default=1)
    created_at = Timestamptz()
    updated_at = Timestamptz()


class Permit(Table, tablename="permit"):
    """行政许可 One permit decision for one enterprise, as its source last told it; `version` counts the tellings that differed."""

    id = UUID(primary_key=True, default=UUID4())
    enterprise = UUID(default=None)
    document_no = Varchar(length=120)
    party = Varchar(length=200)
    title = Text(default="")
    category = Text(default="")
    content = Text(default="")
    decided_on = Date(null=True, default=None)
    valid_to = Date(null=True, default=None)  # null: no end was given, or 长期
    authority = Varchar(length=200, default="")
    state = Varchar(length=40, default="")
    region = Varchar(length=12, default="")
    remark = Text(default="")
    source = Varchar(length=255)
    department = Varchar(length=20, null=True, default=None)
    batch = UUID(null=True, default=None)
    as_of = Date()
    version = Integer(default=1)
    created_at = Timestamptz()
    updated_at = Timestamptz()
